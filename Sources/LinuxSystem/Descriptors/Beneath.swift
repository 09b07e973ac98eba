import CLinux
import Glibc

extension Descriptor {
  /// Opens a path below a directory whose content is not trusted: whatever the tree contains, the
  /// path never leads out of it.
  ///
  /// Symbolic links are followed while they stay below the directory; `..` and absolute links that
  /// lead out of it, and /proc's magic links, are refused (EXDEV, ELOOP). Opening never waits: a
  /// FIFO opens without a writer and a device is not waited for. The caller checks
  /// ``FileStatus/isRegular`` before it reads.
  ///
  /// It uses `openat2(2)`; before Linux 5.6 each component is opened separately and no link is
  /// followed at all.
  ///
  /// With `followLinks` false a symbolic link anywhere in the path is refused (ELOOP, before Linux
  /// 5.6 also ENOTDIR).
  package static func openBeneath(
    _ path: String, in directory: borrowing Descriptor, directoryExpected: Bool = false, followLinks: Bool = true
  ) throws(SystemError) -> Descriptor {
    let flags = O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | (directoryExpected ? O_DIRECTORY : 0)
    let resolve = UInt64(RESOLVE_BENEATH) | UInt64(followLinks ? RESOLVE_NO_MAGICLINKS : RESOLVE_NO_SYMLINKS)
    let number = retryingInterrupts {
      unsafe path.withRawCString { unsafe sockinspect_openat2(directory.number, $0, UInt64(flags), resolve) }
    }
    if number >= 0 { return Descriptor(owning: number) }
    // A container's filter of system calls may answer EPERM for a call that it does not know.
    guard errno == ENOSYS || errno == EPERM else { throw SystemError("openat2", path) }
    return try openStepwise(path, in: directory, flags: flags)
  }

  /// The same without `openat2(2)`: no component may be a symbolic link or `..`.
  static func openStepwise(_ path: String, in directory: borrowing Descriptor, flags: Int32) throws(SystemError)
    -> Descriptor
  {
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !path.hasPrefix("/"), !parts.contains("..") else { throw SystemError("openat", path, code: EXDEV) }
    var current = try step(".", in: directory.number, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC, subject: path)
    for (index, part) in parts.enumerated() {
      let last = index == parts.count - 1
      let how = last ? flags : O_RDONLY | O_DIRECTORY | O_CLOEXEC
      current = try step(String(part), in: current.number, flags: how | O_NOFOLLOW, subject: path)
    }
    return current
  }

  private static func step(_ name: String, in directory: Int32, flags: Int32, subject: String) throws(SystemError)
    -> Descriptor
  {
    let number = retryingInterrupts {
      unsafe name.withRawCString { unsafe sockinspect_openat(directory, $0, flags, 0) }
    }
    guard number >= 0 else { throw SystemError("openat", subject) }
    return Descriptor(owning: number)
  }
}

extension FileStatus {
  /// Whether it is a regular file: neither a directory, FIFO, device nor socket.
  package var isRegular: Bool { mode & S_IFMT == S_IFREG }

  /// Whether it is a symbolic link; only for a status that did not follow it.
  package var isLink: Bool { mode & S_IFMT == S_IFLNK }

  /// Whether users other than the owner may write to it: whether the group or everybody has write
  /// permission.
  package var isWritableByOthers: Bool { mode & (S_IWGRP | S_IWOTH) != 0 }

  /// Whether it belongs to the effective user of this process; the C function is `geteuid`.
  package var isOwn: Bool { uid == geteuid() }

  /// Whether it is a pipe or FIFO.
  package var isPipe: Bool { mode & S_IFMT == S_IFIFO }
}

extension Descriptor {
  /// Opens a file or folder for reading that may turn out to be a FIFO or device, without waiting
  /// for it.
  package static func openWithoutWaiting(_ path: String) throws(SystemError) -> Descriptor {
    let number = retryingInterrupts {
      unsafe path.withRawCString {
        unsafe sockinspect_openat(AT_FDCWD, $0, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0)
      }
    }
    guard number >= 0 else { throw SystemError("openat", path) }
    return Descriptor(owning: number)
  }

  /// Makes reads wait for data from now on (`F_SETFL` without `O_NONBLOCK`), for a file opened with
  /// ``openWithoutWaiting(_:)``.
  package func waitForData() throws(SystemError) {
    guard sockinspect_set_blocking(number) == 0 else { throw SystemError("fcntl(F_SETFL)", "descriptor \(number)") }
  }

  /// Makes another descriptor of the same open file, close-on-exec; the corresponding C call is
  /// `fcntl(F_DUPFD_CLOEXEC)`.
  package static func duplicating(_ number: Int32) throws(SystemError) -> Descriptor {
    let copy = sockinspect_duplicate(number)
    guard copy >= 0 else { throw SystemError("fcntl(F_DUPFD_CLOEXEC)", "descriptor \(number)") }
    return Descriptor(owning: copy)
  }

  /// Whether this is in a mounted /proc, the live kernel's own tables (`fstatfs(2)`,
  /// `PROC_SUPER_MAGIC`).
  package var isInProcFileSystem: Bool { sockinspect_filesystem_type(number) == 0x9FA0 }

  /// Whether this is in a mounted cgroup (v2) hierarchy (`CGROUP2_SUPER_MAGIC`).
  package var isInCgroupFileSystem: Bool { sockinspect_filesystem_type(number) == 0x6367_7270 }
}
