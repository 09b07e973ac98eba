import Capture
import Foundation
import Inspection
import SocketModel
import TestSupport
import Testing

private let fixtures = Repository.root.appending(path: "Fixtures")

/// A capture that `Tests/Tools/record_fixtures.py` made of the running kernel, with all its sockets
/// and owners.
private func snapshot(_ name: String) throws -> Snapshot {
  var request = InspectionRequest()
  request.transports = Set(Transport.allCases)
  request.requiredDetails = [.owners, .executables, .startTimes, .processUsers]
  return try Inspector(root: .open(fixtures.appending(path: name).path())).snapshot(request)
}

/// Bytes as text: what is not printable ASCII as `\xHH`.
private func shown(_ bytes: [UInt8]) -> String {
  bytes.map {
    (0x20..<0x7F).contains($0) && $0 != 0x5C
      ? String(UnicodeScalar($0)) : "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16)
  }.joined()
}

extension Snapshot {
  /// The socket of a row: what it is, its two ends, user and owners.
  fileprivate func line(_ row: Int) -> String {
    let record = records[row]
    let ends: String
    switch record.transport {
    case .unix: ends = "\(record.socketType.name) \(name(at: row).map { "'\(shown($0.bytes))'" } ?? "-")"
    case .packet: ends = "\(record.socketType.name) \(record.localPort) if \(record.interface)"
    case .netlink: ends = "\(record.localPort) \(record.localBits)"
    default:
      ends =
        "\(record.local.map(\.description) ?? "-") \(record.hasPeer ? record.remote.map(\.description) ?? "-" : "-")"
    }
    let uid = record.known.contains(.uid) ? "\(record.uid)" : "-"
    let owners = owners(at: row).map { "\(shown(name(of: $0)))/\($0.descriptor ?? -1)" }
    return ([record.transport.name, record.state.name, ends, uid] + owners).joined(separator: " ")
  }

  /// The rows other than the kernel's own netlink sockets, of which every namespace has some.
  fileprivate var own: [Int] {
    records.indices.filter { records[$0].transport != .netlink || records[$0].localBits != 0 }
  }

  fileprivate var table: [String] { own.map { line($0) }.sorted() }
}

private func rows(_ text: String) -> [String] { text.split(separator: "\n").map(String.init).sorted() }

@Suite("Captures of the running kernel", .timeLimited)
struct LiveFixtureTests {
  @Test(
    "every state of TCP is read, with ends, user and owner", arguments: [("127.0.0.1", 1000, 4), ("[::1]", 1001, 6)])
  func states(host: String, user: Int, version: Int) throws {
    let tree = try snapshot("live-tcp-states")
    #expect(tree.problems == [])
    #expect(tree.own.count == 50)
    let expected = rows(
      """
      tcp listen HOST:8001 - USER NAME/3
      tcp established HOST:8002 HOST:40002 USER
      tcp listen HOST:8002 - USER NAME/4
      tcp syn_sent HOST:40102 HOST:8002 USER NAME/6
      tcp listen HOST:8003 - USER NAME/7
      tcp syn_recv HOST:8003 HOST:40003 -
      tcp established HOST:8004 HOST:40004 USER NAME/11
      tcp established HOST:8005 HOST:40005 USER NAME/13
      tcp close_wait HOST:8006 HOST:40006 USER NAME/15
      tcp fin_wait2 HOST:8007 HOST:40007 USER NAME/17
      tcp fin_wait2 HOST:8008 HOST:40008 USER NAME/19
      tcp time_wait HOST:8009 HOST:40009 -
      tcp close_wait HOST:8011 HOST:40011 USER NAME/22
      tcp established HOST:8012 HOST:40012 USER NAME/23
      tcp fin_wait2 HOST:8013 HOST:40013 USER NAME/24
      tcp established HOST:40002 HOST:8002 USER NAME/5
      tcp established HOST:40003 HOST:8003 USER NAME/8
      tcp established HOST:40004 HOST:8004 USER NAME/10
      tcp fin_wait1 HOST:40005 HOST:8005 USER NAME/12
      tcp fin_wait2 HOST:40006 HOST:8006 USER NAME/14
      tcp closing HOST:40007 HOST:8007 USER NAME/16
      tcp last_ack HOST:40008 HOST:8008 USER NAME/18
      tcp fin_wait2 HOST:40011 HOST:8011 -
      tcp fin_wait1 HOST:40012 HOST:8012 USER
      tcp last_ack HOST:40013 HOST:8013 USER
      """
    ).map {
      $0.replacing("HOST", with: host).replacing("USER", with: "\(user)").replacing("NAME", with: "states\(version)")
    }
    #expect(tree.table.filter { $0.contains(" \(host):") } == expected.sorted())
    let states = Set(tree.own.map { tree.records[$0].state })
    // A TCP socket in CLOSE is in no table, nor is one that is only bound.
    #expect(states == Set(SocketState.allCases.filter { $0.rawValue <= 11 && $0 != .close }))
  }

