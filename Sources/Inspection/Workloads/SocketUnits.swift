import KernelFormats
import LinuxSystem

/// Finds the socket units of systemd that have a port, in the folders of unit files. No daemon is
/// asked.
package struct SocketUnits: Sendable {
  /// The folder that stands for `/`, with its slash at the end.
  private let root: String

  /// The folders of systemd.unit(5), the strongest first.
  private static let folders = [
    "etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system",
  ]
  /// The most entries that are looked at in a folder.
  private static let mostEntries = 100_000
  /// The most bytes of a unit file.
  private static let longestFile = 1 << 20

  package init(root: String = "/") { self.root = root }

  /// The names of the units, such as `ssh.socket`, in the order of the alphabet.
  package func units(withPort port: UInt16, isDatagram: Bool) -> [[UInt8]] {
    var found: Set<[UInt8]> = []
    var seen: Set<[UInt8]> = []
    for folder in Self.folders {
      guard let directory = try? Descriptor.open(root + folder, for: .directory) else { continue }
      var reader = DirectoryReader(directory)
      for _ in 0..<Self.mostEntries {
        guard let name = (try? reader.nextName()) ?? nil else { break }
        // A unit of a stronger folder replaces one of the same name.
        guard name.suffix(7).elementsEqual(".socket".utf8), seen.insert(name).inserted,
          let unit = read(folder + "/" + String(decoding: name, as: UTF8.self))
        else { continue }
        if (isDatagram ? unit.datagrams : unit.streams).contains(port) { found.insert(name) }
      }
    }
    return found.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private func read(_ path: String) -> SocketUnitFile? {
    do throws(SystemError) {
      let file = try Descriptor.openWithoutWaiting(root + path)
      guard try file.status().isRegular else { return nil }
      var bytes: [UInt8] = []
      try file.readAll(into: &bytes, limit: Self.longestFile, subject: path)
      return SocketUnitFile(parsing: bytes.span)
    } catch {
      return nil
    }
  }
}
