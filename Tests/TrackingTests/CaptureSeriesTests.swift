import Capture
import Foundation
import Inspection
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("A series of captures", .timeLimited)
struct CaptureSeriesTests {
  /// Writes the capture of a moment into a folder of a tree.
  private func write(_ tree: Tree, _ name: String, seconds: Int?, rows: String) throws {
    try tree.write("\(name)/net/tcp", tcpHeader + rows)
    try tree.write("\(name)/net/udp", udpHeader)
    let time = seconds.map { "time=\($0).500000000\n" } ?? ""
    try tree.write("\(name)/manifest", "schema=sockinspect.capture/1\nbyte_order=little\n\(time)")
  }

  private let listener = tcpRow("0100007F:0050", inode: 5)
  private let connection = tcpRow("0100007F:1388", "0100007F:0050", state: "01", inode: 6)

  @Test("captures are read back in the order of their numbers, and tracked as one series")
  func story() throws {
    let tree = try Tree()
    try write(tree, "0002", seconds: 20, rows: listener + connection)
    try write(tree, "10000", seconds: 40, rows: "")
    try write(tree, "0001", seconds: 10, rows: listener)
    try write(tree, "0003", seconds: 30, rows: connection.replacingOccurrences(of: " 01 ", with: " 08 "))
    let series = try #require(try CaptureSeries.open(tree.path))
    #expect(series.frames.map(\.name) == ["0001", "0002", "0003", "10000"])
    #expect(series.frames.map(\.time.seconds) == [10, 20, 30, 40] && series.problems == [])
    var tracker = SocketTracker()
    var reported: [String] = []
    for (index, frame) in series.frames.enumerated() {
      for event in tracker.ingest(try series.snapshot(at: index, InspectionRequest()), at: frame.time) {
        reported.append(
          "\(event.time.seconds) \(event.kind) \(event.record.localPort) \(event.from?.name ?? "-") \(event.to?.name ?? "-")"
        )
      }
    }
    #expect(
      reported.sorted() == [
        "20 opened 5000 - established", "30 changed 5000 established close_wait", "30 closed 80 listen -",
        "40 closed 5000 close_wait -",
      ])
  }

  @Test("a series without a complete capture differs from a folder that is not a series")
  func broken() throws {
    let tree = try Tree()
    try tree.write("0001/net/tcp", tcpHeader)
    do throws(InspectionError) {
      _ = try CaptureSeries.open(tree.path)
      Issue.record("it was opened")
    } catch {
      #expect("\(error)".contains("no capture of the series is whole: 0001 without a manifest"))
    }
    let processes = try Tree()
    try processes.write("4711/net/tcp", tcpHeader)
    #expect(try CaptureSeries.open(processes.path) == nil)
  }

  @Test("a capture that is stopped on the way leaves nothing")
  func ended() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    for pid in 1...3 { try tree.process(Int32(pid), "p", [(3, UInt64(pid))]) }
    let place = try Tree()
    var series = try Capture.Series(Capture(of: .open(tree.path)), in: place.path + "/series")
    _ = try series.next()
    var asked = 0
    let report = try series.next {
      asked += 1
      return asked > 2
    }
    #expect(report == nil && series.count == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/series") == ["0001"])
    #expect(try #require(try series.next { false }).processes == 3)
  }

  /// Returns the events of a series of three captures, the second of which `spoil` has changed, and
  /// the subjects of the problems that were found in it.
  private func reported(spoiling spoil: (Tree) throws -> Void) throws -> (events: [String], problems: [String]) {
    let tree = try Tree()
    for number in 1...3 {
      try write(tree, "000\(number)", seconds: number * 10, rows: listener + connection)
      try tree.write("000\(number)/net/unix", unixHeader)
    }
    try spoil(tree)
    let series = try #require(try CaptureSeries.open(tree.path))
    var tracker = SocketTracker()
    var events: [String] = []
    var problems: [String] = []
    for (index, frame) in series.frames.enumerated() {
      let scan = try series.snapshot(at: index, InspectionRequest())
      problems += scan.problems.map { "\(frame.name) \($0.subjectText) \($0.kind)" }
      events += tracker.ingest(scan, at: frame.time).map { "\($0.time.seconds) \($0.kind) \($0.record.localPort)" }
    }
    return (events.sorted(), problems)
  }

  @Test("sockets that a capture lacks because a table is missing, torn or was not read have not ended")
  func incomplete() throws {
    #expect(try reported { _ in } == ([], []))
    let whole = try reported { try write($0, "0002", seconds: 20, rows: "") }
    #expect(whole == (["20 closed 5000", "20 closed 80", "30 opened 5000", "30 opened 80"], []), "an end shows")
    let missing = try reported { try FileManager.default.removeItem(atPath: $0.path + "/0002/net/tcp") }
    #expect(missing == ([], ["0002 net/tcp missing"]))
    let none = try reported { try FileManager.default.removeItem(atPath: $0.path + "/0002/net") }
    #expect(none == ([], ["0002 net/tcp missing", "0002 net/udp missing"]))
    let torn = try reported { try write($0, "0002", seconds: 20, rows: String(listener.prefix(40))) }
    #expect(torn == ([], ["0002 net/tcp truncated"]))
    let unread = try reported { tree in
      try write(tree, "0002", seconds: 20, rows: listener)
      let manifest = try String(contentsOfFile: tree.path + "/0002/manifest", encoding: .utf8)
      try tree.write("0002/manifest", manifest + "unreadable=net/tcp Input/output error\n")
    }
    #expect(unread == ([], ["0002 net/tcp unreadable"]))
  }

  @Test("a capture that is older than the one before it is reported and keeps its place")
  func order() throws {
    let tree = try Tree()
    for (name, seconds) in [("0001", 10), ("0002", 30), ("0003", 20), ("0004", 40)] {
      try write(tree, name, seconds: seconds, rows: listener)
    }
    let series = try #require(try CaptureSeries.open(tree.path))
    #expect(series.frames.map(\.name) == ["0001", "0002", "0003", "0004"])
    #expect(series.problems.map(\.message).map { $0.prefix(23) } == ["0003 is older than 0002"])
  }

  @Test("captures that were broken off or have no time are left out, which is reported")
  func unfinished() throws {
    let tree = try Tree()
    try write(tree, "0001", seconds: 10, rows: listener)
    try write(tree, "0002", seconds: nil, rows: listener)
    try tree.write("0003/net/tcp", tcpHeader)
    try tree.write("notes.txt", "mine")
    let series = try #require(try CaptureSeries.open(tree.path))
    #expect(series.frames.map(\.name) == ["0001"])
    #expect(
      series.problems.map(\.message)
        == ["0002", "0003"].map { "\($0) has no manifest that says when it was captured" })
  }

  @Test("a capture, a hand-copied /proc, /proc itself, a file and an empty folder are not series")
  func others() throws {
    let tree = try Tree()
    #expect(try CaptureSeries.open(tree.path) == nil)
    try tree.write("net/tcp", tcpHeader + listener)
    try tree.process(31, "server", [(3, 5)])
    #expect(try CaptureSeries.open(tree.path) == nil)
    #expect(try CaptureSeries.open("/proc") == nil)
    #expect(try CaptureSeries.open(tree.path + "/net/tcp") == nil)
    try tree.write("manifest", "schema=sockinspect.capture/1\n")
    try write(tree, "0001", seconds: 1, rows: listener)
    #expect(try CaptureSeries.open(tree.path) == nil)
    #expect(throws: InspectionError.self) { try CaptureSeries.open(tree.path + "/missing") }
  }

  @Test("no link leads out of a series, and nothing in it is waited for")
  func hostile() throws {
    let outside = try Tree()
    try write(outside, "0001", seconds: 10, rows: listener)
    let tree = try Tree()
    try write(tree, "0001", seconds: 10, rows: listener)
    try tree.link("0002", to: outside.path + "/0001")
    try tree.link("0003/manifest", to: outside.path + "/0001/manifest")
    try tree.makeFIFO("0004/manifest")
    try tree.makeFolder("0005/manifest")
    try tree.write("0006", "a file")
    try tree.write("0007/manifest", Array(repeating: 0xFF, count: 100_000))
    try tree.write("99999999999999999999999999/manifest", "time=1\n")
    let series = try #require(try CaptureSeries.open(tree.path))
    #expect(series.frames.map(\.name) == ["0001"] && series.problems.count == 6)
    // Exchanged for a link between opening and reading.
    try FileManager.default.removeItem(atPath: tree.path + "/0001")
    try tree.link("0001", to: outside.path + "/0001")
    #expect(throws: InspectionError.self) { try series.snapshot(at: 0, InspectionRequest()) }
  }

  @Test("a listing of a series says how to read one of its captures")
  func listing() throws {
    let tree = try Tree()
    try write(tree, "0001", seconds: 10, rows: listener)
    do {
      _ = try tree.snapshot()
      Issue.record("a series was listed")
    } catch let error as InspectionError {
      #expect(error.description.contains("--root \(tree.path)/0001 reads one, watch --root \(tree.path) replays them"))
    }
    #expect(try Inspector(root: .open(tree.path + "/0001")).snapshot(InspectionRequest()).records.count == 1)
  }

  @Test("an original has the same substitute in all redacted captures of a series")
  func redaction() throws {
    let source = try Tree()
    let address = "0A02A8C0"
    try source.write("net/tcp", tcpHeader + tcpRow("\(address):0050", inode: 5))
    try source.process(31, "secretd", [(3, 5)], uid: 4711)
    let place = try Tree()
    let path = place.path + "/series"
    var series = try Capture.Series(Capture(of: .open(source.path), isRedacting: true), in: path)
    _ = try series.next()
    // Another one is found first now.
    try source.write(
      "net/tcp", tcpHeader + tcpRow("0B02A8C0:0051", uid: 99, inode: 7) + tcpRow("\(address):0050", inode: 5))
    try source.process(30, "another", [(3, 7)], uid: 4712)
    let report = try series.next()
    #expect(series.count == 2 && report.processes == 2)
    var request = InspectionRequest()
    request.requiredDetails = [.owners, .processUsers]
    let first = try Inspector(root: .open(path + "/0001")).snapshot(request)
    let second = try Inspector(root: .open(path + "/0002")).snapshot(request)
    #expect(first.records[0].local == second.records[1].local)
    #expect(first.records[0].local != second.records[0].local)
    #expect(first.processes.map(\.name) == second.processes.filter { $0.pid == 31 }.map(\.name))
    #expect(first.processes.map(\.uid) == second.processes.filter { $0.pid == 31 }.map(\.uid))
    #expect(Set(second.processes.map(\.name)).count == 2)
    for case let name as String in FileManager.default.enumerator(atPath: path) ?? .init() {
      guard let data = FileManager.default.contents(atPath: path + "/" + name) else { continue }
      for secret in ["secret", "4711", address] {
        #expect(!String(decoding: data, as: UTF8.self).contains(secret), "\(secret) in \(name)")
      }
    }
  }

  @Test("a series overwrites nothing")
  func overwriting() throws {
    let source = try Tree()
    try source.write("net/tcp", tcpHeader)
    let place = try Tree()
    try place.write("mine", "")
    #expect(throws: InspectionError.self) {
      _ = try Capture.Series(Capture(of: .open(source.path)), in: place.path)
    }
    let path = place.path + "/series"
    var series = try Capture.Series(Capture(of: .open(source.path)), in: path)
    try FileManager.default.createDirectory(atPath: path + "/0001", withIntermediateDirectories: false)
    do {
      _ = try series.next()
      Issue.record("a folder of somebody else was written to")
    } catch {
      #expect("\(error)".contains("0001"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/0001").isEmpty)
  }
}
