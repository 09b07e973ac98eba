package import KernelFormats
package import LinuxSystem
package import SocketModel

/// Why a dump of sock_diag returned no sockets.
package enum SockDiagError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kernel has no dump for the transport or family, or no sock_diag at all; the number is its
  /// `errno`.
  ///
  /// The kernel reports it in two ways: with NLMSG_ERROR, or with a number in the payload of
  /// NLMSG_DONE when it looks for the handler only as the dump begins.
  case unsupported(SockDiagDump, code: Int32)
  /// There is no sock_diag to ask: its netlink socket cannot be opened, as in a sandbox, or on a
  /// kernel without it.
  case absent(SockDiagDump, SystemError)
  /// The kernel refused the dump for another reason, such as a lack of privilege.
  case refused(SockDiagDump, SystemError)
  /// A system call on the netlink socket failed.
  case failed(SockDiagDump, SystemError)
  /// None of the answers was for this request: so many in a row belonged to other requests that no
  /// end is in sight.
  case foreign(SockDiagDump)

  /// Which dump it was.
  package var dump: SockDiagDump {
    switch self {
    case .unsupported(let dump, _), .absent(let dump, _), .refused(let dump, _), .failed(let dump, _),
      .foreign(let dump):
      dump
    }
  }

  /// Whether the kernel merely does not know the transport or family, so that another source may.
  package var isUnsupported: Bool {
    if case .unsupported = self { return true }
    return false
  }

  /// The dump and the reason in one line.
  package var description: String {
    switch self {
    case .unsupported(let dump, let code):
      "sock_diag \(dump.name): not supported by this kernel (\(SystemError("dump", code: code).reason))"
    case .absent(_, let error): "sock_diag cannot be asked (\(error.description))"
    case .refused(let dump, let error), .failed(let dump, let error): "sock_diag \(dump.name): \(error.description)"
    case .foreign(let dump): "sock_diag \(dump.name): the answers belong to other requests"
    }
  }

  /// The reason, for a problem.
  package var failure: DumpFailure {
    switch self {
    case .unsupported(_, let code): .notSupported(reason: SystemError("dump", code: code).reason)
    case .absent(_, let error): .cannotBeAsked(CallFailure(error))
    case .refused(_, let error), .failed(_, let error): .failed(CallFailure(error))
    case .foreign: .foreignAnswers
    }
  }
}
