internal import Rendering
internal import SocketModel
internal import Text

/// The transport and the ends of a socket, safe to show.
struct LiveSubject: Sendable {
  private let transport: String
  private let local: [UInt8]
  private let peer: [UInt8]?

  /// The columns in which an end can be recognised: `[2001:…:7334]:40001`.
  private static let leastEnd = 20

  /// - Parameter context: what is known besides sockets, such as the names of interfaces.
  init(_ socket: TrackedSocket, of context: Snapshot) {
    let snapshot = Snapshot(sockets: [socket], of: context)
    let cells = CellWriter(snapshot: snapshot, names: ShownNames())
    func end(_ field: Field) -> [UInt8] {
      var text: [UInt8] = []
      _ = cells.append(field, snapshot.records[0], row: 0, to: &text)
      return text
    }
    transport = socket.record.transport.name
    local = end(.local)
    peer = socket.record.hasPeer ? end(.peer) : nil
  }

  /// Both in so many columns: the ends lose their middle, never a port while there is room for
  /// one.
  func text(columns limit: Int, isASCII: Bool) -> String {
    let cut = TextCut(isASCII: isASCII)
    let limits = limits(columns: limit)
    func shown(_ end: [UInt8], _ limit: Int) -> String {
      let isWhole = TextWidth.columns(end[...]) <= limit
      return String(decoding: isWhole ? end : cut.address(end[...], to: max(0, limit)), as: UTF8.self)
    }
    return "\(transport) \(shown(local, limits.local))" + (peer.map { " > \(shown($0, limits.peer))" } ?? "")
  }

  /// Whether each end is whole or can be recognised in so many columns.
  func fits(columns limit: Int) -> Bool {
    let limits = limits(columns: limit)
    func fits(_ end: [UInt8], _ limit: Int) -> Bool { min(TextWidth.columns(end[...]), Self.leastEnd) <= limit }
    return fits(local, limits.local) && fits(peer ?? [], limits.peer)
  }

  /// How many columns each end gets: a short one what it needs, and a long one the rest.
  private func limits(columns limit: Int) -> (local: Int, peer: Int) {
    let room = limit - transport.utf8.count - 1
    guard let peer else { return (room, 0) }
    let ends = room - 3
    let (first, second) = (TextWidth.columns(local[...]), TextWidth.columns(peer[...]))
    let half = ends / 2
    if first <= half { return (first, ends - first) }
    return second <= ends - half ? (ends - second, second) : (half, ends - half)
  }
}
