internal import SocketModel
internal import Text

/// The whole name of a process whose `comm` is cut: the kernel keeps 15 bytes of it
/// (`TASK_COMM_LEN`).
package enum ProcessName {
  /// The longest name of a file (`NAME_MAX`).
  private static let longest = 255

  /// Finds the whole name in the arguments, `cmdline`: what the program was called as or, for a
  /// script, the file that its interpreter runs. `nil` when neither begins with the name and is
  /// longer.
  package static func completed(_ name: [UInt8], arguments: [UInt8]) -> [UInt8]? {
    guard name.count == ProcessInfo.mostNameBytes else { return nil }
    for argument in arguments.split(separator: ASCII.null, maxSplits: 2).prefix(2) {
      // A process that writes a title over its arguments puts them all into one.
      let title = name.contains(ASCII.blank) ? argument : argument.prefix { $0 != ASCII.blank }
      if let whole = completed(name, path: title) { return whole }
    }
    return nil
  }

  /// Finds the whole name in the target of `exe`; `nil` when the program's name does not begin with
  /// the name, or is no longer.
  package static func completed(_ name: [UInt8], executable: [UInt8]) -> [UInt8]? {
    let deleted = Array(" (deleted)".utf8)
    let isDeleted = executable.count > deleted.count && executable.suffix(deleted.count).elementsEqual(deleted)
    return completed(name, path: executable.dropLast(isDeleted ? deleted.count : 0))
  }

  private static func completed(_ name: [UInt8], path: ArraySlice<UInt8>) -> [UInt8]? {
    var file = path[(path.lastIndex(of: ASCII.slash).map { $0 + 1 } ?? path.startIndex)...]
    // The title of a process: `name: what it does`.
    if file.last == ASCII.colon { file.removeLast() }
    guard file.count > name.count, file.count <= longest, file.starts(with: name) else { return nil }
    return Array(file)
  }
}
