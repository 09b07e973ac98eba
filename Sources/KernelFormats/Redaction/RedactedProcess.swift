extension Redaction {
  /// `/proc/PID/stat` reduced to what a listing reads, with a substitute for the name; `nil` when
  /// it does not have the expected form.
  ///
  /// It keeps the ids of the process, its parent and its group, the letter of the state, whether it
  /// is a kernel thread (`PF_KTHREAD` of the flags) and the start in ticks since boot. The rest is
  /// 0: it shows where code, stack, arguments and environment are in memory, and how long these
  /// are.
  package mutating func stat(_ bytes: Span<UInt8>) -> [UInt8]? {
    guard let stat = try? ProcessStat(parsing: bytes), isLetter(stat.state) else { return nil }
    let kept = [3: String(UnicodeScalar(stat.state)), 4: "\(stat.parent)", 5: "\(stat.group)", 22: "\(stat.startTime)"]
    var words: [String] = []
    for field in 3...52 {
      words.append(kept[field] ?? (field == 9 ? "\(kernelThreadFlag(bytes))" : "0"))
    }
    return Array("\(stat.pid) (".utf8) + processName(stat.name) + Array(") \(words.joined(separator: " "))\n".utf8)
  }

  /// `PF_KTHREAD` if the flags, field 9 of `/proc/PID/stat`, have it; otherwise 0.
  private func kernelThreadFlag(_ bytes: Span<UInt8>) -> UInt32 {
    var cursor = FieldCursor()
    cursor.position = bytes.count - 1
    while cursor.position > 0, bytes[cursor.position] != UInt8(ascii: ")") { cursor.position -= 1 }
    cursor.position += 1
    for _ in 3...8 { _ = cursor.field(bytes) }
    let flags = cursor.number(bytes).flatMap { UInt32(exactly: $0) } ?? 0
    return flags & 0x0020_0000
  }

  private func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  /// `/proc/PID/comm` with a substitute for the name.
  package mutating func comm(_ bytes: [UInt8]) -> [UInt8] {
    processName(bytes.last == UInt8(ascii: "\n") ? Array(bytes.dropLast()) : bytes) + [UInt8(ascii: "\n")]
  }

  /// `/proc/PID/status` reduced to what a listing reads, the user ids, with substitutes; `nil` when
  /// it does not have the expected form.
  package mutating func status(_ bytes: Span<UInt8>) -> [UInt8]? {
    guard let status = try? ProcessStatus(parsing: bytes) else { return nil }
    let (real, effective) = (user(status.realUser), user(status.effectiveUser))
    return Array("Uid:\t\(real)\t\(effective)\t\(effective)\t\(effective)\n".utf8)
  }

  /// `/proc/PID/cmdline` with a substitute for the program and each argument.
  package mutating func commandLine(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    let words = (bytes.last == 0 ? bytes.dropLast() : bytes[...]).split(separator: 0, omittingEmptySubsequences: false)
    guard !bytes.isEmpty else { return [] }
    for (index, word) in words.enumerated() {
      output += index == 0 ? program(Array(word)) : text(.argument, Array(word))
      output.append(0)
    }
    return output
  }

  /// `/proc/PID/cgroup` with substitutes for the paths and for the names of hierarchies other than
  /// the kernel's and systemd's. Lines of another form are left out.
  package mutating func cgroup(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].first == UInt8(ascii: "/"),
        let id = decimalNumber(Array(parts[0]).span).flatMap({ UInt32(exactly: $0) })
      else { continue }
      output += Array("\(id):".utf8)
      let controllers = parts[1].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      for (index, controller) in controllers.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        output += self.controller(Array(controller))
      }
      output.append(UInt8(ascii: ":"))
      output += controlGroupPath(Array(parts[2]))
      output.append(UInt8(ascii: "\n"))
    }
    return output
  }

  private mutating func controller(_ name: [UInt8]) -> [UInt8] {
    if Self.controllers.contains(where: { $0.utf8.elementsEqual(name) }) { return name }
    return Array("name=".utf8) + text(.hierarchy, name)
  }

  /// The controllers of `kernel/cgroup/cgroup.c` and the hierarchies that systemd and elogind make;
  /// the unified hierarchy has no name.
  private static let controllers: Set<String> = [
    "", "cpuset", "cpu", "cpuacct", "blkio", "io", "memory", "devices", "freezer", "net_cls", "perf_event", "net_prio",
    "hugetlb", "pids", "rdma", "misc", "dmem", "debug", "name=systemd", "name=elogind",
  ]
}
