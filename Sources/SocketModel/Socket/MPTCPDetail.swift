/// What sock_diag reports about Multipath TCP: of a connection (`struct mptcp_info`,
/// `include/uapi/linux/mptcp.h`), or of a TCP socket that is one of its subflows
/// (`MPTCP_SUBFLOW_ATTR_`, `net/mptcp/diag.c`).
public struct MPTCPDetail: Sendable, Hashable {
  /// The token that this end gave to the connection; the subflows have the one of their connection.
  public var token: UInt32?
  /// How many TCP connections carry the connection now; reported since Linux 6.5.
  public var subflows: UInt8?
  /// The `MPTCP_SUBFLOW_FLAG_` bits of a subflow.
  public var subflowFlags: UInt32?

  /// Makes a detail in which nothing is known.
  public init() {}

  /// The flags of a subflow in the letters of `ss`: of the peer and of this end `M` and `m` capable
  /// of MPTCP, `J` and `j` joined, `B` and `b` backup; `e` fully established, `c` connected, `v`
  /// with a valid mapping. `nil` where there is no flag.
  public var flagLetters: String? {
    guard let subflowFlags else { return nil }
    let letters = Array("MmJjBbecv")
    let text = String(letters.indices.filter { subflowFlags >> UInt32($0) & 1 != 0 }.map { letters[$0] })
    return text.isEmpty ? nil : text
  }
}
