import Foundation
import Rendering
import SocketModel
import TestSupport
import Testing

@Suite("JSON output", .timeLimited)
struct JSONOutputTests {
  private func objects(_ lines: [UInt8]) throws -> [[String: Any]] {
    try lines.split(separator: 0x0A).map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }
  }

  @Test("A socket is one line with every member of the schema in a fixed order")
  func schema() {
    let snapshot = Samples.internet()
    let line = Samples.text(JSONOutput(snapshot).render(rows: [0]))
    #expect(
      line == """
        {"schema":"sockinspect.socket/2","transport":"tcp","type":"ipv4","netns":null,"local":{"address":"127.0.0.1","port":1234},"peer":null,"state":"listen","recv_queue":2,"send_queue":4096,"uid":1000,"user":"dev","inode":323642,"cookie":"1903c","timer":null,"retransmits":null,"probes":null,"owners":[{"pid":4112,"fd":3,"name":"python3","executable":"/usr/bin/python3","uid":null,"user":null,"start_time_s":null}],"attribution":"fd","owner_reason":null,"listen":{"accept_queue":2,"limit":4096},"tcp":null,"cgroup":null,"cgroup_id":null,"congestion":null,"mptcp":null,"fallback":null,"memory":null,"mark":null,"tos":null,"tclass":null,"socket_type":null,"ip_protocol":null,"kernel_protocol":null,"echo_id":null,"port_id":null,"peer_port_id":null,"groups":null,"cid":null,"peer_cid":null,"queue":null,"path":null,"abstract":null,"peer_inode":null,"interface":null,"interface_index":null,"ipv6_only":null,"shutdown":null,"drops":null,"workload":null}

        """)
  }

  @Test("every field that declares a member is at its path in an object, and nothing else is but what goes with one")
  func declaredPaths() throws {
    var snapshot = Samples.internet()
    var metrics = TCPMetrics()
    for metric in TCPMetric.allCases { metrics[metric] = 1 }
    var detail = SocketDetail()
    detail.tcp = metrics
    detail.memory = SocketMemory()
    detail.mptcp = MPTCPDetail()
    detail.mptcp?.token = 1
    snapshot.details = [detail]
    snapshot.records[0].detailIndex = 0
    snapshot.records[0].known.insert(.timer)
    snapshot.records[0].remotePort = 1
    let object = try objects(JSONOutput(snapshot).render(rows: [0]))[0]
    var found: Set<String> = []
    func walk(_ value: Any, _ path: String) {
      if let object = value as? [String: Any] {
        for (name, member) in object { walk(member, path.isEmpty ? name : "\(path).\(name)") }
      } else if let list = value as? [Any] {
        for element in list { walk(element, path + "[]") }
      } else {
        found.insert(path)
      }
    }
    walk(object, "")
    let declared = Set(FieldRegistry.standard.groups.flatMap(\.declarations).compactMap { $0.json?.path })
    // The whole equals its parts.
    #expect(declared.subtracting(found) == ["local", "peer", "owners"])
    #expect(
      found.subtracting(declared) == ["schema", "owners[].uid", "cgroup_id", "abstract", "interface_index"])
  }

  @Test("Every kind of socket has the same members")
  func sameMembers() throws {
    var snapshot = Samples.internet()
    for transport in Transport.allCases {
      var record = SocketRecord(transport: transport, family: transport == .unix ? .unix : .ipv4, state: .unconnected)
      record.detailIndex = UInt32(snapshot.details.count)
      snapshot.details.append(SocketDetail())
      snapshot.records.append(record)
      record.detailIndex = SocketRecord.noIndex
      snapshot.records.append(record)
    }
    let all = try objects(JSONOutput(snapshot).render(rows: Samples.rows(snapshot)))
    let members = Set(try #require(all.first).keys)
    for object in all { #expect(Set(object.keys) == members) }
  }

  @Test("`local` and `peer` are objects or null, also where only these are asked for")
  func ends() throws {
    var snapshot = Samples.internet()
    snapshot.records.append(SocketRecord(transport: .netlink, family: .netlink, state: .unconnected))
    let rows = Samples.rows(snapshot)
    let whole = try objects(JSONOutput(snapshot).render(rows: rows))
    let flat = try objects(JSONOutput(snapshot, columns: [.local, .peer]).render(rows: rows))
    for (whole, flat) in zip(whole, flat) {
      for member in ["local", "peer"] {
        #expect(whole[member] is [String: Any] || whole[member] is NSNull)
        #expect(whole[member] as? NSObject == flat[member] as? NSObject)
      }
    }
  }

  @Test("the time and the host are in every row that they are asked for in")
  func context() throws {
    var snapshot = Samples.internet()
    snapshot.meta.time = Timestamp(seconds: 0, nanoseconds: 1)
    snapshot.meta.hostName = "web1"
    let added = try objects(JSONOutput(snapshot, added: [.tcp(.rtt), .hostName, .time]).render(rows: [0]))
    let flat = try objects(JSONOutput(snapshot, columns: [.time, .hostName]).render(rows: [0]))
    for object in added + flat {
      #expect(object["time"] as? String == "1970-01-01T00:00:00.000000001Z" && object["hostname"] as? String == "web1")
    }
    #expect(try objects(JSONOutput(snapshot).render(rows: [0]))[0]["time"] == nil)
  }

  @Test("inodes that doubles cannot hold are strings, in whole objects and alone")
  func largeInodes() throws {
    var snapshot = Samples.unix([[]], process: Array("a".utf8))
    snapshot.records[0].inode = .max
    snapshot.records[0].remoteBits = UInt128(UInt64(1) << 53 + 1)
    snapshot.records[0].known.insert(.peer)
    for columns in [nil, [.inode, .peerInode]] as [[Field]?] {
      let object = try objects(JSONOutput(snapshot, columns: columns).render(rows: [0]))[0]
      #expect(object["inode"] as? String == "18446744073709551615")
      #expect(object["peer_inode"] as? String == "9007199254740993")
    }
    snapshot.records[0].inode = 1 << 53
    #expect(try objects(JSONOutput(snapshot).render(rows: [0]))[0]["inode"] as? Int == 1 << 53)
  }

  @Test("an abstract name differs from a file of that name, and keeps its NUL bytes")
  func abstract() throws {
    var snapshot = Samples.unix(
      [Array("@x".utf8), Array("\0x".utf8), Array("\0x\0y".utf8), Array("/x".utf8), []], process: Array("a".utf8))
    let all = try objects(JSONOutput(snapshot).render(rows: Samples.rows(snapshot)))
    #expect(all.map { $0["path"] as? String } == ["@x", "@x", "@x@y", "/x", nil])
    #expect(all.map { $0["abstract"] as? Bool } == [false, true, true, false, nil])
    #expect(all.map { $0["path_hex"] as? String } == [nil, nil, "00780079", nil, nil])
    // /proc writes both alike.
    for row in snapshot.records.indices { snapshot.records[row].setUnixObject(kernelAddress: 0, references: 2) }
    let reported = try objects(JSONOutput(snapshot).render(rows: Samples.rows(snapshot)))
    #expect(reported.map { $0["abstract"] as? Bool } == [false, nil, nil, false, nil])
    let draft = TableDraft(snapshot, style: TableStyle(columns: [.path], hasHeader: false))
    let rows = Samples.rows(snapshot)
    #expect(Samples.text(draft.table(draft.measure(rows)).render(rows: rows)) == "\\x40x\n@x\n@x@y\n/x\n-\n")
    #expect(
      Samples.text(CSVOutput(snapshot, columns: [.path]).render(rows: rows))
        == "\\x40x\r\n@x\r\n@x@y\r\n/x\r\n\r\n")
  }

  @Test("What a process chose reads back as it was, and bytes that are not UTF-8 come back from the hexadecimal member")
  func roundTrip() throws {
    var generator = SeededGenerator()
    for _ in 0..<300 {
      let name = generator.hostileBytes(upTo: 30)
      let path = Array("/p".utf8) + generator.hostileBytes(upTo: 80)
      let snapshot = Samples.unix([path], process: name)
      let output = JSONOutput(snapshot).render(rows: [0])
      #expect(!output.dropLast().contains { $0 < 0x20 || $0 == 0x7F }, "seed \(generator.seed)")
      let object = try #require(try objects(output).first, "seed \(generator.seed)")
      #expect(bytes(of: "path", in: object) == path, "seed \(generator.seed)")
      let owner = try #require((object["owners"] as? [[String: Any]])?.first)
      #expect(bytes(of: "name", in: owner) == name, "seed \(generator.seed)")
    }
  }

  private func bytes(of member: String, in object: [String: Any]) -> [UInt8]? {
    if let digits = object[member + "_hex"] as? String {
      let characters = Array(digits)
      return stride(from: 0, to: characters.count, by: 2).compactMap {
        UInt8(String(characters[$0...($0 + 1)]), radix: 16)
      }
    }
    return (object[member] as? String).map { Array($0.utf8) }
  }

  @Test("A document has the circumstances and problems before its sockets, in one piece or in parts")
  func document() throws {
    var snapshot = Samples.internet()
    snapshot.meta.time = Timestamp(seconds: 1_769_903_999, nanoseconds: 1)
    snapshot.problems = [
      Problem(
        subject: .dump(.tcp, .ipv4),
        cause: .malformed(.undecodable("no \"address\""), line: 3, evidence: [0x1B, 0x5B, 0xFF, 0x22]))
    ]
    snapshot.meta.byteOrder = "big"
    snapshot.meta.byteOrderSource = "rows"
    snapshot.meta.notes = ["one", "\"two\""]
    let output = JSONOutput(snapshot)
    let whole = output.document(rows: Samples.rows(snapshot))
    let rows = Samples.rows(snapshot)
    let parts =
      output.documentStart + output.renderElements(rows: rows[0..<2], isFirst: true)
      + output.renderElements(rows: rows[2...], isFirst: false) + output.documentEnd
    #expect(whole == parts)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(whole)) as? [String: Any])
    let meta = try #require(object["meta"] as? [String: Any])
    #expect(meta["time"] as? String == "2026-01-31T23:59:59.000000001Z")
    #expect(meta["schema"] as? String == "sockinspect.snapshot/1")
    #expect(meta["byte_order"] as? String == "big" && meta["byte_order_from"] as? String == "rows")
    #expect(meta["notes"] as? [String] == ["one", "\"two\""])
    let problem = try #require((meta["problems"] as? [[String: Any]])?.first)
    #expect(problem["evidence"] as? String == "\\e[\\xff\"")
    #expect((object["sockets"] as? [Any])?.count == snapshot.records.count)
    let empty = try JSONSerialization.jsonObject(with: Data(output.document(rows: []))) as? [String: Any]
    #expect((empty?["sockets"] as? [Any])?.isEmpty == true)
  }

  @Test("The advice of a document's problems has the command line that was typed")
  func advice() throws {
    var snapshot = Samples.internet()
    snapshot.problems = [
      Problem(subject: .descriptors, cause: .forbidden(.process(7)), remedy: .runAsRoot(.owners))
    ]
    func advice(_ output: JSONOutput) throws -> String? {
      let object = try JSONSerialization.jsonObject(with: Data(output.document(rows: []))) as? [String: Any]
      let meta = try #require(object?["meta"] as? [String: Any])
      return (meta["problems"] as? [[String: Any]])?.first?["advice"] as? String
    }
    #expect(
      try advice(JSONOutput(snapshot, command: "sockinspect --pid 7"))
        == "run it as root to see all owners: sudo sockinspect --pid 7")
    #expect(try advice(JSONOutput(snapshot)) == "run it as root to see all owners: sudo sockinspect")
  }

  @Test("With columns given, an object has just these fields; those of owners are arrays")
  func columns() {
    let snapshot = Samples.internet()
    let output = JSONOutput(snapshot, columns: [.local, .peerPort, .pid, .process, .state])
    #expect(
      Samples.text(output.render(rows: [2, 3])) == """
        {"local":{"address":"::1","port":80},"peer_port":40000,"pid":[4112,4113],"process":["python3","tmux: server"],\
        "state":"established"}
        {"local":{"address":"127.0.0.1","port":1234},"peer_port":40001,"pid":[],"process":[],"state":"time_wait"}

        """)
  }

  @Test(
    "A moment is written as RFC 3339 in UTC",
    arguments: [
      (Int64(0), "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.000000000Z"),
      (951_782_400, "2000-02-29T00:00:00.000000000Z"), (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
      (-62_167_219_200, "0000-01-01T00:00:00.000000000Z"), (253_402_300_799, "9999-12-31T23:59:59.000000000Z"),
    ])
  func timestamps(seconds: Int64, text: String) {
    #expect(Timestamp(seconds: seconds, nanoseconds: 0).rfc3339 == text)
  }

  @Test("No moment is too far away to be written")
  func extremeTimestamps() {
    for seconds in [Int64.min, Int64.max] {
      #expect(Timestamp(seconds: seconds, nanoseconds: 0).rfc3339.hasSuffix("Z"))
    }
  }
}
