import Foundation
import Glibc
package import Inspection
import KernelFormats
package import SocketModel

/// A folder with the layout of /proc that a test writes, removed when the test releases it.
package final class Tree {
  package let path: String

  package init() throws {
    var template = Array("/tmp/sockinspect-tree-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func write(_ name: String, _ content: String) throws { try write(name, Array(content.utf8)) }

  package func write(_ name: String, _ content: [UInt8]) throws {
    try makeParent(of: name)
    try Data(content).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  /// Adds tables of TCP and UDP without rows where there are none, so that nothing usual is
  /// missing.
  package func writeUsualTables(in folder: String = "net") throws {
    for (name, header) in [("tcp", tcpHeader), ("tcp6", tcp6Header), ("udp", udpHeader), ("udp6", udp6Header)]
    where !FileManager.default.fileExists(atPath: "\(path)/\(folder)/\(name)") {
      try write("\(folder)/\(name)", header)
    }
  }

  package func link(_ name: String, to target: String) throws {
    try makeParent(of: name)
    guard symlink(target, path + "/" + name) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  package func makeFIFO(_ name: String) throws {
    try makeParent(of: name)
    guard mkfifo(path + "/" + name, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  package func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
  }

  private func makeParent(of name: String) throws {
    try makeFolder(name.split(separator: "/").dropLast().joined(separator: "/"))
  }

  /// Adds a process with its name and sockets (descriptor and inode).
  package func process(_ pid: Int32, _ name: String, _ sockets: [(Int32, UInt64)], uid: UInt32 = 0, start: Int = 4242)
    throws
  {
    try write("\(pid)/comm", name + "\n")
    let zeros = Array(repeating: "0", count: 17).joined(separator: " ")
    try write("\(pid)/stat", "\(pid) (\(name)) S 1 \(zeros) \(start) 0 0\n")
    try write("\(pid)/status", "Name:\t\(name)\nUid:\t\(uid)\t\(uid)\t\(uid)\t\(uid)\n")
    try write("\(pid)/cmdline", "/usr/bin/\(name)\0--secret\0")
    try write("\(pid)/cgroup", "0::/system.slice/\(name).service\n")
    try link("\(pid)/exe", to: "/usr/bin/\(name)")
    try link("\(pid)/ns/net", to: "net:[4026531833]")
    try makeFolder("\(pid)/fd")
    for (descriptor, inode) in sockets { try link("\(pid)/fd/\(descriptor)", to: "socket:[\(inode)]") }
    try link("\(pid)/fd/0", to: "/dev/null")
  }

  package func snapshot(_ request: InspectionRequest = .init(), keeping: RowTest? = nil) throws -> Snapshot {
    try Inspector(root: .open(path)).snapshot(request, keeping: keeping)
  }
}

/// The header of the `tcp` table.
package let tcpHeader =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
/// The header of the `tcp6` table.
package let tcp6Header =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when"
  + " retrnsmt   uid  timeout inode\n"
/// The header of the `udp` table.
package let udpHeader =
  "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
/// The header of the `udp6` table.
package let udp6Header =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when"
  + " retrnsmt   uid  timeout inode ref pointer drops\n"
/// The header of the `unix` table.
package let unixHeader = "Num       RefCount Protocol Flags    Type St Inode Path\n"

/// A row of the `tcp` table of a little-endian machine.
package func tcpRow(
  _ local: String, _ remote: String = "00000000:0000", state: String = "0A", uid: Int = 0, inode: UInt64
)
  -> String
{
  "   0: \(local) \(remote) \(state) 00000000:00000000 00:00000000 00000000 \(uid)        0 \(inode) 1 0000000000000000 100 0 0 10 0\n"
}

extension Snapshot {
  /// The rows with their owners as text, in a form by which two scans can be compared.
  package var lines: [String] {
    records.indices.map { row in
      let fields: [Field] = [
        .transport, .family, .state, .local, .peer, .uid, .inode, .path, .receiveQueue, .sendQueue,
      ]
      let values = fields.map { "\($0)=\(value(of: $0, at: row))" }
      let owners = owners(at: row).map { owner in
        let process = self.process(of: owner)
        let descriptor = owner.descriptor.map { "\($0)" } ?? "-"
        return "\(owner.pid ?? -1)/\(descriptor)/\(String(decoding: name(of: owner), as: UTF8.self))"
          + "/\(String(decoding: process?.executable ?? [], as: UTF8.self))/\(process?.startTime ?? 0)/\(process?.uid ?? 0)"
      }
      return (values + owners).joined(separator: " ")
    }
  }

  /// Pid and descriptor of the owners of a row.
  package func ownerNumbers(at row: Int) -> [[Int32]] {
    owners(at: row).map { [$0.pid ?? -1, $0.descriptor ?? -1] }
  }
}
