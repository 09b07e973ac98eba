/// An error that a call of the socket interface fails with. The raw value is its C name.
package enum SocketError: String, CaseIterable, Sendable, Hashable {
  case accessDenied = "EACCES"
  case addressInUse = "EADDRINUSE"
  case addressNotAvailable = "EADDRNOTAVAIL"
  case familyNotSupported = "EAFNOSUPPORT"
  case wouldBlock = "EAGAIN"
  case badDescriptor = "EBADF"
  case connectionAborted = "ECONNABORTED"
  case connectionRefused = "ECONNREFUSED"
  case connectionReset = "ECONNRESET"
  case hostUnreachable = "EHOSTUNREACH"
  case inProgress = "EINPROGRESS"
  case interrupted = "EINTR"
  case invalidArgument = "EINVAL"
  case isConnected = "EISCONN"
  case descriptorLimit = "EMFILE"
  case messageTooLong = "EMSGSIZE"
  case networkDown = "ENETDOWN"
  case networkUnreachable = "ENETUNREACH"
  case fileTableFull = "ENFILE"
  case noBuffers = "ENOBUFS"
  case notConnected = "ENOTCONN"
  case notPermitted = "EPERM"
  case brokenPipe = "EPIPE"
  case timedOut = "ETIMEDOUT"

  /// The C library's message, which most programs print.
  package var message: String {
    switch self {
    case .accessDenied: "Permission denied"
    case .addressInUse: "Address already in use"
    case .addressNotAvailable: "Cannot assign requested address"
    case .familyNotSupported: "Address family not supported by protocol"
    case .wouldBlock: "Resource temporarily unavailable"
    case .badDescriptor: "Bad file descriptor"
    case .connectionAborted: "Software caused connection abort"
    case .connectionRefused: "Connection refused"
    case .connectionReset: "Connection reset by peer"
    case .hostUnreachable: "No route to host"
    case .inProgress: "Operation now in progress"
    case .interrupted: "Interrupted system call"
    case .invalidArgument: "Invalid argument"
    case .isConnected: "Transport endpoint is already connected"
    case .descriptorLimit: "Too many open files"
    case .messageTooLong: "Message too long"
    case .networkDown: "Network is down"
    case .networkUnreachable: "Network is unreachable"
    case .fileTableFull: "Too many open files in system"
    case .noBuffers: "No buffer space available"
    case .notConnected: "Transport endpoint is not connected"
    case .notPermitted: "Operation not permitted"
    case .brokenPipe: "Broken pipe"
    case .timedOut: "Connection timed out"
    }
  }

  /// The error that a word means: its name, in any case, another name, or the C library's message.
  package init?(word: String) {
    let typed = word.lowercased()
    if typed == "ewouldblock" {
      self = .wouldBlock
    } else if typed == "connection reset" {
      self = .connectionReset
    } else if let error = Self.allCases.first(where: {
      $0.rawValue.lowercased() == typed || $0.message.lowercased() == typed
    }) {
      self = error
    } else {
      return nil
    }
  }

  /// The arguments of `sockinspect` that show its cause, each one command line for a shell; empty
  /// for some.
  var commands: [String] {
    switch self {
    case .addressInUse: ["--local-port 1234", "--local-port 1234 --state time_wait"]
    case .addressNotAvailable: ["--remote-port 1234 --count-by state,process"]
    case .wouldBlock: ["'send_queue > 0'", "'accept_queue >= accept_limit'"]
    case .connectionAborted: ["-tl 'accept_queue > 0'"]
    case .connectionRefused: ["-tl --port 1234", "-u --local-port 1234"]
    case .connectionReset: ["--port 1234 --columns +recv_queue,state", "--state close_wait"]
    case .hostUnreachable, .networkUnreachable: ["--state syn_sent"]
    case .inProgress: ["--state syn_sent"]
    case .isConnected: ["-u --state connected"]
    case .descriptorLimit: ["--count-by process,state", "--state close_wait --count-by process"]
    case .fileTableFull: ["-a --count-by process"]
    case .noBuffers: ["--memory --sort -wmem_queued --limit 10"]
    case .notConnected: ["--state close,bound_inactive,listen"]
    case .brokenPipe: ["--port 1234 --state close_wait"]
    case .timedOut: ["--state syn_sent", "'retransmits > 0' --timer", "'accept_queue >= accept_limit'"]
    case .accessDenied: ["-tl 'local_port < 1024'"]
    case .familyNotSupported: ["-6"]
    case .invalidArgument: ["--state bound_inactive"]
    case .badDescriptor, .interrupted, .messageTooLong, .networkDown, .notPermitted: []
    }
  }
}
