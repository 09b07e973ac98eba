import Glibc
import KernelFormats
package import LinuxSystem
package import SocketModel

/// Closes a socket of the running kernel from outside, as `ss -K` does.
package enum SocketClosing {
  /// Why a socket was not closed.
  package enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is of a kind that cannot be closed this way, or the kernel did not report its cookie.
    case impossible
    /// The kernel refused.
    case refused(SystemError)

    /// What failed, in one line.
    package var description: String {
      switch self {
      case .impossible: "only TCP and UDP sockets can be closed, and only where the kernel reports their cookies"
      case .refused(let error):
        switch error.code {
        case EPERM: "closing another's socket takes CAP_NET_ADMIN: run it as root (\(error.reason))"
        case ENOENT: "the socket is gone already"
        case EOPNOTSUPP: "this kernel closes no sockets for others: it lacks CONFIG_INET_DIAG_DESTROY"
        default: error.description
        }
      }
    }
  }

  /// Asks the kernel to close exactly the socket of a record, identified by its cookie, in the
  /// network namespace of the calling thread.
  package static func close(_ record: SocketRecord) throws(Failure) {
    guard let request = SockDestroyRequest.encode(record, sequence: 1) else { throw .impossible }
    do throws(SystemError) {
      let socket = try NetlinkSocket.sockDiag(timeout: 5)
      try socket.send(request.span)
      var buffer: [UInt8] = Array(repeating: 0, count: 8192)
      for _ in 0..<SockDiagDumper.foreignLimit {
        let datagram = try socket.receive(into: &buffer)
        guard datagram.sender == 0 else { continue }
        let answer = buffer.span.extracting(0..<min(datagram.count, buffer.count))
        if let code = SockDestroyRequest.answer(answer, sequence: 1, port: socket.port) {
          if code != 0 { throw SystemError("SOCK_DESTROY", code: code) }
          return
        }
      }
      throw SystemError("SOCK_DESTROY", code: EPROTO)
    } catch {
      throw .refused(error)
    }
  }
}