  @Test("queues and timers of each state of TCP are read")
  func queues() throws {
    let tree = try snapshot("live-tcp-states")
    for row in tree.own {
      let record = tree.records[row]
      let line = tree.line(row)
      let isUnread = [8005, 8007, 8008, 8012, 8013].contains(record.localPort)
      let timer: SocketTimer =
        switch record.state {
        case .synSent, .synRecv: .retransmit
        case .finWait1, .closing, .lastAck: .probe
        case .timeWait: .timeWait
        case .finWait2: record.inode == 0 ? .timeWait : .off
        default: .off
        }
      #expect(record.timer == timer, "\(line)")
      // A probe may be due at this very moment; the end of TIME_WAIT is a minute away.
      #expect(record.timerMilliseconds == 0 || timer != .off, "\(line)")
      #expect(record.timerMilliseconds > 10_000 || timer != .timeWait, "\(line)")
      switch (record.state, record.localPort) {
      case (.listen, 8002), (.closeWait, _), (.lastAck, _): #expect(record.receiveQueue == 1, "\(line)")
      case (.established, 8004): #expect(record.receiveQueue == 5, "\(line)")
      default: #expect((record.receiveQueue > 1000) == isUnread, "\(line)")
      }
      switch record.state {
      case .listen: #expect(!record.known.contains(.sendQueue), "\(line)")
      case .synSent: #expect(record.sendQueue == 1, "\(line)")
      default: #expect((record.sendQueue > 1000) == (timer == .probe), "\(line)")
      }
    }
  }

  @Test("the descriptors of TCP sockets that no table has, reset or only bound, are in the tree and nobody's rows")
  func tableless() throws {
    let tree = try snapshot("live-tcp-states")
    for process in tree.processes {
      let folder = fixtures.appending(path: "live-tcp-states/\(process.pid)/fd").path()
      let held = try FileManager.default.contentsOfDirectory(atPath: folder).count
      let listed = tree.owners.count { $0.pid == process.pid }
      #expect(held == listed + 2)
    }
  }

