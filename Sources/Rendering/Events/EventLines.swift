package import SocketModel
internal import Text

/// Events as lines of text, one each, in columns that line up:
///
///     14:03:07.000123 + tcp    127.0.0.1:40000        127.0.0.1:1234         new -> syn_sent           client[45] fd 3
///     14:03:07.000150 ~ tcp    127.0.0.1:40000        127.0.0.1:1234         syn_sent -> established   client[45] fd 3  age 27us
///     14:04:07.512000 - tcp    127.0.0.1:40000        127.0.0.1:1234         time_wait -> gone         client[45]  age 1m00s
///
/// - The mark is `+` for a socket that appeared, `~` for another state, `-` for one that ended, `!`
///   for events that were missed.
/// - Ends and owners are written and escaped as in a table. When owners were not found by their
///   descriptors, the way they were found follows in parentheses.
/// - A socket outside the own network namespace has the name or number of its namespace after its
///   owners, or `?` when that is not known. So has a socket that may be in another namespace.
/// - Age, and the bytes that were sent and received, are at the end where they are known.
///
/// Columns are as wide as the widest cell so far, up to a limit, since the cells to come are not
/// known.
package struct EventLines: Sendable {
  private let timestamps: TimestampWriter
  private let usesColour: Bool
  private let columns: [Field]
  private let hasFigures: Bool
  /// How wide each column is by now.
  private var widths: [Int]
  /// The names to show instead of numbers.
  package var names = ShownNames()

  /// The columns behind the mark, unless others are chosen.
  package static let defaultColumns: [Field] = [.transport, .local, .peer, .state, .owners]

  /// The limits of the columns: what an IPv6 address and port take.
  private static let widestColumn = 47

  /// How wide a column is at first: it fits the most common cells, or else its heading.
  private static func firstWidth(of field: Field) -> Int {
    switch field {
    case .transport: 5
    case .local, .peer: 21
    case .state: 24
    case .owners: 20
    default: field.description.title.utf8.count
    }
  }

  /// Makes a writer of lines whose timestamps have the given style.
  ///
  /// - Parameters:
  ///   - columns: the columns behind the mark. The one of the state has the states before and after
  ///     the event.
  ///   - hasFigures: whether another namespace, the age and the bytes follow the columns.
  package init(
    _ timestamps: TimestampWriter, usesColour: Bool, columns: [Field] = defaultColumns, hasFigures: Bool = true
  ) {
    self.hasFigures = hasFigures
    self.timestamps = timestamps
    self.usesColour = usesColour
    self.columns = columns
    widths = columns.map(Self.firstWidth)
  }

  /// Returns the lines of some events.
  ///
  /// - Parameters:
  ///   - events: the events.
  ///   - rows: which of them, by index.
  ///   - snapshot: the events' sockets, as `Snapshot(events:of:)` makes it of all of the events.
  package mutating func render(_ events: [SocketEvent], rows: [UInt32], of snapshot: Snapshot) -> [UInt8] {
    let cells = CellWriter(snapshot: snapshot, names: names)
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * 160)
    for row in rows { append(events[Int(row)], Int(row), cells, to: &output) }
    return output
  }

  private mutating func append(_ event: SocketEvent, _ row: Int, _ cells: CellWriter, to output: inout [UInt8]) {
    timestamps.append(event.time, to: &output)
    output.append(ASCII.blank)
    append(Array(event.kind.mark.utf8), event.kind.colour, to: &output)
    output.append(ASCII.blank)
    guard event.kind != .missed else { return appendMissed(event, to: &output) }
    let record = cells.snapshot.records[row]
    for (place, field) in columns.enumerated() {
      if place > 0 { output.append(blanks: 2) }
      let start = output.count
      let width =
        switch field {
        case .state: appendStateChange(event, to: &output)
        case .owners: appendOwners(row, record, cells, to: &output)
        default: cells.append(field, record, row: row, to: &output)
        }
      widths[place] = max(widths[place], min(width, Self.widestColumn))
      let padding = repeatElement(ASCII.blank, count: widths[place] - min(width, widths[place]))
      output.insert(contentsOf: padding, at: field.isRightAligned ? start : output.count)
    }
    if hasFigures { appendFigures(event, row, cells, to: &output) }
    while output.last == ASCII.blank { output.removeLast() }
    output.append(ASCII.newline)
  }

  /// Appends what has no column: another namespace, the age and the bytes, where they are known.
  private func appendFigures(_ event: SocketEvent, _ row: Int, _ cells: CellWriter, to output: inout [UInt8]) {
    if !columns.contains(.netns), let text = event.namespaceText(row, cells) { output.append(ascii: "  \(text)") }
    if event.kind != .opened, let age = event.age { output.append(ascii: "  age \(Self.duration(age))") }
    if let sent = event.bytesSent { output.append(ascii: "  sent \(sent)") }
    if let received = event.bytesReceived { output.append(ascii: "  received \(received)") }
  }

  private func appendMissed(_ event: SocketEvent, to output: inout [UInt8]) {
    output.append(ascii: event.missed.map { "missed \($0) event\($0 == 1 ? "" : "s")" } ?? "missed events")
    output.append(ascii: " (\(event.source.rawValue))\n")
  }

  /// Appends the states before and after an event, and returns their width in columns.
  private func appendStateChange(_ event: SocketEvent, to output: inout [UInt8]) -> Int {
    let from = event.from?.name ?? (event.kind == .opened ? "new" : "-")
    let to = event.to?.name ?? (event.kind == .closed ? "gone" : "-")
    append(Array(from.utf8), event.from.map { Colour($0) } ?? .plain, to: &output)
    output.append(ascii: " -> ")
    append(Array(to.utf8), event.to.map { Colour($0) } ?? .plain, to: &output)
    return from.utf8.count + 4 + to.utf8.count
  }

  /// Appends the owners and how they were found, and returns their width in columns.
  private func appendOwners(
    _ row: Int, _ record: SocketRecord, _ cells: CellWriter, to output: inout [UInt8]
  ) -> Int {
    let width = cells.append(.owners, record, row: row, to: &output)
    guard let attribution = cells.snapshot.attribution(at: row), attribution != .descriptor else { return width }
    output.append(ascii: " (\(attribution.name))")
    return width + attribution.name.utf8.count + 3
  }

  private func append(_ text: [UInt8], _ colour: Colour, to output: inout [UInt8]) {
    let isPainted = usesColour && colour != .plain
    if isPainted { output.append(ascii: colour.start) }
    output.append(contentsOf: text)
    if isPainted { output.append(ascii: Colour.end) }
  }

  /// A duration for people: `27us`, `3.2ms`, `1.234s`, `1m02s`, `3h05m`.
  package static func duration(_ microseconds: UInt64) -> String {
    func decimals(_ number: UInt64, _ digits: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    let milliseconds = microseconds / 1000
    let seconds = milliseconds / 1000
    switch seconds {
    case 0 where milliseconds == 0: return "\(microseconds)us"
    case 0: return "\(milliseconds).\(microseconds % 1000 / 100)ms"
    case ..<60: return "\(seconds).\(decimals(milliseconds % 1000, 3))s"
    case ..<3600: return "\(seconds / 60)m\(decimals(seconds % 60, 2))s"
    default: return "\(seconds / 3600)h\(decimals(seconds / 60 % 60, 2))m"
    }
  }
}

