/// The sockets of the NFS server: `/proc/fs/nfsd/portlist`, a line for each with its transport and
/// port, such as `tcp 2049` (`svc_xprt_names`, `net/sunrpc/svc_xprt.c`).
package struct NFSPortList: Sendable, Hashable {
  /// The ports of TCP.
  package private(set) var tcp: Set<UInt16> = []
  /// The ports of UDP.
  package private(set) var udp: Set<UInt16> = []

  /// Parses the file's content. Lines of other transports (`rdma`), or of another form, are skipped.
  package init(parsing bytes: Span<UInt8>) {
    var cursor = LineCursor(at: 0, isCut: false)
    while cursor.position < bytes.count {
      let isTCP = cursor.take(UInt8(ascii: "t"), bytes)
      let isNamed =
        isTCP
        ? cursor.take(UInt8(ascii: "c"), bytes)
        : cursor.take(UInt8(ascii: "u"), bytes) && cursor.take(UInt8(ascii: "d"), bytes)
      if isNamed, cursor.take(UInt8(ascii: "p"), bytes), cursor.take(UInt8(ascii: " "), bytes),
        let number = cursor.decimal(bytes), let port = UInt16(exactly: number), port != 0
      {
        if isTCP { tcp.insert(port) } else { udp.insert(port) }
      }
      while cursor.position < bytes.count, bytes[cursor.position] != UInt8(ascii: "\n") { cursor.position += 1 }
      cursor.position += 1
    }
  }
}
