internal import SocketModel
internal import Text

/// One socket as an object of the schema `sockinspect.socket/2`.
extension JSONOutput {
  func appendSocket(_ row: Int, to output: inout [UInt8]) {
    let record = snapshot.records[row]
    let known = record.known
    output.append(ascii: "{\"schema\":\"sockinspect.socket/2\",\"transport\":\"")
    output.append(ascii: record.transport.name)
    output.append(ascii: "\",\"type\":\"")
    output.append(ascii: record.family.name)
    output.append(ascii: "\",\"netns\":")
    output.appendJSON(record.netns, if: known.contains(.netns))
    output.append(ascii: ",\"local\":")
    appendLocal(record, to: &output)
    output.append(ascii: ",\"peer\":")
    appendPeer(record, to: &output)
    output.append(contentsOf: stateMembers[Int(record.state.rawValue)])
    output.appendJSON(record.receiveQueue, if: known.contains(.receiveQueue))
    output.append(ascii: ",\"send_queue\":")
    output.appendJSON(record.sendQueue, if: known.contains(.sendQueue))
    appendIdentity(record, to: &output)
    appendTimer(record, to: &output)
    appendOwners(row, to: &output)
    appendListen(record, to: &output)
    appendDetail(row, record, to: &output)
    appendKind(row, record, to: &output)
    for field in added {
      output.append(UInt8(ascii: ","))
      Self.appendMember(field.description.name, snapshot.value(of: field, at: row), to: &output)
    }
    output.append(0x7D)
  }

  /// The local address and port of an internet socket; `null` for others, whose ends have members of their own.
  @inline(__always)
  private func appendLocal(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.transport.isInternet else { return output.appendNull() }
    appendEndpoint(record.localBits, record.localPort, record, to: &output)
  }

  @inline(__always)
  private func appendPeer(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.transport.isInternet, record.hasPeer else { return output.appendNull() }
    appendEndpoint(record.remoteBits, record.remotePort, record, to: &output)
  }

  @inline(__always)
  private func appendEndpoint(_ bits: UInt128, _ port: UInt16, _ record: SocketRecord, to output: inout [UInt8]) {
    output.append(ascii: "{\"address\":\"")
    output.appendAddress(bits, isIPv4: record.family == .ipv4)
    output.append(ascii: "\",\"port\":")
    output.appendJSON(UInt32(port), if: record.transport.hasPorts)
    output.append(0x7D)
  }

  @inline(__always)
  private func appendIdentity(_ record: SocketRecord, to output: inout [UInt8]) {
    output.append(ascii: ",\"uid\":")
    if record.known.contains(.uid) {
      output.appendDecimal(UInt64(record.uid))
      output.append(ascii: ",\"user\":")
      if let name = userNames[record.uid] { output.append(contentsOf: name) } else { output.appendNull() }
    } else {
      output.append(ascii: "null,\"user\":null")
    }
    output.append(ascii: ",\"inode\":")
    output.appendJSON(identifier: record.known.contains(.inode) ? record.inode : nil)
    output.append(ascii: ",\"cookie\":")
    if record.known.contains(.cookie) {
      output.append(0x22)
      output.appendHexadecimal(record.cookie)
      output.append(0x22)
    } else {
      output.appendNull()
    }
  }

  @inline(__always)
  private func appendTimer(_ record: SocketRecord, to output: inout [UInt8]) {
    output.append(ascii: ",\"timer\":")
    if record.known.contains(.timer) {
      output.append(contentsOf: timerMembers[Int(record.timer.rawValue)])
      output.appendJSON(record.timerMilliseconds, if: record.timer != .off)
      output.append(0x7D)
    } else {
      output.appendNull()
    }
    output.append(ascii: ",\"retransmits\":")
    output.appendJSON(UInt32(record.retransmits), if: record.known.contains(.retransmits))
    output.append(ascii: ",\"probes\":")
    output.appendJSON(UInt32(record.probes), if: record.known.contains(.probes))
  }

