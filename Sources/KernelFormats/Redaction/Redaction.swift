package import SocketModel

/// The substitutes in a capture that is to be shared: each address, user, name and argument has its
/// own, and each unit, container, pod and interface.
///
/// Within one capture an original always has the same substitute, so that what belongs together
/// still does. Substitutes are numbered in the order in which the originals are found and reveal
/// nothing about them: no part of an original is kept, nor is anything derived from it. Loopback
/// and unspecified addresses, ports, inodes, process ids, starts of processes in ticks since boot,
/// numbers of interfaces and control groups, states and root (uid 0) stay. Of everything else only what a listing reads is kept: no memory
/// address of the kernel or a process, and not the boot time.
package struct Redaction: Sendable {
  /// The byte order of the tables.
  package let byteOrder: ByteOrder
  private var ipv4: [UInt32: UInt32] = [:]
  private var ipv6: [UInt128: UInt128] = [:]
  private var users: [UInt32: UInt32] = [:]
  private var machines: [UInt32: UInt32] = [:]
  private var nodes: [UInt32: UInt32] = [:]
  private var texts: [Kind: [[UInt8]: Int]] = [:]

  /// The kind of a text; each kind has its own numbers.
  package enum Kind: String {
    case process
    case program
    case argument
    case cgroup
    case hierarchy
    case path
    case name
    case unit
    case container
    case pod
    case workload
    case interface
  }

  /// Makes a redaction without substitutes yet, for tables with the given byte order.
  package init(byteOrder: ByteOrder) { self.byteOrder = byteOrder }

  /// The substitute of an address, in 10.0.0.0/8 or fd00::/64; the address itself when it is
  /// loopback or unspecified.
  package mutating func address(_ address: IPAddress) -> IPAddress {
    if address.isLoopback || address.isUnspecified { return address }
    if let inner = address.embeddedIPv4 {
      // 0.0.0.0 in its mapped form.
      if inner == 0 { return address }
      let substitute = substitute(ofIPv4: inner)
      return address.isIPv4
        ? IPAddress(ipv4: substitute) : IPAddress(ipv6: 0xFFFF_0000_0000 | UInt128(substitute))
    }
    if let known = ipv6[address.bits] { return IPAddress(ipv6: known) }
    let substitute: UInt128 = 0xFD00 << 112 | UInt128(ipv6.count + 1)
    ipv6[address.bits] = substitute
    return IPAddress(ipv6: substitute)
  }

  private mutating func substitute(ofIPv4 number: UInt32) -> UInt32 {
    if let known = ipv4[number] { return known }
    // There are 2^24 addresses; beyond them comes the next block, which no capture of this size
    // will reach.
    let substitute = 0x0A00_0000 &+ UInt32(truncatingIfNeeded: ipv4.count + 1)
    ipv4[number] = substitute
    return substitute
  }

  /// The substitute of a user id: a number from 1001 on; 0 stays.
  package mutating func user(_ uid: UInt32) -> UInt32 {
    if uid == 0 { return 0 }
    if let known = users[uid] { return known }
    let substitute = 1000 &+ UInt32(truncatingIfNeeded: users.count + 1)
    users[uid] = substitute
    return substitute
  }

  /// The substitute of the number of a virtual machine (a CID of vsock): a number from 3 on. Those
  /// that stand for the hypervisor, this machine, the host and for any stay.
  package mutating func machine(_ number: UInt32) -> UInt32 {
    if number < 3 || number == .max { return number }
    if let known = machines[number] { return known }
    let substitute = 3 &+ UInt32(truncatingIfNeeded: machines.count)
    machines[number] = substitute
    return substitute
  }

  /// The substitute of the number of a node of TIPC: a number from 1 on; 0 stays.
  package mutating func node(_ number: UInt32) -> UInt32 {
    if number == 0 { return 0 }
    if let known = nodes[number] { return known }
    let substitute = 1 &+ UInt32(truncatingIfNeeded: nodes.count)
    nodes[number] = substitute
    return substitute
  }

  /// The substitute of a text: the word of its kind and a number.
  package mutating func text(_ kind: Kind, _ bytes: [UInt8]) -> [UInt8] {
    let known = texts[kind, default: [:]]
    let number: Int
    if let found = known[bytes] {
      number = found
    } else {
      number = known.count + 1
      texts[kind, default: [:]][bytes] = number
    }
    return Array("\(kind.rawValue)\(number)".utf8)
  }

  /// The substitute of a process's name (`comm`), such as `process3`.
  package mutating func processName(_ name: [UInt8]) -> [UInt8] { text(.process, name) }

  /// The substitute of a program file's path, such as `/program3`. It still shows that the program
  /// was deleted.
  package mutating func program(_ path: [UInt8]) -> [UInt8] {
    let mark = Array(" (deleted)".utf8)
    let isDeleted = path.count > mark.count && path.suffix(mark.count).elementsEqual(mark)
    let original = isDeleted ? Array(path.dropLast(mark.count)) : path
    return [UInt8(ascii: "/")] + text(.program, original) + (isDeleted ? mark : [])
  }

  /// The substitute of a unix socket's name in the form of `/proc/net/unix`: `@name3` for an
  /// abstract one, `/path3` for a path.
  package mutating func unixName(_ name: [UInt8]) -> [UInt8] {
    name.first == UInt8(ascii: "@") ? [UInt8(ascii: "@")] + text(.name, name) : [UInt8(ascii: "/")] + text(.path, name)
  }
}
