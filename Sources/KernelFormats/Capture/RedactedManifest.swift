import SocketModel

extension CaptureManifest {
  /// Leaves out what names the machine or was chosen on it, for a capture that is to be shared.
  ///
  /// Kept are times, sizes and orders, of the kernel's release the numbers at its beginning, the architecture if it is a common one, and which files
  /// could not be read.
  public mutating func redact() {
    isRedacted = true
    bootID = nil
    hostName = nil
    others = []
    if let release = kernelRelease {
      let numbers = release.utf8.prefix { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
      kernelRelease = numbers.isEmpty ? nil : String(Substring(numbers))
    }
    if let name = architecture, !Self.architectures.contains(name) { architecture = nil }
    unreadable = unreadable.map(Self.redacted)
  }

  /// An entry of ``unreadable`` with the path, if that is one of a capture, and the reason, if that is one of the C library's or of a capture's.
  private static func redacted(_ entry: String) -> String {
    let parts = entry.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let path = String(parts.first ?? "")
    guard isPath(path) else {
      return entry.hasPrefix("the list of processes") ? "the list of processes" : "a file"
    }
    guard parts.count == 2 else { return path }
    let reason = String(parts[1])
    return reasons.contains { reason.hasPrefix($0) && isCount(reason.dropFirst($0.utf8.count)) } ? entry : path
  }

  /// Whether a path is that of a table or of something of a process.
  private static func isPath(_ path: String) -> Bool {
    if path.hasPrefix("net/") {
      let name = String(path.dropFirst(4))
      return ProcNetTable(rawValue: name) != nil || CounterGroup.Table(rawValue: name) != nil
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let pid = parts.first, !pid.isEmpty, pid.utf8.allSatisfy(isDigit) else { return false }
    return parts.count == 1 || parts.count == 2 && parts[1] == "fd"
  }

  /// Whether there is nothing, or a number and maybe `bytes`.
  private static func isCount(_ text: Substring) -> Bool {
    text.hasSuffix(" bytes") ? text.dropLast(6).utf8.allSatisfy(isDigit) : text.utf8.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static let reasons = [
    "Permission denied", "Operation not permitted", "No such file or directory", "No such process",
    "Input/output error",
    "Invalid argument", "Cannot allocate memory", "Too many open files", "Too many open files in system",
    "It leads out of the folder", "Too many levels of symbolic links", "Not a directory", "Is a directory", "beyond ",
    "lines that are no rows are left out: ",
  ]

  private static let architectures: Set<String> = [
    "x86_64", "i386", "i486", "i586", "i686", "aarch64", "armv5tel", "armv6l", "armv7l", "armv8l", "riscv64", "riscv32",
    "ppc", "ppc64", "ppc64le", "s390", "s390x", "mips", "mips64", "loongarch64", "sparc", "sparc64", "alpha", "ia64",
    "m68k", "parisc", "parisc64", "sh4", "sh4a", "arc",
  ]
}
