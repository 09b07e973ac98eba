import SocketModel

extension CaptureManifest {
  /// Removes what names the machine or was chosen on it, for a capture that is to be shared.
  ///
  /// It keeps times, sizes and byte orders, the numbers at the beginning of the kernel's release,
  /// the architecture if it is a common one, whether root captured, and which files could
  /// not be read.
  package mutating func redact() {
    isRedacted = true
    if user != 0 { user = nil }
    bootID = nil
    hostName = nil
    others = []
    for index in namespaces.indices { namespaces[index].name = nil }
    if let release = kernelRelease {
      let numbers = release.utf8.prefix { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
      kernelRelease = numbers.isEmpty ? nil : String(Substring(numbers))
    }
    if let name = architecture, !Self.architectures.contains(name) { architecture = nil }
    unreadable = unreadable.map(\.redacted)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static let architectures: Set<String> = [
    "x86_64", "i386", "i486", "i586", "i686", "aarch64", "armv5tel", "armv6l", "armv7l", "armv8l", "riscv64", "riscv32",
    "ppc", "ppc64", "ppc64le", "s390", "s390x", "mips", "mips64", "loongarch64", "sparc", "sparc64", "alpha", "ia64",
    "m68k", "parisc", "parisc64", "sh4", "sh4a", "arc",
  ]
}
