import KernelFormats

/// What identifies the machine and its kernel. A capture states it in its manifest.
extension ProcRoot {
  /// The machine's name; `nil` when unknown.
  package var hostName: String? { manifest?.hostName ?? firstLine(of: "sys/kernel/hostname") }

  /// The kernel's release; `nil` when unknown.
  package var kernelRelease: String? { manifest?.kernelRelease ?? firstLine(of: "sys/kernel/osrelease") }

  /// The random name of this run of the kernel; `nil` when unknown.
  package var bootID: String? { manifest?.bootID ?? firstLine(of: "sys/kernel/random/boot_id") }

  /// When the machine booted, in seconds since 1970; `nil` when unknown.
  var bootTime: UInt64? {
    readIfPossible("stat", limit: 1 << 20).flatMap { try? SystemStat(parsing: $0.span).bootTime }
  }

  private func firstLine(of path: String) -> String? {
    guard let bytes = readIfPossible(path, limit: 4096)?.prefix(while: { $0 != UInt8(ascii: "\n") }), !bytes.isEmpty
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
