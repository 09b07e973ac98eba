import CLinux
import Glibc

/// Whether a socket that another process has open may share its port (`SO_REUSEPORT`), by a copy of
/// its descriptor (`pidfd_getfd(2)`, Linux 5.6) that is closed at once.
///
/// - Parameters:
///   - descriptor: the descriptor in that process.
///   - pid: the process id.
///   - inode: the inode of the socket, without which the descriptor refers to something else by now.
/// - Throws: `SystemError` of `pidfd_open` or `pidfd_getfd`: EPERM when the process may not be attached
///   to; ENOTSOCK when the descriptor refers to something else.
package func reusesPort(_ descriptor: Int32, of pid: Int32, inode: UInt64) throws(SystemError) -> Bool {
  let handle = sockinspect_pidfd_open(pid)
  guard handle >= 0 else { throw SystemError("pidfd_open", "\(pid)") }
  let process = Descriptor(owning: handle)
  let number = sockinspect_pidfd_getfd(process.number, descriptor)
  guard number >= 0 else { throw SystemError("pidfd_getfd", "\(descriptor)") }
  let copy = Descriptor(owning: number)
  guard try copy.status().inode == inode else { throw SystemError("pidfd_getfd", "\(descriptor)", code: ENOTSOCK) }
  var value: Int32 = 0
  var size = socklen_t(MemoryLayout<Int32>.size)
  // 15 is SO_REUSEPORT.
  guard unsafe getsockopt(copy.number, SOL_SOCKET, 15, &value, &size) == 0 else {
    throw SystemError("getsockopt", "SO_REUSEPORT")
  }
  return value != 0
}
