import CLinux
import Glibc

/// What the kernel reports about a socket that another process has open, even one in no table.
package enum ProcessSockets {
  /// The name of a socket's protocol, such as `TCP`, `UDPv6` or `AF_VSOCK`: the attribute
  /// `system.sockprotoname` (`net/socket.c`, Linux 3.2).
  ///
  /// - Parameter path: the link to it below /proc: `/proc/PID/fd/N`.
  package static func protocolName(at path: String) throws(SystemError) -> String {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = unsafe buffer.withUnsafeMutableBytes { (bytes) -> Int in
      unsafe Int(sockinspect_getxattr(path, -1, "system.sockprotoname", bytes.baseAddress, bytes.count))
    }
    guard count >= 0 else { throw SystemError("getxattr", path) }
    return String(decoding: buffer[..<count].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Whether two threads, given by their ids, share one table of descriptors: `kcmp(2)` with
  /// `KCMP_FILES`.
  ///
  /// - Throws: EPERM when the processes may not be examined (or a container forbids the call),
  ///   ENOSYS where the kernel lacks it.
  package static func shareDescriptors(_ first: Int32, _ second: Int32) throws(SystemError) -> Bool {
    let result = sockinspect_compare_files(first, second)
    guard result >= 0 else { throw SystemError("kcmp", "\(second)") }
    return result == 0
  }
}
