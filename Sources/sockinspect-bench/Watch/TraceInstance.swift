import LinuxSystem
import SocketModel

/// A second reader of the same tracepoint that shares nothing with the first: the kernel's own
/// trace buffer, in a separate instance that is removed at the end
/// (`Documentation/trace/ftrace.rst`).
struct TraceInstance: ~Copyable {
  private let folder: Descriptor
  private let instances: Descriptor
  private let name: String

  /// The address at one end of a record of the burst: ports alone may also be those of another
  /// network namespace.
  private let marks: Set<[UInt8]>

  /// Records transitions with one of the ports at either end from now on; those with a server's
  /// address at either end count.
  init(ports: [UInt16], servers: Int, megabytes: Int) throws(SystemError) {
    marks = Set(
      (0..<servers).flatMap { index in
        let address = IPAddress(ipv4: BurstRoles.serverAddress(index)).description
        return [Array("saddr=\(address)".utf8), Array("daddr=\(address)".utf8)]
      })
    let traces = try TraceFolder.open()
    let instances = try Descriptor.open("instances", in: traces, for: .directory)
    let name = "sockinspect-bench-\(ownProcessID)"
    try instances.makeFolder(name)
    let folder = try Descriptor.open(name, in: instances, for: .directory)
    let filter = ports.flatMap { ["sport==\($0)", "dport==\($0)"] }.joined(separator: "||")
    try Self.write("\(megabytes * 1024)", to: "buffer_size_kb", in: folder)
    try Self.write(filter, to: "events/sock/inet_sock_set_state/filter", in: folder)
    try Self.write("1", to: "events/sock/inet_sock_set_state/enable", in: folder)
    self.instances = instances
    self.name = name
    self.folder = folder
  }

  private static func write(_ text: String, to file: String, in folder: borrowing Descriptor) throws(SystemError) {
    try Descriptor.open(file, in: folder, for: .replacing).writeAll(Array(text.utf8).span)
  }

  /// Stops recording, and returns what was recorded: how often each transition occurred, and how
  /// many records did not fit.
  consuming func end() throws -> (transitions: [String: Int], overruns: Int) {
    try Self.write("0", to: "events/sock/inet_sock_set_state/enable", in: folder)
    var text: [UInt8] = []
    try Descriptor.open("trace", in: folder).readAll(into: &text, limit: 1 << 30, firstRead: 1 << 20)
    var transitions: [String: Int] = [:]
    for line in text.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
      var from: String?
      var to: String?
      var isOfBurst = false
      for word in line.split(separator: UInt8(ascii: " ")) {
        if word.starts(with: "oldstate=TCP_".utf8) { from = Self.state(word.dropFirst(13)) }
        if word.starts(with: "newstate=TCP_".utf8) { to = Self.state(word.dropFirst(13)) }
        if marks.contains(Array(word)) { isOfBurst = true }
      }
      if isOfBurst, let from, let to { transitions["\(from) \(to)", default: 0] += 1 }
    }
    var overruns = 0
    for processor in 0..<PerfRing.processorLimit {
      var stats: [UInt8] = []
      guard let file = try? Descriptor.open("per_cpu/cpu\(processor)/stats", in: folder),
        (try? file.readAll(into: &stats, limit: 4096)) != nil
      else { continue }
      for line in String(decoding: stats, as: UTF8.self).split(separator: "\n")
      where line.hasPrefix("overrun: ") || line.hasPrefix("dropped events: ") {
        overruns += line.split(separator: " ").last.flatMap { Int($0) } ?? 0
      }
    }
    return (transitions, overruns)
  }

  // Its buffers belong to the kernel: they would outlive this process.
  deinit { try? instances.removeFolder(name) }

  private static func state(_ name: ArraySlice<UInt8>) -> String { String(decoding: name, as: UTF8.self).lowercased() }
}
