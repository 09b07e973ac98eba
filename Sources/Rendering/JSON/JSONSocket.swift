internal import SocketModel
internal import Text

/// One socket as an object of the schema `sockinspect.socket/2`.
extension JSONOutput {
  func appendSocket(_ row: Int, to output: inout [UInt8]) {
    let record = snapshot.records[row]
    let plan = members.plan(record)
    let detail = snapshot.detail(at: row)
    let steps = members.steps.span
    let texts = members.texts.span
    for index in members.plans[plan].steps {
      output.append(texts.extracting(steps[index].text))
      append(steps[index].writer, record, detail, row, to: &output)
    }
    output.append(contentsOf: members.plans[plan].end)
    for field in added {
      output.append(UInt8(ascii: ","))
      if field.isPerOwner {
        appendList(field, field.description.name, row, to: &output)
      } else {
        Self.appendMember(field.description.name, snapshot.value(of: field, at: row), to: &output)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  @inline(__always)
  private func append(
    _ writer: JSONMembers.Writer, _ record: SocketRecord, _ detail: SocketDetail?, _ row: Int, to output: inout [UInt8]
  ) {
    switch writer {
    case .transport: output.append(contentsOf: transportTexts[Int(record.transport.rawValue)])
    case .family: output.append(contentsOf: familyTexts[Int(record.family.rawValue)])
    case .state: output.append(contentsOf: stateTexts[Int(record.state.rawValue)])
    case .local: appendLocal(record, to: &output)
    case .peer: appendPeer(record, to: &output)
    case .receiveQueue: output.appendJSON(record.receiveQueue, if: record.known.contains(.receiveQueue))
    case .sendQueue: output.appendJSON(record.sendQueue, if: record.known.contains(.sendQueue))
    case .uid: output.appendJSON(record.uid, if: record.known.contains(.uid))
    case .user: appendUser(record, to: &output)
    case .cookie: appendCookie(record, to: &output)
    case .timer: appendTimer(record, to: &output)
    case .owners: appendOwners(row, to: &output)
    case .attribution: output.appendJSON(snapshot.attribution(at: row)?.name)
    case .listen: appendListen(record, to: &output)
    case .groups: appendGroups(row, to: &output)
    case .path: appendName(row, to: &output)
    case .interface: appendInterface(record, to: &output)
    case .cgroup: appendControlGroup(record.cgroup, to: &output)
    case .number(let index): output.appendJSON(members.numbers.span[index].read(record))
    case .identifier(let index): output.appendJSON(identifier: members.numbers.span[index].read(record))
    case .word(let index): appendWord(members.words.span[index].read(record), index, to: &output)
    case .flag(let index): appendFlag(members.flags.span[index].read(record), to: &output)
    case .detail(let writer):
      if let detail { appendDetail(writer, detail, to: &output) } else { output.appendNull() }
    case .object(let index): appendObject(members.objects[index], row, to: &output)
    case .other(let index):
      let (name, field) = members.others[index]
      Self.appendValue(name, snapshot.value(of: field, at: row), to: &output)
    }
  }

  /// Appends a member of an object that has details.
  private func appendDetail(_ writer: JSONMembers.DetailWriter, _ detail: SocketDetail, to output: inout [UInt8]) {
    switch writer {
    case .metrics: appendMetrics(detail.tcp, to: &output)
    case .memory: appendMemory(detail.memory, to: &output)
    case .number(let index): output.appendJSON(members.detailNumbers.span[index].read(detail))
    case .value(let index):
      Self.appendValue(members.details[index].name, members.details[index].read(detail), to: &output)
    }
  }

  /// The local address and port of an internet socket, the two numbers of a vsock or TIPC one;
  /// `null` for others, whose ends have other members.
  @inline(__always)
  private func appendLocal(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.transport.isInternet else { return appendNumbered(record.numberedLocal, record, to: &output) }
    appendEndpoint(record.localBits, record.localPort, record, to: &output)
  }

  @inline(__always)
  private func appendPeer(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.transport.isInternet, record.hasPeer else {
      return appendNumbered(record.numberedPeer, record, to: &output)
    }
    appendEndpoint(record.remoteBits, record.remotePort, record, to: &output)
  }

  @inline(__always)
  private func appendEndpoint(_ bits: UInt128, _ port: UInt16, _ record: SocketRecord, to output: inout [UInt8]) {
    output.append(ascii: "{\"address\":\"")
    output.appendAddress(bits, isIPv4: record.family == .ipv4)
    output.append(ascii: "\",\"port\":")
    output.appendJSON(UInt32(port), if: record.transport.hasPorts)
    output.append(UInt8(ascii: "}"))
  }

  @inline(never)
  private func appendNumbered(_ end: NumberedEnd?, _ record: SocketRecord, to output: inout [UInt8]) {
    guard let end else { return output.appendNull() }
    output.append(ascii: record.transport == .vsock ? "{\"cid\":" : "{\"node\":")
    output.appendJSON(end.host, if: end.host != NumberedEnd.any)
    output.append(ascii: ",\"port\":")
    output.appendJSON(end.port, if: end.port != NumberedEnd.any)
    output.append(UInt8(ascii: "}"))
  }

  @inline(__always)
  private func appendUser(_ record: SocketRecord, to output: inout [UInt8]) {
    if record.known.contains(.uid), let name = userNames[record.uid] {
      output.append(contentsOf: name)
    } else {
      output.appendNull()
    }
  }

  @inline(__always)
  private func appendCookie(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.known.contains(.cookie) else { return output.appendNull() }
    output.append(UInt8(ascii: "\""))
    output.appendHexadecimal(record.cookie)
    output.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  private func appendTimer(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.known.contains(.timer) else { return output.appendNull() }
    output.append(contentsOf: timerMembers[Int(record.timer.rawValue)])
    output.appendJSON(record.timerMilliseconds, if: record.timer != .off)
    output.append(UInt8(ascii: "}"))
  }

  @inline(__always)
  private func appendListen(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.countsConnections else { return output.appendNull() }
    output.append(ascii: "{\"accept_queue\":")
    output.appendJSON(record.receiveQueue, if: record.known.contains(.receiveQueue))
    output.append(ascii: ",\"limit\":")
    output.appendJSON(record.sendQueue, if: record.known.contains(.sendQueue))
    output.append(UInt8(ascii: "}"))
  }

  @inline(__always)
  private func appendWord(_ code: UInt8?, _ index: Int, to output: inout [UInt8]) {
    guard let code else { return output.appendNull() }
    output.append(contentsOf: members.words[index].texts[Int(code & 63)])
  }

  @inline(__always)
  private func appendFlag(_ flag: Bool?, to output: inout [UInt8]) {
    guard let flag else { return output.appendNull() }
    output.append(ascii: flag ? "true" : "false")
  }

  /// The figures that the kernel measured, under the names of their fields.
  private func appendMetrics(_ metrics: TCPMetrics?, to output: inout [UInt8]) {
    guard let metrics else { return output.appendNull() }
    output.append(UInt8(ascii: "{"))
    var isFirst = true
    for index in members.metrics.indices {
      guard let number = metrics[members.metrics[index].metric] else { continue }
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      output.append(contentsOf: members.metrics[index].key)
      output.appendDecimal(number)
    }
    output.append(UInt8(ascii: "}"))
  }

  private func appendMemory(_ memory: SocketMemory?, to output: inout [UInt8]) {
    guard let memory else { return output.appendNull() }
    for index in members.memory.indices {
      output.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
      output.append(contentsOf: members.memory[index].key)
      output.appendJSON(members.memory[index].read(memory).map { UInt64($0) })
    }
    output.append(UInt8(ascii: "}"))
  }

  /// The path of a control group and, under `cgroup_id`, its number.
  private func appendControlGroup(_ id: UInt64, to output: inout [UInt8]) {
    guard id != 0 else { return output.append(ascii: "null,\"cgroup_id\":null") }
    if let path = snapshot.cgroupPaths[id] {
      Self.appendValue("cgroup", .bytes(path), to: &output)
    } else {
      output.appendNull()
    }
    output.append(ascii: ",\"cgroup_id\":\"")
    output.appendDecimal(id)
    output.append(ASCII.quote)
  }

  /// An object of fields without a special form; `null` when none of them has a value.
  private func appendObject(_ fields: [(name: String, field: Field)], _ row: Int, to output: inout [UInt8]) {
    let values = fields.map { snapshot.value(of: $0.field, at: row) }
    guard values.contains(where: { $0 != .absent }) else { return output.appendNull() }
    for (index, value) in values.enumerated() {
      output.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
      Self.appendMember(fields[index].name, value, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  /// The name of the interface that a socket is bound to and, under `interface_index`, its number.
  private func appendInterface(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.known.contains(.interface), record.interface != 0 else {
      return output.append(ascii: "null,\"interface_index\":null")
    }
    if let namespace = record.networkNamespace, let own = snapshot.meta.netns, namespace != own {
      Self.appendValue(
        Field.interface.memberName, snapshot.interfaceName(of: record).map { .bytes($0) } ?? .absent, to: &output)
    } else if let text = interfaceTexts[record.interface] {
      output.append(contentsOf: text)
    } else {
      output.appendNull()
    }
    output.append(ascii: ",\"interface_index\":")
    output.appendDecimal(UInt64(record.interface))
  }

  /// The name of a unix socket and, under `abstract`, whether it is an abstract one.
  private func appendName(_ row: Int, to output: inout [UInt8]) {
    appendPath(row, to: &output)
    output.append(ascii: ",\"abstract\":")
    output.append(ascii: snapshot.hasAbstractName(at: row).map { $0 ? "true" : "false" } ?? "null")
  }

  /// The name of a unix socket as text. Its bytes follow where the text does not contain them all:
  /// for a name that is not UTF-8, and for an abstract one with further NUL bytes, which are shown
  /// as `@` like the first.
  private func appendPath(_ row: Int, to output: inout [UInt8]) {
    guard let name = snapshot.name(at: row) else { return output.appendNull() }
    let display = name.display
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
}

/// One socket as a flat object of chosen fields.
extension JSONOutput {
  func appendFlat(_ row: Int, _ columns: [Field], to output: inout [UInt8]) {
    output.append(UInt8(ascii: "{"))
    for (index, field) in columns.enumerated() {
      if index > 0 { output.append(ASCII.comma) }
      let name = columnNames[index]
      if field.isPerOwner {
        appendList(field, name, row, to: &output)
        continue
      }
      // Fields that the whole object writes in a special form have the same form here.
      output.append(ascii: "\"\(name)\":")
      switch field {
      case .local: appendLocal(snapshot.records[row], to: &output)
      case .peer: appendPeer(snapshot.records[row], to: &output)
      case .groups: appendGroups(row, to: &output)
      case .path: appendPath(row, to: &output)
      case _ where columnsAreIdentifiers[index]:
        output.appendJSON(identifier: snapshot.value(of: field, at: row).number)
      default: Self.appendValue(name, snapshot.value(of: field, at: row), to: &output)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  private func appendList(_ field: Field, _ name: String, _ row: Int, to output: inout [UInt8]) {
    output.append(ASCII.quote)
    output.append(ascii: name)
    output.append(ascii: "\":")
    guard snapshot.hasOwners, !field.isOfPeer || !snapshot.peerRows(at: row).isEmpty else { return output.appendNull() }
    let range = snapshot.ownerRange(of: field, at: row)
    var notText = false
    output.append(UInt8(ascii: "["))
    for index in range {
      if index != range.lowerBound {
        if snapshot.repeatsProcess(field, at: index) { continue }
        output.append(ASCII.comma)
      }
      if field == .owners || field == .peerOwners {
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
    output.append(UInt8(ascii: "]"))
    guard notText else { return }
    output.append(ascii: ",\"\(name)_hex\":[")
    for index in range {
      if index != range.lowerBound {
        if snapshot.repeatsProcess(field, at: index) { continue }
        output.append(ASCII.comma)
      }
      guard case .bytes(let bytes) = snapshot.value(of: field, owner: snapshot.owners[index]) else {
        output.appendNull()
        continue
      }
      output.append(ASCII.quote)
      for byte in bytes { output.appendHexadecimalByte(byte) }
      output.append(ASCII.quote)
    }
    output.append(UInt8(ascii: "]"))
  }

  /// Appends `"NAME":VALUE`.
  static func appendMember(_ name: String, _ value: FieldValue, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    output.append(ascii: name)
    output.append(ascii: "\":")
    appendValue(name, value, to: &output)
  }

  /// Appends a value after its name. Bytes that are not UTF-8 follow in the member `NAME_hex`.
  static func appendValue(_ name: String, _ value: FieldValue, to output: inout [UInt8]) {
    output.appendJSON(value)
    if case .bytes(let bytes) = value, !UTF8Reader.isValid(bytes[...]) { output.appendJSONHexadecimal(name, bytes) }
  }
}

extension Snapshot {
  /// Whether the name of a unix socket is in the abstract namespace. `nil` when the socket has no
  /// name, and when it is known only from /proc and begins with `@`, because the name of a file can
  /// begin with that too.
  fileprivate func hasAbstractName(at row: Int) -> Bool? {
    guard let name = name(at: row) else { return nil }
    return name.isAbstract && records[row].kernelAddress != nil ? nil : name.isAbstract
  }
}

extension [UInt8] {
  /// Appends a value of a field: numbers as numbers, identifiers in hexadecimal and addresses as
  /// strings.
  mutating func appendJSON(_ value: FieldValue) {
    switch value {
    case .absent: appendNull()
    case .number(let number): appendDecimal(number)
    case .hexadecimal(let number):
      append(ASCII.quote)
      appendHexadecimal(number)
      append(ASCII.quote)
    case .address(let address): appendJSON(address.description)
    case .endpoint(let endpoint): appendJSON(endpoint.description)
    case .word(let word): appendJSON(word)
    case .bytes(let bytes): appendJSON(bytes[...])
    case .flag(let flag): append(ascii: flag ? "true" : "false")
    }
  }
}
