public import Glibc

/// A system call that failed: which, on what, and why.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The name of the call, such as `openat`.
  public let call: String
  /// What it was called on: a path or other subject; empty when that was nothing.
  public let subject: String
  /// The `errno` of the call.
  public let code: Int32

  /// Makes an error for a call that failed; `code` defaults to the thread's `errno`.
  public init(_ call: String, _ subject: String = "", code: Int32 = errno) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  /// The C library's text for the code, such as `No such file or directory`; for EXDEV, where that
  /// text would be about devices, what
  /// `Descriptor.openBeneath` means by it.
  public var reason: String {
    if code == EXDEV { return "It leads out of the folder" }
    var buffer: [CChar] = Array(repeating: 0, count: 128)
    let result = unsafe strerror_r(code, &buffer, buffer.count)
    return result == 0
      ? String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "error \(code)"
  }

  /// The call, its subject and the reason in one line: `openat /proc/1/fd: Permission denied`.
  public var description: String { subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)" }

  /// The code for something that does not exist; the corresponding C constant is `ENOENT`.
  public static let absent = ENOENT

  /// The code for an argument that the call does not take; the corresponding C constant is
  /// `EINVAL`.
  public static let invalidArgument = EINVAL

  /// The code for a lack of privilege; the corresponding C constant is `EPERM`.
  public static let notPermitted = EPERM

  /// The code for a lack of resources that may pass; the corresponding C constant is `EAGAIN`.
  public static let tryAgain = EAGAIN

  /// The code for a symbolic link where none is followed; the corresponding C constant is `ELOOP`.
  public static let link = ELOOP

  /// The code for a path that leads out of the folder it begins in; the corresponding C constant is
  /// `EXDEV`.
  package static let otherPlace = EXDEV

  /// The code for something that is no folder; the corresponding C constant is `ENOTDIR`.
  package static let noFolder = ENOTDIR

  /// The code for a failure of the medium; the corresponding C constant is `EIO`.
  package static let inputOutput = EIO

  /// The code for a folder where a file is needed; the corresponding C constant is `EISDIR`.
  package static let folder = EISDIR

  /// The code for something that exists already; the corresponding C constant is `EEXIST`.
  package static let present = EEXIST

  /// Whether the thing does not exist, or no longer does (ENOENT, ESRCH, ENOTDIR).
  public var isGone: Bool { code == ENOENT || code == ESRCH || code == ENOTDIR }

  /// Whether it exists but may not be used (EACCES, EPERM).
  public var isForbidden: Bool { code == EACCES || code == EPERM }

  /// Whether another socket has the address (EADDRINUSE).
  public var isAddressTaken: Bool { code == EADDRINUSE }

  /// Whether no local address or port is left (EADDRNOTAVAIL).
  public var isAddressUnavailable: Bool { code == EADDRNOTAVAIL }

  /// Whether no descriptor is left (EMFILE, ENFILE).
  public var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }

  /// Whether the call failed because of something unrelated to what it was called on: a lack of
  /// descriptors or memory, or a device error (EMFILE, ENFILE, ENOMEM, EIO). Such an error shows
  /// nothing about the thing, not even that it does not exist.
  public var isInconclusive: Bool { isOutOfDescriptors || code == ENOMEM || code == EIO }

  /// Whether the other end reset the connection, or has closed it (ECONNRESET, EPIPE).
  public var isReset: Bool { code == ECONNRESET || code == EPIPE }
}

/// Repeats a call while it is interrupted by a signal (EINTR). The only place that does.
func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
