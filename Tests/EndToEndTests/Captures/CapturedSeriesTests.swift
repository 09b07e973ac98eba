import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// `capture --every`, and `watch --root` with its result.
@Suite("A series of captures is made and replayed", .timeLimited, .needsRoot, .serialized)
struct CapturedSeriesTests {
  @Test("Events between captures have the later one's time; Ctrl-C keeps the series whole")
  func replay() throws {
    // In memory: a capture of this machine makes thousands of links, and a disk may be busy.
    try withFolder(in: "/dev/shm") { folder in
      try isolated {
        let path = folder + "/series"
        let capturing = try Running(
          Program.path, ["capture", "--every", "200ms", "--redact", path].map { Array($0.utf8) })
        func captures() -> Int {
          (try? FileManager.default.contentsOfDirectory(atPath: path))?.count {
            FileManager.default.fileExists(atPath: "\(path)/\($0)/manifest")
          } ?? 0
        }
        _ = try eventually(within: 30, captures) { $0 >= 1 }
        let held = try TCPScenario.listen.hold()
        let port = try #require(held.sightings.first?.local?.port)
        let before = captures()
        _ = try eventually(within: 30, captures) { $0 >= before + 2 }
        capturing.child.signal(SIGINT)
        let ended = capturing.finish()
        #expect(ended.exitStatus == 0 && ended.text.isEmpty)
        #expect(ended.errorText.contains("sockinspect: \(captures()) captures in '\(path)'\n"))

        let replayed = Program.run("watch", "--root", path, "--ndjson", "--port", "\(port)")
        #expect(replayed.exitStatus == 0)
        let events = try replayed.text.split(separator: "\n").map { try WatchedEvent.read($0) }
        #expect(
          events.map(\.to) == ["listen"] && events.map(\.event) == ["opened"] && events.map(\.source) == ["snapshot"])
        #expect(events.map { $0.socket?.local?.port } == [port])
        let manifests = try FileManager.default.contentsOfDirectory(atPath: path).sorted().map {
          try String(contentsOfFile: "\(path)/\($0)/manifest", encoding: .utf8)
        }
        #expect(manifests.allSatisfy { $0.contains("\nredacted=yes\n") && $0.contains("\ntime=") })
        #expect(replayed.errorText.contains("replaying \(manifests.count) captures"))
        let columns = Program.run("watch", "--root", path, "--columns", "state,local,rcvbuf", "--port", "\(port)")
        let form = try Regex(#".* \+ new -> listen +127\.0\.0\.1:\#(port) +[0-9]+\n"#)
        #expect(try form.wholeMatch(in: columns.text) != nil, "\(columns.text)\(columns.errorText)")
        #expect(Program.run("watch", "--root", path, "-q", "--until", ":\(port)").exitStatus == 0)
        #expect(Program.run("watch", "--root", path, "-q", "--until-gone", ":\(port)").exitStatus == 0)
        #expect(Program.run("watch", "--root", path, "-q", "--port", "1").exitStatus == 1)

        let listed = Program.run("--root", path)
        #expect(listed.exitStatus == 4 && listed.errorText.contains("--root \(path)/0001 reads one"))
        #expect(Program.run("--root", path + "/0001", "-q").exitStatus != 4)
        let single = Program.run("watch", "--root", path + "/0001")
        #expect(single.exitStatus == 2 && single.errorText.contains("does not change"))
        let again = Program.run("capture", "--every", "1", path)
        #expect(again.exitStatus == 4 && again.errorText.contains("is not empty"))
        #expect(held.sockets.count == 1)
      }
    }
  }

  @Test("A series ends by itself after its time")
  func lifetime() throws {
    // In memory: a capture of this machine makes thousands of links, and a disk may be busy.
    try withFolder(in: "/dev/shm") { folder in
      try isolated {
        let path = folder + "/series"
        let finished = Program.run("capture", "--every", "10s", "--for", "5s", path)
        #expect(finished.exitStatus == 0 && finished.errorText.hasPrefix("sockinspect: 1 capture in "))
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(names == ["0001"])
      }
    }
  }

