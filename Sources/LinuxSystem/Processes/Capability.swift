import CLinux

/// A privilege of `capabilities(7)`, which the kernel tests independently of the user.
package enum Capability: Int32, Sendable {
  /// To bind to ports below `net.ipv4.ip_unprivileged_port_start`; the corresponding C constant is
  /// `CAP_NET_BIND_SERVICE`.
  case netBindService = 10
  /// To administer the network; the corresponding C constant is `CAP_NET_ADMIN`.
  case netAdmin = 12
  /// To administer the system, which includes entering a network namespace; the corresponding C
  /// constant is `CAP_SYS_ADMIN`.
  case sysAdmin = 21
  /// To look into any process, its descriptors included; the corresponding C constant is
  /// `CAP_SYS_PTRACE`.
  case sysPtrace = 19

  /// Whether the calling thread has it now; false where the kernel does not report it.
  package var isHeld: Bool { sockinspect_has_capability(rawValue) != 0 }
}
