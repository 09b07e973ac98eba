extension Redaction {
  /// `/proc/PID/stat` with a substitute for the name; `nil` when it does not have the form.
  public mutating func stat(_ bytes: Span<UInt8>) -> [UInt8]? {
    guard let stat = try? ProcessStat(parsing: bytes) else { return nil }
    var close = bytes.count - 1
    while close > 0, bytes[close] != 0x29 { close -= 1 }
    let rest = (close..<bytes.count).map { bytes[$0] }
    // Behind the name there are only numbers and the letter of the state.
    guard rest.allSatisfy({ $0 <= 0x20 || $0 == 0x29 || (0x2D...0x39).contains($0) || (0x41...0x7A).contains($0) })
    else {
      return nil
    }
    return Array("\(stat.pid) (".utf8) + processName(stat.name) + rest
  }

  /// `/proc/PID/comm` with a substitute for the name.
  public mutating func comm(_ bytes: [UInt8]) -> [UInt8] {
    processName(bytes.last == 0x0A ? Array(bytes.dropLast()) : bytes) + [0x0A]
  }

  /// `/proc/PID/status` cut down to what a listing reads, the user ids, with substitutes; `nil` when it does not have the form.
  public mutating func status(_ bytes: Span<UInt8>) -> [UInt8]? {
    guard let status = try? ProcessStatus(parsing: bytes) else { return nil }
    let (real, effective) = (user(status.realUser), user(status.effectiveUser))
    return Array("Uid:\t\(real)\t\(effective)\t\(effective)\t\(effective)\n".utf8)
  }

  /// `/proc/PID/cmdline` with a substitute for the program and each argument.
  public mutating func commandLine(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    let words = (bytes.last == 0 ? bytes.dropLast() : bytes[...]).split(separator: 0, omittingEmptySubsequences: false)
    guard !bytes.isEmpty else { return [] }
    for (index, word) in words.enumerated() {
      output += index == 0 ? program(Array(word)) : text(.argument, Array(word))
      output.append(0)
    }
    return output
  }

  /// `/proc/PID/cgroup` with substitutes for the paths. Lines of another form are left out.
  public mutating func cgroup(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    for line in bytes.split(separator: 0x0A) {
      let parts = line.split(separator: 0x3A, maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].first == 0x2F else { continue }
      output += parts[0] + [0x3A] + parts[1] + [0x3A]
      // The root of the hierarchy is no secret.
      output += parts[2].count == 1 ? [0x2F] : [0x2F] + text(.cgroup, Array(parts[2]))
      output.append(0x0A)
    }
    return output
  }
}
