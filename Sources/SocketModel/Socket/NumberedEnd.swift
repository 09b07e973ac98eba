/// An end that two numbers of 32 bits name: CID and port of a vsock socket, node and port of a TIPC
/// socket.
public struct NumberedEnd: Sendable, Hashable, CustomStringConvertible {
  /// Which machine: the context identifier (CID) of vsock, the node of TIPC.
  public var host: UInt32
  /// Which socket there.
  public var port: UInt32

  /// Makes an end from its numbers.
  public init(host: UInt32, port: UInt32) {
    self.host = host
    self.port = port
  }

  /// The number that stands for "any": `VMADDR_CID_ANY` and `VMADDR_PORT_ANY`
  /// (`include/uapi/linux/vm_sockets.h`).
  public static let any = UInt32.max

  /// The end as it is kept in ``SocketRecord/localBits`` and ``SocketRecord/remoteBits``; never 0,
  /// which stands for no end.
  package var bits: UInt128 { 1 << 64 | UInt128(host) << 32 | UInt128(port) }

  /// Makes an end from what a record keeps; `nil` for none.
  package init?(bits: UInt128) {
    guard bits >> 64 == 1 else { return nil }
    self.init(host: UInt32(truncatingIfNeeded: bits >> 32), port: UInt32(truncatingIfNeeded: bits))
  }

  /// Both numbers, `2:1024`; `*` stands for any.
  public var description: String { "\(Self.text(host)):\(Self.text(port))" }

  private static func text(_ number: UInt32) -> String { number == any ? "*" : String(number) }
}

extension SocketRecord {
  /// The local end of a vsock or TIPC socket; `nil` for others, and where it is not known.
  public var numberedLocal: NumberedEnd? { hasNumberedEnds ? NumberedEnd(bits: localBits) : nil }

  /// The remote end of a vsock or TIPC socket; `nil` for others, and without a peer.
  public var numberedPeer: NumberedEnd? { hasNumberedEnds ? NumberedEnd(bits: remoteBits) : nil }

  /// Whether its ends are of two numbers.
  public var hasNumberedEnds: Bool { transport == .vsock || transport == .tipc }

  /// The queue of the interface that an xdp socket is bound to; `nil` for others, and while it is
  /// bound to none.
  public var interfaceQueue: UInt32? {
    transport == .xdp && known.contains(.interface) && interface != 0 ? UInt32(truncatingIfNeeded: localBits) : nil
  }
}
