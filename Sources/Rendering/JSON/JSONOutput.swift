public import SocketModel
internal import Text

/// Sockets as JSON: one object per line (NDJSON), or one document that contains them.
///
/// An object has the schema `sockinspect.socket/2`: its members and their order never change,
/// numbers are numbers, what is not known or has no meaning for the socket is `null`, units are in
/// names, and 64-bit identifiers are strings, as are inodes from 2^53 on. `local` and `peer` are
/// objects with `address` and `port` for internet sockets and `null` for others. `owners` is `[]`
/// when no owner was found and `null` when none was looked for. Text that is not UTF-8 shows U+FFFD
/// for each wrong byte, and only then an additional member named `NAME_hex` has the bytes;
/// `path_hex` also has them for an abstract name with further NUL bytes.
///
/// With columns, an object has only these fields under their names, without a schema; fields of the
/// owners are arrays with one element per owner.
public struct JSONOutput: Sendable {
  package let snapshot: Snapshot
  package let columns: [Field]?
  /// The names of the columns.
  let columnNames: [String]
  /// Whether the columns are of ``FieldAccess/identifier(_:)``.
  let columnsAreIdentifiers: [Bool]
  /// The line that root is to run, where that would help.
  let command: String
  /// Members to add to full objects, which do not have all fields.
  package let added: [Field]
  /// Members to add to the owners of full objects.
  let addedToOwners: [Field]
  /// The members of full objects.
  let members: JSONMembers
  /// The members of an owner that follow `pid` and `fd`, with the closing brace, for each process.
  let processMembers: [[UInt8]]
  package let userNames: [UInt32: [UInt8]]
  let interfaceTexts: [UInt32: [UInt8]]
  let transportTexts: [[UInt8]]
  let familyTexts: [[UInt8]]
  let stateTexts: [[UInt8]]
  let timerMembers: [[UInt8]]

  /// Prepares the output of sockets of the snapshot.
  ///
  /// - Parameters:
  ///   - snapshot: the sockets.
  ///   - columns: the fields of flat objects that have no others; `nil` for full objects.
  ///   - added: fields that full objects get besides, where they do not have them anyway: the time,
  ///     the host, the parts of the workload and the other end; in the objects of the owners how they were called,
  ///     their age, parent and working directory.
  ///   - command: the line that root is to run, where that would help.
  public init(
    _ snapshot: Snapshot, columns: [Field]? = nil, added: [Field] = [], command: String = "sockinspect"
  ) {
    self.init(snapshot, columns: columns, added: added, command: command, members: .standard)
  }

  /// Prepares full objects with the members of a registry's fields.
  package init(_ snapshot: Snapshot, of registry: FieldRegistry) {
    self.init(snapshot, columns: nil, added: [], command: "sockinspect", members: JSONMembers(registry))
  }

  private init(_ snapshot: Snapshot, columns: [Field]?, added: [Field], command: String, members: JSONMembers) {
    self.snapshot = snapshot
    self.columns = columns
    self.command = command
    self.members = members
    columnNames = (columns ?? []).map { $0.description.name }
    columnsAreIdentifiers = (columns ?? []).map {
      if case .identifier = $0.description.access { true } else { false }
    }
    let ofOwners = [Field.command, .age, .parent, .workingDirectory].filter { added.contains($0) }
    let ofSockets: [Field] = [.time, .hostName, .unit, .container, .pod] + Field.ofPeers
    self.added = ofSockets.filter { $0.description.json == nil && added.contains($0) }
    addedToOwners = ofOwners
    userNames = snapshot.userNames.mapValues(Self.string)
    interfaceTexts = snapshot.interfaceNames.mapValues { name in
      var text: [UInt8] = []
      Self.appendValue(Field.interface.memberName, .bytes(name), to: &text)
      return text
    }
    processMembers = snapshot.processes.enumerated().map { index, process in
      var text: [UInt8] = []
      text.append(ASCII.comma)
      text.appendJSONMember("name", bytes: process.shownName)
      text.append(ASCII.comma)
      text.appendJSONMember("executable", bytes: process.executable)
      text.appendNextJSONMember("uid", process.uid.map { UInt64($0) })
      text.appendNextJSONMember("user", process.uid.flatMap { snapshot.userNames[$0] })
      text.appendNextJSONMember("start_time_s", process.startTime.flatMap { snapshot.meta.time(ofTicks: $0) })
      for field in ofOwners {
        let owner = Owner(pid: process.pid, descriptor: nil, processIndex: Int32(truncatingIfNeeded: index))
        text.append(ASCII.comma)
        Self.appendMember(field.description.name, snapshot.value(of: field, owner: owner), to: &text)
        if field == .parent {
          text.append(ASCII.comma)
          text.appendJSONMember("parent_name", bytes: process.parentName)
        }
      }
      text.append(UInt8(ascii: "}"))
      return text
    }
    transportTexts = Self.strings(Transport.allCases.map { ($0.rawValue, $0.name) })
    familyTexts = Self.strings(AddressFamily.allCases.map { ($0.rawValue, $0.name) })
    stateTexts = Self.strings(SocketState.allCases.map { ($0.rawValue, $0.name) })
    timerMembers = SocketTimer.allCases.map { Array("{\"kind\":\"\($0.name)\",\"expires_ms\":".utf8) }
  }