extension SocketEvent {
  /// The other network namespace that the socket is, or may be, in: `netns blue`, `netns
  /// 4026532248`, `netns ?`; `nil` when it is in the own one.
  ///
  /// The tracepoint reports events of the whole machine, but not the namespace of the socket.
  ///
  /// - Parameters:
  ///   - row: the row of the event.
  ///   - cells: the cells of a snapshot of events.
  package func namespaceText(_ row: Int, _ cells: CellWriter) -> String? {
    guard kind != .missed, let own = cells.snapshot.meta.netns else { return nil }
    if let namespace = record.networkNamespace {
      if namespace == own { return nil }
      var text = Array("netns ".utf8)
      _ = cells.append(.netns, cells.snapshot.records[row], row: row, to: &text)
      return String(decoding: text, as: UTF8.self)
    }
    return scope == .other || scope == .unknown && source == .tracepoint ? "netns ?" : nil
  }

  /// Whether its socket is in a network namespace other than the watched one; `nil` when that is
  /// not known.
  package var isElsewhere: Bool? {
    switch scope {
    case .watched, .likelyWatched: false
    case .other: true
    case .unknown: nil
    }
  }
}

extension SocketEvent.Kind {
  /// The sign at the beginning of a line: `+`, `~`, `-`, and `!` for missed events.
  package var mark: String {
    switch self {
    case .opened: "+"
    case .changed: "~"
    case .closed: "-"
    case .missed: "!"
    }
  }

  /// The colour of the sign.
  package var colour: Colour {
    switch self {
    case .opened: .good
    case .changed: .passing
    case .closed, .missed: .attention
    }
  }
}
