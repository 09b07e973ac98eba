import CLinux

/// A right of `capabilities(7)` that the kernel tests apart from the user.
package enum Capability: Int32, Sendable {
  /// To administer the network; the corresponding C constant is `CAP_NET_ADMIN`.
  case netAdmin = 12
  /// To administer the system, which entering a network namespace takes; the corresponding C
  /// constant is `CAP_SYS_ADMIN`.
  case sysAdmin = 21

  /// Whether the calling thread has it now; false where the kernel does not say.
  package var isHeld: Bool { sockinspect_has_capability(rawValue) != 0 }
}
