import LinuxSystem
import SocketModel

extension NamespaceCatalog.Entry {
  /// How many processes of a namespace are tried.
  private static let mostRefusals = 32

  /// Moves the calling thread into the namespace; returns whether it still exists.
  ///
  /// - Parameter root: the /proc in which the processes were found.
  /// - Throws: why none of the ways into it can be used, such as for lack of CAP_SYS_ADMIN.
  func enter(from root: ProcRoot) throws(SystemError) -> Bool {
    var failure: SystemError?
    var refusals = 0
    if let descriptor {
      do throws(SystemError) {
        // The descriptor may be another file by now, which is not opened.
        let status = try root.folder.status(of: descriptor)
        guard NetworkNamespaceID(truncating: status.inode) == id else { return false }
        return try enter(try root.openLive(descriptor))
      } catch {
        if error.isGone { return false }
        throw error
      }
    }
    for link in processes.lazy.map({ "\($0)/ns/net" }) {
      do throws(SystemError) {
        if try enter(try root.openLive(link)) { return true }
      } catch {
        if !error.isGone { failure = error }
        // One process may have more privileges than this one, but hardly all.
        refusals += 1
        if refusals == Self.mostRefusals { break }
      }
    }
    for path in files {
      do throws(SystemError) {
        if try enter(try Descriptor.openWithoutWaiting(String(decoding: path, as: UTF8.self))) { return true }
      } catch {
        if !error.isGone { failure = error }
      }
    }
    if let failure { throw failure }
    return false
  }

  /// Enters the namespace of a file, unless the file is that of another one by now.
  private func enter(_ file: consuming Descriptor) throws(SystemError) -> Bool {
    guard NetworkNamespaceID(truncating: try file.status().inode) == id else { return false }
    try enterNetworkNamespace(file)
    return true
  }

  /// Moves the calling thread into the namespace of the first process, in the cheapest way; where
  /// that fails, as ``enter(from:)``.
  ///
  /// The process may be in another namespace by now: who reports something checks where the thread
  /// is.
  func enterQuickly(from root: ProcRoot) throws(SystemError) -> Bool {
    // The number of a process in /proc need not be the one that it has for this process.
    if root.isOwnKernel, let pid = processes.first {
      do throws(SystemError) {
        try enterNetworkNamespace(ofProcess: pid)
        return true
      } catch {}
    }
    return try enter(from: root)
  }

  /// The value of `--netns` that enters the namespace: a name of `ip netns`, else a process.
  ///
  /// - Parameter pid: the process to name; the first one by default.
  func place(near pid: Int32? = nil) -> String {
    let prefix = Array(NamespaceCatalog.namedFolder.utf8)
    if let file = files.first(where: { $0.starts(with: prefix) }) {
      return String(decoding: file[prefix.count...], as: UTF8.self)
    }
    if let pid = pid ?? processes.first { return "\(pid)" }
    return files.first.map { String(decoding: $0, as: UTF8.self) } ?? "\(id)"
  }
}
