import CLinux
import Glibc

/// The network interfaces of the namespace that this process is in.
package enum Interfaces {
  /// The name of the interface with an index, such as `eth0`; `nil` when there is none. The C
  /// function is `if_indextoname`.
  ///
  /// A name may contain any bytes but blanks, `/` and `:`; see `String(raw:)`.
  package static func name(of index: UInt32) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { (buffer) -> String? in
      guard let base = buffer.baseAddress, let name = unsafe if_indextoname(index, base) else { return nil }
      return unsafe String(raw: Array(UnsafeRawBufferPointer(start: name, count: strlen(name))))
    }
  }

  /// The index of the interface with a name; `nil` when there is none. The C function is
  /// `if_nametoindex`.
  package static func index(of name: String) -> UInt32? {
    let index = unsafe name.withRawCString { unsafe if_nametoindex($0) }
    return index == 0 ? nil : index
  }

  /// The indices of all interfaces. The C function is `if_nameindex`.
  package static var indices: [UInt32] {
    guard let list = unsafe if_nameindex() else { return [] }
    defer { unsafe if_freenameindex(list) }
    var indices: [UInt32] = []
    // An entry with index 0 ends the list.
    while case let index = unsafe list[indices.count].if_index, index != 0 { indices.append(index) }
    return indices
  }

  /// The names of all interfaces by their indices.
  package static var names: [UInt32: [UInt8]] {
    var names: [UInt32: [UInt8]] = [:]
    for index in indices { names[index] = name(of: index)?.rawBytes }
    return names
  }

  /// Whether the loopback interface exists and is down, as in a new network namespace. The C
  /// request is `SIOCGIFFLAGS`.
  package static var isLoopbackDown: Bool { unsafe sockinspect_interface_is_up("lo") == 0 }
}