  @inline(__always)
  private func appendOwners(_ row: Int, to output: inout [UInt8]) {
    output.append(ascii: ",\"owners\":")
    guard snapshot.hasOwners else { return output.append(ascii: "null,\"attribution\":null") }
    let range = snapshot.ownerRange(at: row)
    guard !range.isEmpty else { return output.append(ascii: "[],\"attribution\":null") }
    output.append(0x5B)
    for index in range {
      if index != range.lowerBound { output.append(0x2C) }
      appendOwner(snapshot.owners[index], to: &output)
    }
    output.append(ascii: "],\"attribution\":")
    output.appendJSON(snapshot.attribution(at: row)?.name)
  }

  func appendOwner(_ owner: Owner, to output: inout [UInt8]) {
    output.append(ascii: "{\"pid\":")
    if let pid = owner.pid { output.appendDecimal(Int(pid)) } else { output.appendNull() }
    output.append(ascii: ",\"fd\":")
    if let descriptor = owner.descriptor { output.appendDecimal(Int(descriptor)) } else { output.appendNull() }
    if let process = owner.processIndex {
      output.append(contentsOf: processMembers[Int(process)])
    } else {
      output.append(UInt8(ascii: ","))
      output.appendJSONMember("name", bytes: snapshot.name(of: owner))
      output.append(ascii: ",\"executable\":null,\"uid\":null,\"user\":null,\"start_time_s\":null}")
    }
  }

  @inline(__always)
  private func appendListen(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.countsConnections else { return output.append(ascii: ",\"listen\":null") }
    output.append(ascii: ",\"listen\":{\"accept_queue\":")
    output.appendJSON(record.receiveQueue, if: record.known.contains(.receiveQueue))
    output.append(ascii: ",\"limit\":")
    output.appendJSON(record.sendQueue, if: record.known.contains(.sendQueue))
    output.append(0x7D)
  }

  private func appendDetail(_ row: Int, _ record: SocketRecord, to output: inout [UInt8]) {
    guard let detail = snapshot.detail(at: row) else {
      output.append(
        ascii: """
          ,"tcp":null,"cgroup":null,"cgroup_id":null,"congestion":null,"memory":null,"mark":null,"tos":null,"tclass":null
          """)
      return
    }
    output.append(ascii: ",\"tcp\":")
    if let tcp = detail.tcp { appendMetrics(tcp, to: &output) } else { output.appendNull() }
    output.append(0x2C)
    output.appendJSONMember("cgroup", bytes: detail.cgroup.flatMap { snapshot.cgroupPaths[$0] })
    output.append(ascii: ",\"cgroup_id\":")
    output.appendJSON(detail.cgroup.map { String($0) })
    output.append(ascii: ",\"congestion\":")
    output.appendJSON(detail.congestion)
    output.append(ascii: ",\"memory\":")
    if let memory = detail.memory { appendMemory(memory, to: &output) } else { output.appendNull() }
    output.append(ascii: ",\"mark\":")
    output.appendJSON(detail.mark.map { UInt64($0) })
    output.append(ascii: ",\"tos\":")
    output.appendJSON(detail.typeOfService.map { UInt64($0) })
    output.append(ascii: ",\"tclass\":")
    output.appendJSON(detail.trafficClass.map { UInt64($0) })
  }

  /// Those of the figures that the kernel measured, under the names of their fields.
  private func appendMetrics(_ metrics: TCPMetrics, to output: inout [UInt8]) {
    output.append(0x7B)
    var isFirst = true
    for metric in TCPMetric.allCases {
      guard let number = metrics[metric] else { continue }
      if !isFirst { output.append(0x2C) }
      isFirst = false
      output.append(contentsOf: Self.metricKeys[Int(metric.rawValue)])
      output.appendDecimal(number)
    }
    output.append(0x7D)
  }

  private static let metricKeys: [[UInt8]] = TCPMetric.allCases.map { Array("\"\($0.description.name)\":".utf8) }

  private func appendMemory(_ memory: SocketMemory, to output: inout [UInt8]) {
    output.append(ascii: "{\"rmem_alloc\":")
    output.appendDecimal(UInt64(memory.receiveAllocated))
    output.append(ascii: ",\"rcvbuf\":")
    output.appendDecimal(UInt64(memory.receiveLimit))
    output.append(ascii: ",\"wmem_alloc\":")
    output.appendDecimal(UInt64(memory.sendAllocated))
    output.append(ascii: ",\"sndbuf\":")
    output.appendDecimal(UInt64(memory.sendLimit))
    output.append(ascii: ",\"fwd_alloc\":")
    output.appendDecimal(UInt64(memory.forwardAllocated))
    output.append(ascii: ",\"wmem_queued\":")
    output.appendDecimal(UInt64(memory.sendQueued))
    output.append(ascii: ",\"optmem\":")
    output.appendDecimal(UInt64(memory.optionMemory))
    output.append(ascii: ",\"backlog_mem\":")
    output.appendJSON(memory.backlog.map { UInt64($0) })
    output.append(0x7D)
  }

