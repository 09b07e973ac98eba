import KernelFormats
import LinuxSystem
package import SocketModel

extension CallFailure {
  /// A call that failed, as the evidence of a problem.
  init(_ error: SystemError) {
    self.init(call: error.call, subject: error.subject, code: error.code, reason: error.reason)
  }
}

extension ProcNetTable {
  /// What a problem of the table is about.
  package var subject: Problem.Subject { .table(transport, path: "net/\(rawValue)") }
}
