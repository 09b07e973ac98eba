import Foundation
import Query
import TestSupport
import Testing
import Text

@testable import LiveView
@testable import Rendering
@testable import SocketModel

/// A live view with made-up sockets.
struct LiveScene {
  var model: LiveModel
  /// The sockets, as the watcher would have them.
  var sockets: [UInt64: TrackedSocket] = [:]
  var terminal: TestTerminal
  private var lastID: UInt64 = 0

  /// 2026-01-31 10:00:00 UTC.
  static let start = Timestamp(seconds: 1_769_853_600, nanoseconds: 0)

  /// Makes a view of a size, without any data yet.
  init(
    _ columns: Int, _ rows: Int, usesColour: Bool = true, isASCII: Bool = false,
    transports: Set<Transport> = [.tcp, .udp], isReplay: Bool = false, selection: String = "",
    mayClose: Bool = true, coversAllNamespaces: Bool = false
  ) {
    var settings = LiveSettings(transports: transports)
    settings.isReplay = isReplay
    settings.coversAllNamespaces = coversAllNamespaces
    settings.mayCloseSockets = mayClose
    settings.selection = selection
    settings.order = SortOrder(keys: [.init(field: .localPort, isDescending: false)])
    for state in SocketState.allCases {
      settings.meanings[state] = LabelledText(
        title: state.name.uppercased(), summary: "what there is to say of it")
    }
    model = LiveModel(
      settings,
      canvas: LiveCanvas(columns: columns, rows: rows, usesColour: usesColour, isASCII: isASCII), at: Self.start)
    terminal = TestTerminal(columns: columns, rows: rows)
  }

  /// Makes a socket, which by default existed when watching began, and returns its number.
  @discardableResult
  mutating func add(
    _ state: SocketState, _ local: UInt16, _ remote: UInt16? = nil, _ transport: Transport = .tcp,
    owner: EventOwner? = nil, appeared: Timestamp? = nil
  ) -> UInt64 {
    lastID += 1
    var record = SocketRecord(transport: transport, family: transport == .unix ? .unix : .ipv4, state: state)
    record.known = [.receiveQueue, .sendQueue, .cookie, .inode]
    record.cookie = 0x1000 + lastID
    record.inode = 5000 + lastID
    if transport != .unix {
      record.localBits = 0x7F00_0001
      record.localPort = local
      if let remote {
        record.remoteBits = 0x7F00_0001
        record.remotePort = remote
      }
    }
    var socket = TrackedSocket(id: lastID, record: record, at: appeared ?? Self.start, wasThere: appeared == nil)
    socket.scope = .watched
    if let owner {
      socket.owners = [owner]
      socket.attribution = .descriptor
    }
    sockets[lastID] = socket
    return lastID
  }

  static func owner(_ name: String, _ pid: Int32, _ descriptor: Int32 = 3, started: UInt64? = 77) -> EventOwner {
    var owner = EventOwner(pid: pid, name: Array(name.utf8))
    owner.descriptor = descriptor
    owner.startTime = started
    return owner
  }

  /// Makes the event of a socket's beginning, change or end, and applies it to the socket.
  mutating func event(_ kind: SocketEvent.Kind, _ id: UInt64, to state: SocketState? = nil, at time: Timestamp)
    -> SocketEvent
  {
    guard var socket = sockets[id] else { return SocketEvent(.missed, at: time, source: .difference, record: .none) }
    var event = SocketEvent(kind, at: time, source: .difference, record: socket.record)
    event.socketID = id
    event.from = kind == .opened ? nil : socket.record.state
    event.to = state ?? (kind == .opened ? socket.record.state : nil)
    event.scope = socket.scope
    event.owners = socket.owners
    event.age = socket.wasThere ? nil : 1_500_000
    if let state {
      socket.record.state = state
      socket.history.append(.init(state, since: time))
    }
    if kind == .closed { socket.closed = time }
    event.record = socket.record
    sockets[id] = socket
    return event
  }

  /// Gives the view the current sockets.
  @discardableResult
  mutating func read(_ events: [SocketEvent] = [], at seconds: Double = 0) -> [LiveEffect] {
    let time = Self.moment(seconds)
    var effects = model.update(.tick(time))
    var data = LiveData(sockets: sockets, events: events, at: time)
    data.sources = [
      EventSourceStatus(.tracepoint, obstacle: "it takes root or CAP_PERFMON"), EventSourceStatus(.destroyNotice),
      EventSourceStatus(.difference),
    ]
    effects += model.update(.data(data))
    return effects
  }

  /// A moment some seconds after the start.
  static func moment(_ seconds: Double) -> Timestamp {
    Timestamp(
      seconds: start.seconds + Int64(seconds),
      nanoseconds: Int32((seconds - seconds.rounded(.down)) * 1_000_000_000))
  }

  /// Presses keys; the bytes are what a terminal sends.
  @discardableResult
  mutating func press(_ text: String) -> [LiveEffect] {
    var decoder = KeyDecoder()
    return (decoder.decode(Array(text.utf8)) + decoder.timeOut()).flatMap { model.update(.key($0)) }
  }

