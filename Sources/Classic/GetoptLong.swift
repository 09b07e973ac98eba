/// Command lines as `getopt_long(3)` of the GNU C library reads them: letters in clusters, long
/// names that may be shortened, options after operands, and its exact messages.
struct GetoptLong: Sendable {
  /// A long option. Names with the same `meaning` are one option to getopt when a shortened name
  /// fits several.
  struct Name: Sendable {
    let name: String
    let meaning: Character
    let takesValue: Bool

    init(_ name: String, _ meaning: Character, takesValue: Bool = false) {
      self.name = name
      self.meaning = meaning
      self.takesValue = takesValue
    }
  }

  /// What the parser finds in the arguments.
  enum Event: Sendable, Equatable {
    /// An option: its letter, the full long name when that was typed, and its value.
    case option(Character, name: String?, value: String?)
    /// An argument that is not an option.
    case operand(String)
    /// Something wrong, in getopt's words without the program's name.
    case wrong(String)
  }

  /// The letters; those followed by a `:` take a value.
  let letters: String
  /// The long options, in their order, which decides what a shortened name means.
  let names: [Name]

  /// Reads all arguments after the program's name. After a mistake it continues, as getopt does.
  func parse(_ arguments: [String]) -> [Event] {
    var events: [Event] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        events += rest.map { .operand($0) }
        break
      } else if argument.hasPrefix("--") {
        events.append(long(argument, &rest))
      } else if argument.hasPrefix("-"), argument != "-" {
        events += cluster(argument, &rest)
      } else {
        events.append(.operand(argument))
      }
    }
    return events
  }

  private func long(_ argument: String, _ rest: inout ArraySlice<String>) -> Event {
    let body = argument.dropFirst(2)
    let typed = body.prefix { $0 != "=" }
    let inline = body.firstIndex(of: "=").map { String(body[body.index(after: $0)...]) }
    guard let first = names.first(where: { $0.name == typed }) ?? names.first(where: { $0.name.hasPrefix(typed) })
    else {
      return .wrong("unrecognized option '\(argument)'")
    }
    if first.name != typed {
      let others = names.filter { other in
        other.name.hasPrefix(typed) && (other.meaning != first.meaning || other.takesValue != first.takesValue)
      }
      if !others.isEmpty {
        let possible = ([first] + others).map { " '--\($0.name)'" }.joined()
        return .wrong("option '\(argument)' is ambiguous; possibilities:\(possible)")
      }
    }
    if !first.takesValue {
      if inline != nil { return .wrong("option '--\(first.name)' doesn't allow an argument") }
      return .option(first.meaning, name: first.name, value: nil)
    }
    guard let value = inline ?? rest.popFirst() else {
      return .wrong("option '--\(first.name)' requires an argument")
    }
    return .option(first.meaning, name: first.name, value: value)
  }

  private func cluster(_ argument: String, _ rest: inout ArraySlice<String>) -> [Event] {
    var events: [Event] = []
    var typed = argument.dropFirst()
    while let letter = typed.popFirst() {
      guard letter != ":", let place = letters.firstIndex(of: letter) else {
        events.append(.wrong("invalid option -- '\(letter)'"))
        continue
      }
      let takesValue = letters[letters.index(after: place)...].first == ":"
      guard takesValue else {
        events.append(.option(letter, name: nil, value: nil))
        continue
      }
      if let value = typed.isEmpty ? rest.popFirst() : String(typed) {
        events.append(.option(letter, name: nil, value: value))
      } else {
        events.append(.wrong("option requires an argument -- '\(letter)'"))
      }
      break
    }
    return events
  }
}
