import Options
import Text

/// The settings of the live view that a user keeps: a text of options of `watch`, one a line, with
/// their long names.
///
///     # what I always want
///     columns +rtt_us,-send_queue
///     no-mouse
///
/// Blank lines and lines that begin with `#` are comments. The name may have its dashes, and a `=`
/// may stand behind it. Only the live view reads it: what a script prints must not depend on a file
/// that its author does not see.
package struct LiveSettingsFile: Sendable, Equatable {
  /// Where it is, for messages and for writing it.
  package let path: String
  private var lines: [[UInt8]]

  /// The most bytes that are read.
  static let longest = 65_536

  /// Makes it from what a file contains.
  package init(path: String, text: [UInt8]) {
    self.path = path
    lines = text.split(separator: ASCII.newline, omittingEmptySubsequences: false).map { Array($0) }
    // The last line ends with a newline too.
    if lines.last?.isEmpty == true { lines.removeLast() }
  }

  /// What the file is to contain.
  package var text: [UInt8] { lines.flatMap { $0 + [ASCII.newline] } }

  /// Where the file is in an environment: what `SOCKINSPECT_CONFIG` names, or
  /// `sockinspect/config` in `XDG_CONFIG_HOME`, or else in `~/.config`; `nil` when the variable is
  /// empty, so that no file is wanted, or when there is no home.
  ///
  /// - Parameter variable: the value of a variable of the environment.
  package static func path(in variable: (String) -> String?) -> String? {
    if let named = variable(variableName) { return named.isEmpty ? nil : named }
    // A relative path is to be ignored (XDG Base Directory Specification).
    if let folder = variable("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/sockinspect/config" }
    guard let home = variable("HOME"), !home.isEmpty else { return nil }
    return home + "/.config/sockinspect/config"
  }

  /// The variable that names another file.
  package static let variableName = "SOCKINSPECT_CONFIG"

  // MARK: Reading

  /// The options in it, as if they had been typed. Their spelling names the file and the line.
  ///
  /// - Parameter table: the options of `watch`.
  func options(of table: OptionTable) throws(UsageError) -> [TypedArguments.Occurrence] {
    var options: [TypedArguments.Occurrence] = []
    for (index, line) in lines.enumerated() {
      guard let (name, value) = Self.parts(of: line) else { continue }
      let place = "\(Escaping.text(path)):\(index + 1)"
      guard let option = table.option(long: name), WatchOptions.settings.contains(option.id) else {
        if table.option(long: name) != nil {
          throw UsageError(
            "\(place): \(quoted(name)) is an option for the command line, not a setting",
            ["settings: \(WatchOptions.settings.map(\.name).joined(separator: ", "))"])
        }
        throw .unknownWord(name, for: place, "setting", among: WatchOptions.settings.map(\.name))
      }
      let spelling = "\(place): \(name)"
      if let wanted = option.value {
        guard !value.isEmpty else { throw .missingValue(spelling, wanted) }
      } else if !value.isEmpty {
        throw UsageError("\(spelling) takes no value, and \(quoted(value)) stands behind it")
      }
      options.append(
        TypedArguments.Occurrence(
          id: option.id, spelling: spelling, value: option.value == nil ? nil : value, kind: option.value?.kind))
    }
    return options
  }

  /// The name and the value of a line; `nil` for a comment. The value is empty when there is none.
  private static func parts(of line: [UInt8]) -> (name: String, value: String)? {
    func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.blank || byte == ASCII.tab || byte == ASCII.carriageReturn }
    func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      let start = bytes.drop(while: isBlank)
      return start.dropLast(start.reversed().prefix(while: isBlank).count)
    }
    let equals = UInt8(ascii: "=")
    var rest = trimmed(line[...])
    guard let first = rest.first, first != UInt8(ascii: "#") else { return nil }
    if rest.starts(with: Array("--".utf8)) { rest = rest.dropFirst(2) }
    let name = rest.prefix { !isBlank($0) && $0 != equals }
    var value = trimmed(rest.dropFirst(name.count))
    if value.first == equals { value = trimmed(value.dropFirst()) }
    return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
  }

  // MARK: Changing

  /// Sets an option: its line is replaced where it has one, else there is a new line at the end. All
  /// other lines stay as they are.
  ///
  /// - Parameters:
  ///   - name: the long name, without dashes.
  ///   - value: the value; `nil` for an option without one.
  package mutating func set(_ name: String, to value: String? = nil) {
    let line = Array((value.map { "\(name) \($0)" } ?? name).utf8)
    let place = lines.firstIndex { Self.isOption(name, $0) }
    guard let place else {
      lines.append(line)
      return
    }
    lines[place] = line
    let later = lines.indices.filter { $0 > place && Self.isOption(name, lines[$0]) }
    for index in later.reversed() { lines.remove(at: index) }
  }

  /// Takes an option out, wherever it is.
  package mutating func remove(_ name: String) { lines.removeAll { Self.isOption(name, $0) } }

  private static func isOption(_ name: String, _ line: [UInt8]) -> Bool {
    guard let found = parts(of: line)?.name else { return false }
    return found == name || WatchOptions.options.table.option(long: found)?.long == name
  }
}