  /// The effects of opening the details of a socket.
  func opening(_ id: UInt64, asksForPort: Bool = false) -> [LiveEffect] {
    let record = sockets[id]?.record
    return [.look(socket: id), .lookUpLocalNames([record].compactMap(\.self))]
      + (asksForPort ? [.inquire(socket: id)] : [])
  }

  /// Draws, and returns what the terminal then shows, line by line without trailing blanks.
  mutating func screen() -> [String] {
    terminal.resize(model.canvas.columns, model.canvas.rows)
    terminal.take(model.frame())
    return terminal.lines
  }

  /// The visible rows of the table.
  mutating func rows() -> [String] {
    let lines = screen()
    guard let head = lines.firstIndex(where: { $0.contains("LOCAL") }),
      let rule = lines.firstIndex(where: { $0.hasPrefix("─") || $0.hasPrefix("-") && !$0.hasPrefix("- ") })
    else { return [] }
    return lines[(head + 1)..<rule].filter { !$0.isEmpty }
  }

  /// The line with the messages and questions.
  mutating func rule() -> String { screen().first { $0.hasPrefix("─") } ?? "" }
}

extension SocketRecord {
  static let none = SocketRecord(transport: .tcp, family: .ipv4, state: .close)
}

/// As much of a terminal as the live view needs; it notes what a real one would not handle.
struct TestTerminal {
  private(set) var cells: [[String]]
  private(set) var columns: Int
  private(set) var rows: Int
  private(set) var showsCursor = true
  private(set) var cursor = (row: 0, column: 0)
  /// What must not happen: writing beyond the edge, unknown sequences.
  private(set) var faults: [String] = []

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  /// What it shows, without blanks at the ends of lines.
  var lines: [String] {
    cells.map { line in
      var text = line.joined()
      while text.last == " " { text.removeLast() }
      return text
    }
  }

  /// Takes another size; the content is undefined then.
  mutating func resize(_ columns: Int, _ rows: Int) {
    guard (columns, rows) != (self.columns, self.rows) else { return }
    let faults = faults
    self = TestTerminal(columns: columns, rows: rows)
    self.faults = faults
    for row in cells.indices { cells[row] = Array(repeating: "?", count: columns) }
  }

  /// Interprets the bytes.
  mutating func take(_ bytes: [UInt8]) {
    var rest = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if scalar.value == 0x1B {
        guard rest.popFirst() == "[" else { return faults.append("an escape sequence other than CSI") }
        var parameters = ""
        while let next = rest.first, (0x30...0x3F).contains(next.value) {
          parameters.unicodeScalars.append(next)
          rest.removeFirst()
        }
        control(rest.popFirst() ?? " ", parameters)
      } else {
        put(scalar)
      }
    }
  }

  private mutating func control(_ final: Unicode.Scalar, _ parameters: String) {
    switch (final, parameters) {
    case ("H", _):
      let numbers = parameters.split(separator: ";").compactMap { Int($0) }
      cursor = ((numbers.first ?? 1) - 1, (numbers.count > 1 ? numbers[1] : 1) - 1)
    case ("J", "2"): cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    case ("K", ""):
      guard cursor.column < columns else { return faults.append("cleared at the right edge") }
      for column in cursor.column..<columns { cells[cursor.row][column] = " " }
    case ("m", _): break
    case ("h", "?25"): showsCursor = true
    case ("l", "?25"): showsCursor = false
    case ("h", "?2026"), ("l", "?2026"): break
    default: faults.append("unknown sequence \(parameters)\(final)")
    }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    guard scalar.value >= 0x20, scalar.value != 0x7F, !(0x80..<0xA0).contains(scalar.value) else {
      return faults.append("control character \(scalar.value)")
    }
    let width = TextWidth.columns(of: scalar)
    guard cursor.row < rows, cursor.column + width <= columns else {
      return faults.append("wrote beyond the edge: \(scalar) at \(cursor)")
    }
    if width == 0 {
      if cursor.column > 0 { cells[cursor.row][cursor.column - 1].unicodeScalars.append(scalar) }
      return
    }
    cells[cursor.row][cursor.column] = String(scalar)
    if width == 2 { cells[cursor.row][cursor.column + 1] = "" }
    cursor.column += width
  }
}

/// Golden files of raw frames. An escape character is written as `␛`, and each line of the screen
/// begins a line.
enum GoldenFrame {
  static func text(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.replacing("\u{1B}", with: "␛").replacing(#/␛\[\d+;1H/#) { "\n\($0.output)" } + "\n"
  }

  static func expect(_ bytes: [UInt8], matches name: String) throws {
    let path = Repository.root.appendingPathComponent("Tests/LiveViewTests/Golden/\(name).txt")
    let text = text(bytes)
    if ProcessInfo.processInfo.environment["SOCKINSPECT_UPDATE_GOLDEN"] == "1" {
      try text.write(to: path, atomically: true, encoding: .utf8)
      Issue.record("wrote \(name); run again without SOCKINSPECT_UPDATE_GOLDEN")
      return
    }
    let golden = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    let difference = zip(text.split(separator: "\n"), golden.split(separator: "\n")).first { $0 != $1 }
    #expect(
      text == golden, "\(name) differs; is \(difference?.0 ?? "of another length"), golden \(difference?.1 ?? "")")
  }
}
