import Rendering
internal import SocketModel
internal import Text

/// The words of `netstat`, and how it shows text that processes and users chose.
///
/// Versions after 2.10 mask what is not printable ASCII in the name of a program (CVE-2024-58251:
/// it could move the cursor of root's terminal); so does this one. All versions print every byte of
/// a unix path up to the first blank. Here a path may contain any UTF-8, but what a terminal would
/// interpret or hide is masked in the same way.
enum NetstatText {
  /// The replacement for a byte or character that is not shown.
  static let mask: UInt8 = ASCII.period

  /// The first column, including the blank after it.
  static func name(of transport: Transport, _ family: AddressFamily) -> String {
    let name = (transport.description.netstatName ?? transport.name) + (family == .ipv4 ? "" : "6")
    return name + String(repeating: " ", count: max(1, 6 - name.utf8.count))
  }

  /// The name of a TCP state.
  static func name(of state: SocketState) -> String {
    switch state {
    case .established: "ESTABLISHED"
    case .synSent: "SYN_SENT"
    case .synRecv: "SYN_RECV"
    case .finWait1: "FIN_WAIT1"
    case .finWait2: "FIN_WAIT2"
    case .timeWait: "TIME_WAIT"
    case .close: "CLOSE"
    case .closeWait: "CLOSE_WAIT"
    case .lastAck: "LAST_ACK"
    case .listen: "LISTEN"
    case .closing: "CLOSING"
    default: ""
    }
  }

  /// The name of a unix socket's state.
  static func unixName(of state: SocketState) -> String {
    switch state {
    case .listen: "LISTENING"
    case .connecting: "CONNECTING"
    case .connected: "CONNECTED"
    case .disconnecting: "DISCONNECTING"
    default: ""
    }
  }

  static func name(of type: SocketType) -> String { type == .packet ? "UNKNOWN" : type.constantName }

  static func name(of timer: SocketTimer) -> String {
    switch timer {
    case .off: "off"
    case .retransmit: "on"
    case .keepalive: "keepalive"
    case .timeWait: "timewait"
    case .probe: "probe"
    case .delayedAck: "unkn-5"
    }
  }

  /// The cell of a process: its id and the last part of its first argument, 19 bytes in total.
  ///
  /// The original reads 511 bytes of the arguments, and takes the last part only of a name that
  /// begins with a slash.
  static func program(_ process: ProcessInfo) -> [UInt8] {
    var name = (process.arguments ?? []).prefix(511).prefix { $0 != 0 }
    if name.first == ASCII.slash, let slash = name.lastIndex(of: ASCII.slash) { name = name[(slash + 1)...] }
    var cell: [UInt8] = []
    cell.appendDecimal(Int(process.pid))
    cell.append(ASCII.slash)
    for byte in name.prefix(19) { cell.append((ASCII.blank..<ASCII.delete).contains(byte) ? byte : mask) }
    return Array(cell.prefix(19))
  }

  /// Appends the first word of a unix path, which is all that the original reads.
  static func appendPath(_ path: [UInt8], to output: inout [UInt8]) {
    let word = path.drop(while: isSpace).prefix { !isSpace($0) }
    var index = word.startIndex
    while index < word.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: word, at: index)
      let isSafe = scalar.map { $0.value < 0x80 ? (0x21..<0x7F).contains($0.value) : !Escaping.mustEscape($0) } ?? false
      if isSafe { output.append(contentsOf: word[index..<(index + length)]) } else { output.append(mask) }
      index += length
    }
  }

  /// Whether `scanf` ends a word at a byte.
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == ASCII.blank || (ASCII.tab...ASCII.carriageReturn).contains(byte)
  }
}
