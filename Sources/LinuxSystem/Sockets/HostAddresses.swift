import CLinux
import Glibc

extension HostNames {
  /// Why a name has no address.
  package struct LookupError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name.
    package let name: String
    /// The C library's text, such as `Name or service not known`.
    package let reason: String
    /// Both in one line.
    package var description: String { "\(name): \(reason)" }
  }

  /// Returns the addresses of a host name or of an address as text, in the resolver's order, with a
  /// port. The C function is `getaddrinfo`; it blocks.
  ///
  /// - Parameters:
  ///   - name: a name, `127.0.0.1`, `::1` or `fe80::1%eth0`.
  ///   - port: the port that the addresses get.
  ///   - family: `AF_INET` or `AF_INET6` for addresses of one family only; `AF_UNSPEC` for both.
  package static func addresses(
    of name: String, port: UInt16, family: Int32 = 0
  ) throws(LookupError) -> [SocketAddress] {
    guard NameServices.areInLibrary else {
      return try GetentHosts.system.addresses(of: name, port: port, family: family)
    }
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = family
    // One answer per address, not one for each type of socket.
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>? = nil
    let code = unsafe getaddrinfo(name, nil, &hints, &list)
    guard code == 0 else {
      let reason = unsafe code == EAI_SYSTEM ? SystemError("getaddrinfo").reason : String(cString: gai_strerror(code))
      throw LookupError(name: name, reason: reason)
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      if let pointer = unsafe entry.pointee.ai_addr {
        let raw = unsafe UnsafeRawBufferPointer(start: pointer, count: Int(entry.pointee.ai_addrlen))
        let address = unsafe SocketAddress(bytes: Array(raw)).with(port: port)
        if address.port != nil, !addresses.contains(address) { addresses.append(address) }
      }
      unsafe next = entry.pointee.ai_next
    }
    return addresses
  }
}