  /// What only some kinds of sockets have: type, protocol numbers, names, interface, shutdown, drops.
  private func appendKind(_ row: Int, _ record: SocketRecord, to output: inout [UInt8]) {
    output.append(ascii: ",\"socket_type\":")
    if record.known.contains(.socketType) {
      output.append(0x22)
      output.append(ascii: record.socketType.name)
      output.append(0x22)
    } else {
      output.appendNull()
    }
    if record.transport.hasPorts {
      output.append(
        ascii: """
          ,"ip_protocol":null,"echo_id":null,"port_id":null,"peer_port_id":null,"groups":null,"path":null,"abstract":null\
          ,"peer_inode":null
          """)
    } else {
      appendNumbers(record, to: &output)
      output.append(ascii: ",\"groups\":")
      appendGroups(row, to: &output)
      output.append(0x2C)
      appendPath(row, to: &output)
      output.append(ascii: ",\"abstract\":")
      output.append(ascii: snapshot.hasAbstractName(at: row).map { $0 ? "true" : "false" } ?? "null")
      output.append(ascii: ",\"peer_inode\":")
      output.appendJSON(identifier: record.peerInode.flatMap { $0 == 0 ? nil : $0 })
    }
    output.append(UInt8(ascii: ","))
    if record.known.contains(.interface), record.interface != 0 {
      if let member = interfaceMembers[record.interface] {
        output.append(contentsOf: member)
      } else {
        output.append(ascii: "\"interface\":null")
      }
      output.append(ascii: ",\"interface_index\":")
      output.appendDecimal(UInt64(record.interface))
    } else {
      output.append(ascii: "\"interface\":null,\"interface_index\":null")
    }
    output.append(ascii: ",\"ipv6_only\":")
    if record.known.contains(.ipv6Only) {
      output.append(ascii: record.flags.contains(.ipv6Only) ? "true" : "false")
    } else {
      output.appendNull()
    }
    output.append(ascii: ",\"shutdown\":")
    if case .word(let directions) = snapshot.value(of: .shutdown, at: row) {
      output.appendJSON(directions)
    } else {
      output.appendNull()
    }
    output.append(ascii: ",\"drops\":")
    output.appendJSON(record.drops, if: record.known.contains(.drops))
  }

  /// The name of a unix socket as text. Its bytes follow where the text does not have them all: a name that is not UTF-8, and an abstract
  /// one with further NUL bytes, which are shown as `@` like the first.
  private func appendPath(_ row: Int, to output: inout [UInt8]) {
    guard let name = snapshot.name(at: row) else { return output.append(ascii: "\"path\":null") }
    let display = name.display
    output.append(ascii: "\"path\":")
    output.appendJSON(display[...])
    let hidesNUL = name.isAbstract && name.bytes.dropFirst().contains(0)
    if hidesNUL || !UTF8Reader.isValid(display[...]) { output.appendJSONHexadecimal("path", name.bytes) }
  }

  private func appendGroups(_ row: Int, to output: inout [UInt8]) {
    guard let groups = snapshot.detail(at: row)?.netlinkGroups else { return output.appendNull() }
    output.append(UInt8(ascii: "["))
    for (index, group) in groups.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      output.appendDecimal(UInt64(group))
    }
    output.append(UInt8(ascii: "]"))
  }

  /// The numbers that stand where other sockets have ports.
  private func appendNumbers(_ record: SocketRecord, to output: inout [UInt8]) {
    let isNetlink = record.transport == .netlink
    output.append(ascii: ",\"ip_protocol\":")
    output.appendJSON(
      UInt32(record.localPort), if: isNetlink || record.transport == .raw || record.transport == .packet)
    output.append(ascii: ",\"echo_id\":")
    output.appendJSON(UInt32(record.localPort), if: record.transport == .icmp)
    output.append(ascii: ",\"port_id\":")
    output.appendJSON(UInt32(truncatingIfNeeded: record.localBits), if: isNetlink)
    output.append(ascii: ",\"peer_port_id\":")
    output.appendJSON(UInt32(truncatingIfNeeded: record.remoteBits), if: isNetlink && record.remoteBits != 0)
  }
}