  /// Words as strings, indexed by code.
  private static func strings(_ words: [(code: UInt8, name: String)]) -> [[UInt8]] {
    var texts = [[UInt8]](repeating: [], count: Int(words.map(\.code).max() ?? 0) + 1)
    for (code, name) in words { texts[Int(code)] = string(name) }
    return texts
  }

  private static func string(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendJSON(text)
    return bytes
  }

  /// The objects of some rows, each on its own line.
  public func render(rows: ArraySlice<UInt32>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * (columns.map { 32 * $0.count } ?? 900))
    for row in rows {
      append(Int(row), to: &output)
      output.append(ASCII.newline)
    }
    return output
  }

  /// The beginning of a document: `{"meta":{...},"sockets":[`.
  public var documentStart: [UInt8] {
    var text: [UInt8] = []
    text.append(ascii: "{\"meta\":")
    appendMeta(to: &text)
    text.append(ascii: ",\"sockets\":[")
    return text
  }

  /// The objects of some rows as elements of a document; `isFirst` when no other element precedes
  /// them.
  public func renderElements(rows: ArraySlice<UInt32>, isFirst: Bool) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * (columns.map { 32 * $0.count } ?? 900))
    var isFirst = isFirst
    for row in rows {
      output.append(ascii: isFirst ? "\n" : ",\n")
      isFirst = false
      append(Int(row), to: &output)
    }
    return output
  }

  /// The end of a document.
  public var documentEnd: [UInt8] { Array("\n]}\n".utf8) }

  /// A complete document.
  public func document(rows: ArraySlice<UInt32>) -> [UInt8] {
    documentStart + renderElements(rows: rows, isFirst: true) + documentEnd
  }

  /// Appends the object of a row.
  @inline(__always)
  func append(_ row: Int, to output: inout [UInt8]) {
    if let columns { appendFlat(row, columns, to: &output) } else { appendSocket(row, to: &output) }
  }

  private func appendMeta(to text: inout [UInt8]) {
    let meta = snapshot.meta
    text.appendJSON(startOf: meta, schema: "sockinspect.snapshot/1")
    text.appendNextJSONMember("byte_order", meta.byteOrder)
    text.appendNextJSONMember("byte_order_from", meta.byteOrderSource)
    appendNamespaces(to: &text)
    text.append(ascii: ",\"notes\":[")
    for (index, note) in meta.notes.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      text.appendJSON(note)
    }
    text.append(UInt8(ascii: "]"))
    text.appendNextJSONMember("problems", snapshot.problems, command: command)
    text.append(UInt8(ascii: "}"))
  }
}

extension JSONOutput {
  /// The namespaces that were read: the number that their sockets have under `netns`, what kind of
  /// number that is, their name and first process. There is no such member where only the own one
  /// was read.
  private func appendNamespaces(to text: inout [UInt8]) {
    guard !snapshot.namespaces.isEmpty else { return }
    text.append(ascii: ",\"namespaces\":[")
    for (index, namespace) in snapshot.namespaces.enumerated() {
      if index > 0 { text.append(ASCII.comma) }
      text.append(ascii: "{\"netns\":")
      text.appendDecimal(UInt64(namespace.id.inode))
      text.appendNextJSONMember("identity", namespace.hasNumber ? "namespace" : "tables")
      text.append(ASCII.comma)
      text.appendJSONMember("name", bytes: namespace.name)
      text.appendNextJSONMember("pid", namespace.process.map { UInt64($0) })
      text.append(UInt8(ascii: "}"))
    }
    text.append(UInt8(ascii: "]"))
  }
}

extension [UInt8] {
  /// Appends the start of an object about what was read: its schema, and when, where and from what
  /// that was. Other members and the closing brace follow.
  package mutating func appendJSON(startOf meta: SnapshotMeta, schema: String) {
    append(ascii: "{\"schema\":")
    appendJSON(schema)
    appendNextJSONMember("time", meta.time?.rfc3339)
    appendNextJSONMember("host", meta.hostName)
    appendNextJSONMember("kernel", meta.kernelRelease)
    appendNextJSONMember("source", meta.source)
    appendNextJSONMember("root", meta.root)
    appendNextJSONMember("netns", meta.netns.map { UInt64($0.inode) })
  }

  /// Appends a member with an array of problems, behind another member.
  package mutating func appendNextJSONMember(_ name: String, _ problems: [Problem], command: String) {
    appendNextJSONName(name)
    append(UInt8(ascii: "["))
    for (index, problem) in problems.enumerated() {
      if index > 0 { append(ASCII.comma) }
      appendJSON(problem, command: command)
    }
    append(UInt8(ascii: "]"))
  }

  /// Appends a problem as an object. Its evidence is text with the escapes of ``Escaping``, since
  /// it may be any bytes.
  private mutating func appendJSON(_ problem: Problem, command: String) {
    append(ascii: "{\"kind\":")
    appendJSON(problem.kind.rawValue)
    appendNextJSONMember("subject", ProblemText.subject(of: problem))
    appendNextJSONName("line")
    if let line = problem.line { appendDecimal(line) } else { appendNull() }
    appendNextJSONName("count")
    appendDecimal(problem.count)
    appendNextJSONMember("message", ProblemText.message(of: problem))
    appendNextJSONMember(
      "evidence", problem.evidence.isEmpty ? nil : Escaping.text(problem.evidence, keepsBlanks: true))
    appendNextJSONMember("advice", ProblemText.advice(for: problem, command: command))
    append(UInt8(ascii: "}"))
  }
}
