import TestSupport
import Testing

@testable import KernelFormats

@Suite("/proc/net/protocols", .timeLimited)
struct ProtocolTableTests {
  private static let text = """
    protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em
    MPTCPv6   2064      0       1   no       0   yes  kernel      y  n  y  y  n  y  n  y  y  y  y  y  n  n  y  y  y  n
    AF_VSOCK  1368     -1      -1   NI       0   no   vsock       n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n
    UDP-Lite  1216      3       0   NI       0   yes  kernel      y  y  y  n  y  y  y  n  y  y  y  y  n  n  y  y  y  n
    MPTCP     1936     12       1   no       0   yes  kernel      y  n  y  y  n  y  n  y  y  y  y  y  n  n  y  y  y  n

    """

  @Test("the sockets of each protocol are counted, by the kernel's name for it")
  func counts() {
    let bytes = Array(Self.text.utf8)
    let table = ProtocolTable(bytes.span)
    #expect(table.sockets(of: "MPTCP") == 12)
    #expect(table.sockets(of: "MPTCPv6") == 0)
    #expect(table.sockets(of: "UDP-Lite") == 3)
  }

  @Test("a protocol that is not listed, not counted, or in a line that is cut, is not known")
  func unknown() {
    let bytes = Array(Self.text.utf8)
    let table = ProtocolTable(bytes.span)
    #expect(table.sockets(of: "SMC") == nil && table.sockets(of: "AF_VSOCK") == nil)
    #expect(table.sockets(of: "protocol") == nil)
    let cut = Array("MPTCP     1936".utf8)
    let ofCutLine = ProtocolTable(cut.span)
    #expect(ofCutLine.sockets(of: "MPTCP") == nil)
    let nothing: [UInt8] = []
    let empty = ProtocolTable(nothing.span)
    #expect(empty.sockets(of: "MPTCP") == nil)
  }
}
