import Glibc
import Synchronization

/// Looks up names of addresses with the system's resolver (`/etc/hosts`, DNS ... according to
/// `nsswitch.conf`). A fully static program reads `/etc/hosts` and asks getent(1).
package enum HostNames {
  /// Looks up the names of addresses, given as 4 or 16 bytes in network order, until all are found
  /// or the time is over.
  ///
  /// The lookups run on separate threads. One that hangs is left behind when the time is over: it
  /// holds nothing but its own state, and ends with its lookup or with the process.
  ///
  /// - Parameters:
  ///   - addresses: the addresses to look up.
  ///   - milliseconds: how long to wait in total.
  ///   - threads: how many lookups run at a time.
  /// - Returns: the names found in time; addresses without a name are missing.
  package static func lookUp(
    _ addresses: [[UInt8]], milliseconds: Int, threads: Int = 16
  ) -> [[UInt8]: String] {
    guard !addresses.isEmpty, milliseconds > 0 else { return [:] }
    guard NameServices.areInLibrary else {
      return GetentHosts.system.names(of: addresses, milliseconds: milliseconds, threads: threads)
    }
    guard let pipe = try? WakeUp() else { return [:] }
    let lookups = Lookups(addresses: addresses, pipe: pipe)
    var started = 0
    for _ in 0..<min(threads, addresses.count) {
      if let handle = startThread({ lookups.run() }) {
        pthread_detach(handle)
        started += 1
      }
    }
    guard started > 0 else { return [:] }
    let deadline = Clock.monotonicMilliseconds() + milliseconds
    while true {
      let left = deadline - Clock.monotonicMilliseconds()
      if left <= 0 { break }
      var wait = pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&wait, 1, Int32(truncatingIfNeeded: left)) > 0 { break }
    }
    return lookups.stop()
  }

  /// The name of one address; `nil` when it has none. The C function is `getnameinfo`; it blocks.
  package static func name(of address: [UInt8]) -> String? {
    var host: [CChar] = Array(repeating: 0, count: 1025)
    let result: Int32
    if address.count == 4 {
      var socketAddress = sockaddr_in()
      socketAddress.sin_family = sa_family_t(AF_INET)
      unsafe withUnsafeMutableBytes(of: &socketAddress.sin_addr) { unsafe $0.copyBytes(from: address) }
      result = unsafe withUnsafePointer(to: &socketAddress) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getnameinfo($0, socklen_t(MemoryLayout<sockaddr_in>.size), &host, 1025, nil, 0, NI_NAMEREQD)
        }
      }
    } else if address.count == 16 {
      var socketAddress = sockaddr_in6()
      socketAddress.sin6_family = sa_family_t(AF_INET6)
      unsafe withUnsafeMutableBytes(of: &socketAddress.sin6_addr) { unsafe $0.copyBytes(from: address) }
      result = unsafe withUnsafePointer(to: &socketAddress) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getnameinfo($0, socklen_t(MemoryLayout<sockaddr_in6>.size), &host, 1025, nil, 0, NI_NAMEREQD)
        }
      }
    } else {
      return nil
    }
    guard result == 0 else { return nil }
    return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A pipe whose two ends close together, so that a late thread never writes to one without a reader
/// (SIGPIPE).
private final class WakeUp: Sendable {
  private let pipe: Pipe

  init() throws(SystemError) { pipe = try Pipe() }

  var reading: Int32 { pipe.reading.number }

  func signal() {
    let byte: [UInt8] = [1]
    // A pipe that takes no more has been signalled already.
    try? pipe.writing.writeAll(byte.span)
  }
}

/// The lookups of one call: shared by the caller and the threads, some of which may outlive the
/// call.
private final class Lookups: Sendable {
  private let addresses: [[UInt8]]
  private let next = Atomic<Int>(0)
  private let finished = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)
  private let names = Locked<[[UInt8]: String]>([:])
  private let pipe: WakeUp

  init(addresses: [[UInt8]], pipe: WakeUp) {
    self.addresses = addresses
    self.pipe = pipe
  }

  func run() {
    while !isStopped.load(ordering: .relaxed) {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < addresses.count else { return }
      if let name = HostNames.name(of: addresses[index]) {
        names.withLock { $0[addresses[index]] = name }
      }
      if finished.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == addresses.count {
        pipe.signal()
      }
    }
  }

  func stop() -> [[UInt8]: String] {
    isStopped.store(true, ordering: .relaxed)
    return names.withLock { $0 }
  }
}