  @Test("sockets of all internet families, packet and netlink are read, with ends, user and owner")
  func families() throws {
    let tree = try snapshot("live-families")
    #expect(tree.problems == [])
    #expect(
      tree.table
        == rows(
          """
          tcp listen 127.0.0.1:7001 - 1000 server/3
          tcp listen [::1]:7001 - 1000 server/4
          tcp listen [::]:7002 - 1000 server/5
          tcp listen 0.0.0.0:7004 - 1000 server/6
          tcp listen [::]:7003 - 1000 server/7
          udp unconnected 127.0.0.1:7101 - 1000 server/8
          udp unconnected [::1]:7101 - 1000 server/9
          udp unconnected [::]:7102 - 1000 server/10
          udp unconnected 192.0.2.10:7103 - 1000 server/11
          udp unconnected [2001:db8::10]:7103 - 1000 server/12
          udp unconnected 224.0.0.251:7104 - 1000 server/13
          udp unconnected 224.0.0.251:7104 - 1000 server/14
          udplite unconnected 127.0.0.1:7201 - 1000 server/15
          udplite unconnected [::1]:7201 - 1000 server/16
          tcp established 127.0.0.1:7001 127.0.0.1:41001 1000 server/17
          tcp established [::1]:7001 [::1]:41001 1000 server/18
          tcp established [::ffff:127.0.0.1]:7002 [::ffff:127.0.0.1]:41002 1000 server/19
          tcp established 127.0.0.1:7004 127.0.0.1:41004 1000 server/20
          tcp established 127.0.0.1:41001 127.0.0.1:7001 1001 client/3
          tcp established [::1]:41001 [::1]:7001 1001 client/4
          tcp established 127.0.0.1:41002 127.0.0.1:7002 1001 client/5
          tcp established [::ffff:127.0.0.1]:41004 [::ffff:127.0.0.1]:7004 1001 client/6
          udp connected 127.0.0.1:41101 127.0.0.1:7101 1001 client/7
          udp connected [::1]:41101 [::1]:7101 1001 client/8
          udp connected [::ffff:127.0.0.1]:41102 [::ffff:127.0.0.1]:7101 1001 client/9
          udplite connected 127.0.0.1:41201 127.0.0.1:7201 1001 client/10
          raw unconnected 127.0.0.1:253 - 0 probe/3
          raw connected 127.0.0.1:254 127.0.0.2:0 0 probe/4
          raw unconnected [::1]:253 - 0 probe/5
          raw unconnected [::]:58 - 0 probe/6
          icmp unconnected 127.0.0.1:4242 - 0 probe/7
          icmp unconnected [::1]:4243 - 0 probe/8
          packet unconnected raw 3 if 1 0 probe/9
          packet unconnected dgram 34997 if 0 0 probe/10
          netlink unconnected 0 4097 - probe/11
          netlink unconnected 16 4294963201 - probe/12
          """))
    // Memory that nobody has read: a datagram, or two.
    let queues = tree.own.filter { tree.records[$0].receiveQueue > 0 }.map { tree.line($0) }
    #expect(
      queues.sorted()
        == rows(
          """
          udp unconnected 127.0.0.1:7101 - 1000 server/8
          udp unconnected [::1]:7101 - 1000 server/9
          udplite unconnected 127.0.0.1:7201 - 1000 server/15
          """))
  }

  @Test("unix sockets of all types are read, with hostile names as far as the table shows them")
  func unix() throws {
    let tree = try snapshot("live-unix")
    #expect(tree.problems == [])
    // The connecting one was not accepted. Only the first of the NULs in an abstract name is
    // certain.
    let expected = rows(
      #"""
      unix connecting stream '/srv/s/stream' -
      unix listen stream '/srv/s/stream' - HOSTILE/3
      unix connected stream - - HOSTILE/4
      unix connected stream '/srv/s/stream' - HOSTILE/5
      unix connected stream - - HOSTILE/6
      unix connected dgram '/srv/s/dgram' - HOSTILE/7
      unix connected dgram '/srv/s/dgram-client' - HOSTILE/8
      unix listen seqpacket '/srv/s/seqpacket' - HOSTILE/9
      unix connected seqpacket - - HOSTILE/10
      unix connected seqpacket '/srv/s/seqpacket' - HOSTILE/11
      unix listen stream '\x00abstract' - HOSTILE/12
      unix unconnected dgram '\x00abstract@with@nul' - HOSTILE/13
      unix unconnected dgram '\x00abstract\x0aline' - HOSTILE/14
      unix unconnected dgram '\x00AUTOBOUND' - HOSTILE/15
      unix unconnected stream - - HOSTILE/16
      unix connected stream - - HOSTILE/17
      unix connected stream - - HOSTILE/18
      unix connected dgram - - HOSTILE/19
      unix connected dgram - - HOSTILE/20
      unix connected seqpacket - - HOSTILE/21
      unix connected seqpacket - - HOSTILE/22
      unix unconnected dgram '/srv/s/two  blanks and "quotes"' - HOSTILE/23
      unix unconnected dgram '/srv/s/ ' - HOSTILE/24
      unix unconnected dgram '/srv/s/trailing blank ' - HOSTILE/25
      unix unconnected dgram '/srv/s/line\x0abreak' - HOSTILE/26
      unix unconnected dgram '/srv/s/two\x0a\x0abreaks' - HOSTILE/27
      unix unconnected dgram '/srv/s/ends in a newline\x0a' - HOSTILE/28
      unix unconnected dgram '/srv/s/line\x0a0000: 00000002 00000000 00010000 0001 01 notanumber fake' - HOSTILE/29
      unix unconnected dgram '/srv/s/tab\x09and\x1b[31mred\x07' - HOSTILE/30
      unix unconnected dgram '/srv/s/bad\xff\xc3(\x9b31m' - HOSTILE/31
      unix unconnected dgram '/srv/s/bidi\xe2\x80\xaegpj.exe' - HOSTILE/32
      unix unconnected dgram '/srv/s/carriage\x0dreturn' - HOSTILE/33
      unix unconnected dgram '/srv/s/@not-abstract' - HOSTILE/34
      unix unconnected dgram 'relative' - HOSTILE/35
      unix unconnected dgram ' leading blank' - HOSTILE/36
      unix unconnected dgram 'lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll' - HOSTILE/37
      """#)
    let table = tree.table.map {
      $0.replacing(#"u) R 1\x0a\x1b[31m(x"#, with: "HOSTILE")
        .replacing(/'\\x00[0-9a-f]{5}'/, with: #"'\x00AUTOBOUND'"#)
    }
    #expect(table.sorted() == expected)
  }

  @Test("shared, forked and handed over sockets have all their owners; one on its way has none")
  func shared() throws {
    let tree = try snapshot("live-shared")
    #expect(tree.problems == [])
    #expect(
      tree.table
        == rows(
          """
          tcp listen 127.0.0.1:6001 - 1000 shop/3 shop worker/3 shop worker/3 shop worker/4
          tcp listen 127.0.0.1:6005 - 1000 shop/4
          tcp listen 127.0.0.1:6005 - 1000 taker/4
          tcp listen 127.0.0.1:6006 - 1003 headless/3
          udp unconnected 127.0.0.1:6002 - 1001 broker/5 taker/5
          udp unconnected 127.0.0.1:6003 - 1001 taker/6
          udp unconnected 127.0.0.1:6004 - 1001
          unix connected stream '/srv/s/broker' - broker/4
          unix connected stream - - taker/3
          unix listen stream '/srv/s/broker' - broker/3
          """))
    #expect(Set(tree.records.filter { $0.localPort == 6005 }.map(\.inode)).count == 2)
    for process in tree.processes {
      // The kernel does not report a process's program once its main thread has ended.
      let name = String(decoding: process.name, as: UTF8.self)
      let program = process.executable.map { String(decoding: $0, as: UTF8.self).hasPrefix("/usr/bin/python3") }
      #expect(program == (name == "headless" ? nil : true), "\(name)")
      #expect(process.startTime ?? 0 > 0, "\(name)")
      #expect(process.uid == ["broker": 1001, "headless": 1003][name, default: 1000], "\(name)")
    }
  }

  @Test("a capture without privilege shows all sockets, the owners it may know, and how many processes it may not")
  func unprivileged() throws {
    let tree = try snapshot("live-unprivileged")
    #expect(
      tree.table
        == rows(
          """
          tcp established 127.0.0.1:45001 127.0.0.1:5001 65534 mine/4
          tcp established 127.0.0.1:5001 127.0.0.1:45001 0
          tcp listen 127.0.0.1:5001 - 0
          tcp listen [::1]:5003 - 65534 mine/3
          udp unconnected 127.0.0.1:5002 - 1000
          udp unconnected 127.0.0.1:5004 - 65534
          unix listen stream '/srv/s/service' -
          """))
    #expect(tree.problems.map(\.kind) == [.forbidden])
    #expect(tree.problems.first?.count == 4)
    #expect(tree.problems.first?.message.contains("4 of 6 processes") == true)
    #expect(tree.problems.first?.advice?.contains("capture") == true)
  }

  @Test("the tree has the time and kernel of its capture, and nothing else from the machine", arguments: liveTrees)
  func meta(name: String) throws {
    let meta = try snapshot(name).meta
    #expect(meta.hostName == "fixture")
    #expect(meta.kernelRelease?.wholeMatch(of: /6\.18\.[0-9]+/) != nil)
    #expect(meta.time != nil && meta.netns != nil && meta.ticksPerSecond == 100)
  }

  @Test("a capture of the tree is the same listing again", arguments: liveTrees)
  func again(name: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sockinspect-\(UUID().uuidString)").path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let before = try snapshot(name)
    _ = try Capture(of: .open(fixtures.appending(path: name).path())).write(to: folder)
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases)
    let after = try Inspector(root: .open(folder)).snapshot(request)
    #expect(after.table == before.table)
    #expect(after.records.count == before.records.count)
    #expect(after.problems == before.problems)
    #expect(after.meta.time == before.meta.time)
  }
}

private let liveTrees = ["live-tcp-states", "live-families", "live-unix", "live-shared", "live-unprivileged"]
