import LinuxSystem
import Options
import SocketModel
import Text

/// What to type instead of the options and words of other programs that this one does not have.
///
/// A hint is a line that can be pasted, made from the line that was typed, wherever one line does
/// what the user wanted.
enum Habits {
  /// What to type instead of an option that the listing and `watch` do not have; `nil` for one that
  /// means nothing to other programs either.
  ///
  /// - Parameters:
  ///   - name: the letter or long name, without dashes.
  ///   - arguments: the whole line.
  static func hints(forOption name: String, in arguments: [String]) -> [String]? {
    let rest = line(arguments, without: name)
    if arguments.first == "watch", let hints = hintsOfWatch(forOption: name, rest) { return hints }
    switch name {
    case "d", "dccp": return notListed("DCCP", "-d")
    case "tipcinfo": return ["such figures of TIPC are not shown: ss --tipc --tipcinfo shows them"]
    case "K", "k", "kill": return [signalling(rest)]
    case "s", "summary": return ["totals of one moment: sockinspect -s"]
    case "json", "csv": return ["one JSON object an event: sockinspect watch --ndjson"]
    case "E", "watch", "follow": return ["events as they happen: " + watching(rest)]
    case "c", "continuous": return ["again and again: " + watching(rest)]
    case "F", "filter": return ["a query from a file: sockinspect \"$(cat FILE)\""]
    case "D", "diag": return ["a copy of all tables, to look at elsewhere: sockinspect capture DIR"]
    case "b", "bpf", "bpf-maps": return ["filter programs of sockets are not shown: ss -0 --bpf shows them"]
    case "T", "threads": return ["owners are processes: what only a thread has open is found as its process's"]
    case "Z", "context": return ["security contexts are not shown: ss -Z shows those of processes"]
    case "z", "contexts": return ["security contexts are not shown: ss -z shows those of processes and sockets"]
    case "inet-sockopt": return ["of these only: " + TypedLine(rest + ["--columns", "+ipv6_only,tos,tclass"]).text]
    default: return nil
    }
  }

  /// What to type instead of a command that does not exist and the words after it; `nil` for any
  /// other word.
  static func hints(forCommand words: [String]) -> [String]? {
    let rest = Array(words.dropFirst())
    switch words.first {
    case "kill": return [signalling(rest)]
    case "list", "ls", "show": return ["sockets are listed without a command: " + TypedLine(rest).text]
    default: return nil
    }
  }

  /// The option whose letter, `-f`, means to follow in other programs.
  static let family: OptionID = "family"

  /// What `-f` alone means in other programs: to follow.
  static func following(_ arguments: [String]) -> String {
    "to follow what happens: " + watching(line(arguments, without: "f"))
  }

  /// The same line for the view of lsof, when its letters are options of lsof; otherwise `nil`.
  static func lsofLine(_ arguments: [String]) -> String? {
    let isLsof = arguments.indices.contains { index in
      let argument = arguments[index]
      if argument.hasPrefix("-sTCP:") || argument.hasPrefix("-sUDP:") { return true }
      let rest = argument.dropFirst(2)
      if argument.hasPrefix("-i"), let first = rest.first, "TUtu:@".contains(first) { return true }
      let letters = argument.dropFirst()
      if argument.hasPrefix("-"), letters.contains("P"), letters.allSatisfy({ "nPilatRU".contains($0) }) { return true }
      let follows = index + 1 < arguments.count ? arguments[index + 1] : ""
      // -c NAME and -g PGID; netstat's -c takes nothing, or a number of seconds.
      if argument == "-c" { return !follows.isEmpty && !follows.hasPrefix("-") && Double(follows) == nil }
      if argument == "-g" { return true }
      return argument.hasPrefix("-c") && rest.contains(where: \.isLetter)
    }
    return isLsof ? "as lsof reads it: " + TypedLine(["lsof"] + arguments).text : nil
  }

  private static func notListed(_ name: String, _ option: String) -> [String] {
    ["\(name) sockets are not listed: ss \(option) lists them"]
  }

  private static func signalling(_ rest: [String]) -> String {
    "to signal an owner or close a connection: \(watching(rest)), then K"
  }

  private static func watching(_ rest: [String]) -> String {
    TypedLine((rest.first == "watch" ? [] : ["watch"]) + rest).text
  }

  /// The arguments without an option, whether it was typed by itself or among other letters.
  static func line(_ arguments: [String], without name: String) -> [String] {
    arguments.compactMap { argument in
      if argument == "-\(name)" || argument == "--\(name)" || argument.hasPrefix("--\(name)=") { return nil }
      guard name.count == 1, argument.hasPrefix("-"), !argument.hasPrefix("--") else { return argument }
      let letters = argument.filter { String($0) != name }
      return letters == "-" ? nil : letters
    }
  }
}
