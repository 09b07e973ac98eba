// Constants of sockets belong to whichever module's headers the compiler met first.
import CLinux
import Glibc

/// The file that `bind(2)` makes for a unix socket's path. It outlives the socket: the program that
/// made it removes it.
package struct SocketFile: Sendable {
  private let path: [CChar]
  private let device: UInt64
  private let inode: UInt64

  /// Identifies the file of a path just bound, with `lstat(2)`.
  package init(at path: [UInt8]) throws(SystemError) {
    self.path = path.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
    guard let status = SocketFile.status(of: self.path) else { throw SystemError("lstat") }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    // A signal that the program does not wait for, such as SIGQUIT, would end it without removing
    // the file.
    unsafe sockinspect_note_socket_file(self.path)
    sockinspect_terminal_guard()
  }

  /// Removes the file with `unlink(2)`, unless the path now leads to another file.
  ///
  /// - Returns: whether it existed and was removed.
  @discardableResult
  package func remove() -> Bool {
    sockinspect_note_socket_file(nil)
    guard let now = SocketFile.status(of: path), UInt64(now.st_dev) == device, UInt64(now.st_ino) == inode else {
      return false
    }
    return unsafe unlink(path) == 0
  }

  private static func status(of path: [CChar]) -> stat? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status : nil
  }
}
