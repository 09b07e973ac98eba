package import LinuxSystem
package import Options
import Text

extension LiveSettingsFile {
  /// Reads the file of an environment; `nil` when there is none that this user may read. One that `SOCKINSPECT_CONFIG` names
  /// must be there.
  ///
  /// - Parameter variable: the value of a variable of the environment.
  package static func read(in variable: (String) -> String?) throws(UsageError) -> LiveSettingsFile? {
    guard let path = path(in: variable) else { return nil }
    do throws(SystemError) {
      return LiveSettingsFile(path: path, text: try contents(of: path))
    } catch {
      // With another user's HOME, as below sudo and its like, the file is none of this user's.
      if error.isGone || error.isForbidden, variable(variableName) == nil { return nil }
      let file = variable(variableName) == nil ? path : "\(path), which \(variableName) names"
      throw UsageError(
        "cannot read the settings in \(Escaping.text(file)): \(error.reason)", ["without them: add --no-config"])
    }
  }

  /// Changes the file and writes it: whole or not at all, readable for this user only. Folders that
  /// are missing are made. What the file contains now is changed, not what was read before; where it
  /// is a link, the file that it leads to is replaced.
  package static func change(
    _ path: String, _ change: (inout LiveSettingsFile) -> Void
  ) throws(SystemError) {
    var text: [UInt8] = []
    do throws(SystemError) {
      text = try contents(of: path)
    } catch {
      guard error.isGone else { throw error }
      text = Array("# Settings of the live view (sockinspect watch): its options, one a line.\n".utf8)
    }
    var file = LiveSettingsFile(path: path, text: text)
    change(&file)
    let bytes = file.text
    try FileReplacement.write(bytes.span, to: path, permissions: 0o600)
  }

  private static func contents(of path: String) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.openWithoutWaiting(path)
    var text: [UInt8] = []
    guard try file.readAll(into: &text, limit: longest, subject: path) else { throw .tooLarge(path) }
    return text
  }
}
