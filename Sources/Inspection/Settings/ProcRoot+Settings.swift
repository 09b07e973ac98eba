import KernelFormats
package import LinuxSystem
package import SocketModel

/// The settings of a machine: of the running kernel or, from a captured tree, of the machine that
/// was captured.
extension ProcRoot {
  /// Reads settings. What cannot be read, does not exist or is malformed is unknown.
  ///
  /// Each costs opening a file, so ask only for what is needed.
  ///
  /// - Parameters:
  ///   - wanted: which settings to read.
  ///   - countsSockets: whether ``SystemSettings/socketCounts`` is read too.
  package func settings(_ wanted: some Sequence<Sysctl> = [], countsSockets: Bool = false) -> SystemSettings {
    var settings = SystemSettings()
    for sysctl in wanted {
      guard let bytes = try? read(sysctl) else { continue }
      settings.read(sysctl, bytes.span)
    }
    if countsSockets { settings.socketCounts = socketCounts }
    return settings
  }

  /// Reads settings of the running kernel, for code that has no root: all unknown where there is no
  /// /proc.
  package static func liveSettings(_ wanted: Sysctl...) -> SystemSettings {
    (try? live())?.settings(wanted) ?? SystemSettings()
  }

  /// The content of a setting's file.
  package func read(_ sysctl: Sysctl) throws(SystemError) -> [UInt8] {
    // A live /proc shows those of the reader's own network namespace, whichever one the tables
    // belong to.
    guard hasProcesses, shape != .live || hasOwnInterfaces || !sysctl.isOfNamespace else {
      throw SystemError("openat", "sys/\(sysctl.rawValue)", code: SystemError.absent)
    }
    return try read("sys/\(sysctl.rawValue)", in: folder, limit: Self.longestSetting)
  }

  /// The most bytes that are read of a setting: the list of reserved ports may be long.
  private static let longestSetting = 65536

  /// What is counted about tracked connections; `nil` where nothing tracks them, or it cannot be read.
  package var conntrackCounts: ConntrackCounts? {
    guard hasProcesses, let bytes = try? readTable(ConntrackCounts.tableName, limit: 1 << 20) else { return nil }
    return try? ConntrackCounts(parsing: bytes.span)
  }

  /// How many sockets there are, from `sockstat` and `sockstat6`; `nil` without the first.
  var socketCounts: SocketCounts? {
    guard var counts = socketCountsOfIPv4 else { return nil }
    if let bytes = try? readTable("sockstat6", limit: 4096) { counts.read(bytes.span) }
    return counts
  }

  /// How many sockets of each protocol there are; `nil` when that cannot be read.
  var protocols: ProtocolTable? {
    guard let bytes = try? readTable("protocols", limit: 1 << 16) else { return nil }
    return ProtocolTable(bytes.span)
  }

  /// The same without those of IPv6, which are in a second file.
  var socketCountsOfIPv4: SocketCounts? {
    guard let bytes = try? readTable("sockstat", limit: 4096) else { return nil }
    var counts = SocketCounts()
    counts.read(bytes.span)
    return counts
  }
}
