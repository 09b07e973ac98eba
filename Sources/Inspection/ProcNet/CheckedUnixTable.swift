package import KernelFormats
package import LinuxSystem
import SocketModel

extension ProcRoot {
  /// The running kernel's table of unix sockets, without lines that only imitate a row; `nil` when
  /// sock_diag does not report unix sockets.
  ///
  /// sock_diag is asked before and after the table is read. A socket that existed only in between
  /// cannot be distinguished from a name that imitates a row, so if there is one the whole check is
  /// repeated, at most twice.
  package func checkedUnixTable() throws(SystemError) -> UnixNameCheck.Table? {
    // sock_diag answers for this process's own network namespace.
    guard shape == .live, hasOwnInterfaces else { return nil }
    var result: UnixNameCheck.Table?
    for _ in 0..<3 {
      var check = UnixNameCheck()
      guard Self.addUnixNames(to: &check) else { return nil }
      var bytes: [UInt8] = []
      try openTable(ProcNetTable.unix.rawValue).readAll(
        into: &bytes, limit: Self.longestUnixTable, subject: "net/unix")
      guard Self.addUnixNames(to: &check) else { return nil }
      let table = check.checked(bytes.span)
      if table.omittedLines <= result?.omittedLines ?? .max { result = table }
      if table.omittedLines == 0 { break }
    }
    return result
  }

  /// The most bytes that are read of the table: some ten million sockets.
  private static let longestUnixTable = 1 << 30

  private static func addUnixNames(to check: inout UnixNameCheck) -> Bool {
    var request = InspectionRequest()
    request.transports = [.unix]
    request.requiredDetails = []
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    let errors = SockDiagSource.read(SockDiagDump.all(of: .unix, families: []), request: request, into: &snapshot)
    guard errors.isEmpty else { return false }
    check.add(snapshot)
    return true
  }
}
