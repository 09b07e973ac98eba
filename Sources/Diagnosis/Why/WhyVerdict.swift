/// What is the matter with a port, in one word: the member `verdict` of the JSON of `why`.
package enum WhyVerdict: String, CaseIterable, Sendable, Hashable {
  /// Nothing has it.
  case free
  /// Nothing has it, but the kernel may give it to an outgoing connection.
  case freeButEphemeral = "free-but-ephemeral"
  /// A server has it.
  case listener
  /// A server of the other family than that of the address in question has it.
  case listenerOtherFamily = "listener-other-family"
  /// Several servers share it.
  case sharedReusePort = "shared-reuseport"
  /// A socket is bound to it, and neither listens nor is connected.
  case boundIdle = "bound-idle"
  /// What has the listening socket open got it from a server that ended.
  case inheritedListener = "inherited-listener"
  /// The server is gone, and connections that it accepted still exist.
  case leftoverConnections = "leftover-connections"
  /// Only what is left of finished connections has it.
  case timeWait = "time-wait"
  /// A connection to elsewhere has it.
  case outgoingConnection = "outgoing-connection"
  /// Nothing has it here, and a server has it in another network namespace.
  case otherNamespace = "other-namespace"
  /// The proxy of a container runtime has it.
  case publishedByDocker = "published-by-docker"
  /// systemd has it for a service that it starts on demand.
  case socketUnit = "socket-unit"
  /// No socket has it, but a rule sends its connections elsewhere.
  case dnatOnly = "dnat-only"
  /// The kernel has it for itself.
  case kernelSocket = "kernel-socket"
  /// No descriptor of a process refers to the socket that has it.
  case hiddenOwner = "hidden-owner"
  /// Nothing has it, and this user may not bind to it.
  case notPermitted = "not-permitted"
  /// The address is not one of the machine's.
  case noSuchAddress = "no-such-address"
  /// What could not be seen would decide.
  case unknown

  /// Whether a socket could have the port; `nil` when that is unknown.
  package var isFree: Bool? {
    switch self {
    case .free, .freeButEphemeral, .otherNamespace, .dnatOnly: true
    case .unknown: nil
    default: false
    }
  }
}
