import KernelFormats
import LinuxSystem
package import SocketModel

extension ProcRoot {
  /// The addresses of the network namespace that the tables are of, from `fib_trie` and `if_inet6`;
  /// a capture that lacks these files does not say.
  ///
  /// - Parameter isIPv4: the family whose addresses are read.
  package func localAddresses(isIPv4: Bool) -> LocalAddresses {
    guard shape == .live || shape == .tree, absence == nil else { return LocalAddresses() }
    let limit = 64 << 20
    if isIPv4 {
      return LocalAddresses(ipv4: (try? readTable("fib_trie", limit: limit)).map { FIBTrie.localPrefixes($0.span) })
    }
    return LocalAddresses(ipv6: (try? readTable("if_inet6", limit: limit)).map { IfInet6.addresses($0.span) })
  }
}