  @Test("A signal ends a replay whose reader has stopped reading")
  func stuck() throws {
    try withFolder { folder in
      let rows = (1...3000).map { number in
        let ends = "0100007F:\(String(0x1000 + number, radix: 16)) 00000000:0000 0A"
        return
          "   0: \(ends) 00000000:00000000 00:00000000 00000000 0        0 \(number) 1 0000000000000000 100 0 0 10 0\n"
      }
      let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      for (index, table) in [header, header + rows.joined(), header].enumerated() {
        let capture = "\(folder)/000\(index + 1)"
        try FileManager.default.createDirectory(atPath: capture + "/net", withIntermediateDirectories: true)
        try table.write(toFile: capture + "/net/tcp", atomically: false, encoding: .utf8)
        try "schema=sockinspect.capture/1\nbyte_order=little\ntime=\(index * 3 / 2).\(index == 1 ? 9 : 2)\n".write(
          toFile: capture + "/manifest", atomically: false, encoding: .utf8)
      }
      let whole = Program.run("watch", "--root", folder)
      try #require(whole.text.utf8.count > 200_000 && whole.text.split(separator: "\n").count == 6000)
      #expect(whole.errorText.hasSuffix("6000 events in 3 s: 3000 opened, 3000 closed\n"))
      let half = Program.run("watch", "--root", folder, "--for", "2.5")
      #expect(half.exitStatus == 0 && half.errorText.hasSuffix("3000 events in 1.7 s: 3000 opened\n"), "captured time")
      let running = try Running(Program.path, ["watch", "--root", folder].map { Array($0.utf8) })
      // The pipe is full when it takes no more.
      _ = try eventually(within: 20) {
        var count: Int32 = 0
        _ = unsafe ioctl(running.output.descriptor.number, UInt(FIONREAD), &count)
        return count
      } until: {
        $0 >= 60_000
      }
      running.child.signal(SIGTERM)
      let watchdog = DispatchWorkItem { running.child.signal(SIGKILL) }
      DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(30), execute: watchdog)
      let outcome = try running.child.wait()
      watchdog.cancel()
      #expect(outcome.exitStatus == 0 && outcome.signal == nil)
    }
  }

  @Test("With --speed a replay waits as the captures did, and a signal ends it in a pause")
  func speed() throws {
    try withFolder { folder in
      let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      let row = " 0: 0100007F:1000 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0000 100 0 0 10 0\n"
      for (index, time) in ["0.1", "0.3", "9000.5"].enumerated() {
        let capture = "\(folder)/000\(index + 1)"
        try FileManager.default.createDirectory(atPath: capture + "/net", withIntermediateDirectories: true)
        try (header + (index == 1 ? row : "")).write(toFile: capture + "/net/tcp", atomically: false, encoding: .utf8)
        try "schema=sockinspect.capture/1\nbyte_order=little\ntime=\(time)\n".write(
          toFile: capture + "/manifest", atomically: false, encoding: .utf8)
      }
      let plain = Program.run("watch", "--root", folder)
      try #require(plain.errorText.hasSuffix("2 events in 9000.4 s: 1 opened, 1 closed\n"), "\(plain.errorText)")
      #expect(Program.run("watch", "--root", folder, "--speed", "max").output == plain.output)
      let slow = try Running(Program.path, ["watch", "--root", folder, "--speed", "2"].map { Array($0.utf8) })
      // The first event comes after its pause; the next would come after more than an hour.
      #expect(try slow.output.line().contains(" + "))
      slow.child.signal(SIGINT)
      let ended = slow.finish()
      #expect(ended.exitStatus == 0 && ended.text.isEmpty)
      #expect(ended.errorText.hasSuffix("1 event in 0.2 s: 1 opened\n"), "\(ended.errorText)")
      let root = Program.run("watch", "--root", "/proc/self", "--speed", "2")
      #expect(root.exitStatus == 2 && root.errorText.contains("--speed is for a series of captures"))
    }
  }
}