/// One socket as a flat object of chosen fields.
extension JSONOutput {
  func appendFlat(_ row: Int, _ columns: [Field], to output: inout [UInt8]) {
    output.append(0x7B)
    for (index, field) in columns.enumerated() {
      if index > 0 { output.append(0x2C) }
      let name = columnNames[index]
      if field.isPerOwner {
        appendList(field, name, row, to: &output)
        continue
      }
      // Fields that the whole object writes in a special form have the same form here.
      switch field {
      case .local, .peer, .groups:
        output.append(ascii: "\"\(name)\":")
        if field == .local { appendLocal(snapshot.records[row], to: &output) }
        if field == .peer { appendPeer(snapshot.records[row], to: &output) }
        if field == .groups { appendGroups(row, to: &output) }
      case .path: appendPath(row, to: &output)
      case .inode, .peerInode:
        output.append(ascii: "\"\(name)\":")
        output.appendJSON(identifier: snapshot.value(of: field, at: row).number)
      default: Self.appendMember(name, snapshot.value(of: field, at: row), to: &output)
      }
    }
    output.append(0x7D)
  }

  private func appendList(_ field: Field, _ name: String, _ row: Int, to output: inout [UInt8]) {
    output.append(0x22)
    output.append(ascii: name)
    output.append(ascii: "\":")
    guard snapshot.hasOwners else { return output.appendNull() }
    let range = snapshot.ownerRange(at: row)
    var notText = false
    output.append(0x5B)
    for index in range {
      if index != range.lowerBound { output.append(0x2C) }
      if field == .owners {
        appendOwner(snapshot.owners[index], to: &output)
        continue
      }
      let value = snapshot.value(of: field, owner: snapshot.owners[index])
      if case .bytes(let bytes) = value {
        notText = notText || !UTF8Reader.isValid(bytes[...])
        output.appendJSON(bytes[...])
      } else {
        output.appendJSON(value)
      }
    }
    output.append(0x5D)
    guard notText else { return }
    output.append(ascii: ",\"\(name)_hex\":[")
    for index in range {
      if index != range.lowerBound { output.append(0x2C) }
      guard case .bytes(let bytes) = snapshot.value(of: field, owner: snapshot.owners[index]) else {
        output.appendNull()
        continue
      }
      output.append(0x22)
      for byte in bytes { output.appendHexadecimalByte(byte) }
      output.append(0x22)
    }
    output.append(0x5D)
  }

  static func appendMember(_ name: String, _ value: FieldValue, to output: inout [UInt8]) {
    if case .bytes(let bytes) = value { return output.appendJSONMember(name, bytes: bytes) }
    output.append(0x22)
    output.append(ascii: name)
    output.append(ascii: "\":")
    output.appendJSON(value)
  }
}

extension FieldValue {
  fileprivate var number: UInt64? {
    if case .number(let number) = self { number } else { nil }
  }
}

extension Snapshot {
  /// Whether the name of a unix socket is in the abstract namespace. `nil` when the socket has no
  /// name, and when it is known only from /proc and the name begins with `@`, because the name of a
  /// file can begin so too.
  fileprivate func hasAbstractName(at row: Int) -> Bool? {
    guard let name = name(at: row) else { return nil }
    return name.isAbstract && records[row].kernelAddress != nil ? nil : name.isAbstract
  }
}

extension [UInt8] {
  /// Appends a value of a field: numbers as numbers, identifiers in hexadecimal and addresses as strings.
  mutating func appendJSON(_ value: FieldValue) {
    switch value {
    case .absent: appendNull()
    case .number(let number): appendDecimal(number)
    case .hexadecimal(let number):
      append(0x22)
      appendHexadecimal(number)
      append(0x22)
    case .address(let address): appendJSON(address.description)
    case .endpoint(let endpoint): appendJSON(endpoint.description)
    case .word(let word): appendJSON(word)
    case .bytes(let bytes): appendJSON(bytes[...])
    case .flag(let flag): append(ascii: flag ? "true" : "false")
    }
  }
}
