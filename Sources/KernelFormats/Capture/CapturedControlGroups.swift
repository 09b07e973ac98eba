package import SocketModel
internal import Text

/// The file `cgroups` of a captured tree: the control groups of its sockets and processes, and what
/// they stand for, which the tables and `/proc/PID/cgroup` alone do not show.
///
/// A line each: the id that sock_diag reports, the path and, where the group belongs to a workload,
/// its kind, name, unit, container and pod. What is not known is `-`. Blanks, control bytes,
/// backslashes, bytes beyond ASCII, and a `-` alone are written `\xHH`.
package struct CapturedControlGroups: Sendable, Hashable {
  /// The name of the file.
  package static let fileName = "cgroups"
  /// The most bytes of the file that are read.
  package static let longest = 16 << 20
  /// The most groups of the file that are read.
  private static let mostGroups = 100_000

  /// A control group.
  package struct Group: Sendable, Hashable {
    /// The id that sock_diag reports; `nil` when no socket that was captured is of the group.
    package var id: UInt64?
    /// The path, such as `/system.slice/nginx.service`.
    package var path: [UInt8]
    /// What it stands for; `nil` when that is no workload.
    package var workload: Workload?

    package init(id: UInt64?, path: [UInt8], workload: Workload?) {
      self.id = id
      self.path = path
      self.workload = workload
    }
  }

  /// The groups, in the order of the file.
  package var groups: [Group]

  package init(_ groups: [Group] = []) { self.groups = groups }

  /// Parses the file. Lines of another form are left out: what they say is not known then.
  package init(parsing bytes: Span<UInt8>) {
    groups = []
    var start = 0
    while start < bytes.count, groups.count < Self.mostGroups {
      var end = start
      while end < bytes.count, bytes[end] != ASCII.newline { end += 1 }
      if let group = Self.group(bytes.extracting(start..<end)) { groups.append(group) }
      start = end + 1
    }
  }

  private static func group(_ line: Span<UInt8>) -> Group? {
    guard let words = CapturedWord.words(of: line) else { return nil }
    guard words.count == 2 || words.count == 7, let path = words[1], path.first == ASCII.slash else { return nil }
    var id: UInt64?
    if let number = words[0] {
      id = decimalNumber(number.span).flatMap { UInt64(exactly: $0) }
      if id == nil { return nil }
    }
    if words.count == 2 { return Group(id: id, path: path, workload: nil) }
    guard let kind = words[2].flatMap({ Workload.Kind(rawValue: String(decoding: $0, as: UTF8.self)) }),
      let name = words[3]
    else { return nil }
    return Group(
      id: id, path: path, workload: Workload(kind, name: name, unit: words[4], container: words[5], pod: words[6]))
  }

  /// The content of the file; parsing it gives the same groups.
  package func encoded() -> [UInt8] {
    var output: [UInt8] = []
    for group in groups {
      output.append(contentsOf: (group.id.map { "\($0)" } ?? "-").utf8)
      CapturedWord.append(group.path, to: &output)
      if let workload = group.workload {
        CapturedWord.append(Array(workload.kind.rawValue.utf8), to: &output)
        for part in [workload.name, workload.unit, workload.container, workload.pod] {
          CapturedWord.append(part, to: &output)
        }
      }
      output.append(ASCII.newline)
    }
    return output
  }
}

extension RecordedDump {
  /// The ids of the control groups that the messages of a dump name.
  package static func controlGroups(in bytes: Span<UInt8>) -> Set<UInt64> {
    var found: Set<UInt64> = []
    var messages = NetlinkMessages()
    while let message = (try? messages.next(in: bytes)) ?? nil {
      let payload = bytes.extracting(message.payload)
      guard payload.count >= InetDiagMessage.size else { continue }
      try? NetlinkAttributes.forEach(in: payload, from: InetDiagMessage.size) { attribute, value in
        guard attribute.type == InetDiagMessage.cgroupAttribute, value.count >= 8 else { return }
        found.insert(value.hostUInt64(at: 0))
      }
    }
    return found
  }
}
