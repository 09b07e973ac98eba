import CLinux

/// A right of `capabilities(7)` that the kernel tests apart from the user.
public enum Capability: Int32, Sendable {
  /// To administer the network; the corresponding C constant is `CAP_NET_ADMIN`.
  case netAdmin = 12

  /// Whether the calling thread has it now. Where the kernel does not tell, it does not.
  public var isHeld: Bool { sockinspect_has_capability(rawValue) != 0 }
}
