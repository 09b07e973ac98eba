import LinuxSystem
import Query
import SocketModel
import Text

extension QueryReading.Word {
  /// The message about a word that was taken for several things; `nil` for one with a single
  /// meaning.
  package var ambiguity: String? {
    // A name followed by ports has only one meaning.
    guard meanings.count > 1, meanings.first != .text else { return nil }
    var kinds: [String] = []
    var options: [String] = []
    let typed = ShellWords.quoted(text.rawBytes)
    for meaning in meanings {
      switch meaning {
      case .port:
        kinds.append("a port")
        options.append("--port \(typed)")
      case .user:
        kinds.append("a user")
        options.append("--user \(typed)")
      case .text:
        kinds.append("text")
        options.append("--process \(typed)")
      case .address, .state, .transport: break
      }
    }
    return "\(quoted(text)) is taken for \(kinds.joinedInWords("and")); one of them: \(options.joinedInWords("or"))"
  }
}

extension ListPlan {
  /// The messages about words and letters that mean several things.
  package var remarks: [String] {
    let line = typedLine.arguments
    let asLsof = words.first { word in
      word.meanings.contains(.user) && zip(line, line.dropFirst()).contains { $0 == "-u" && $1 == word.text }
    }
    if let asLsof {
      return ["-u is UDP here; the sockets of a user: sockinspect --user \(ShellWords.quoted(asLsof.text.rawBytes))"]
    }
    return words.compactMap(\.ambiguity)
  }

  /// The hints, when no socket matched, about words that may have been meant in another way.
  ///
  /// - Parameter isProcess: whether there is a process with an id; `nil` where that is not known.
  package func wordHints(isProcess: (Int32) -> Bool) -> [String] {
    var hints: [String] = []
    let texts = words.filter { $0.meanings.contains(.text) }
    for word in texts {
      if let suggestion = word.suggestion {
        hints.append("\(quoted(word.text)) was looked for as text; did you mean \(suggestion)?")
      } else if word.text.contains("."), word.text.contains(where: \.isLetter), !word.text.contains("/") {
        hints.append("\(quoted(word.text)) was looked for as text: names of hosts are not looked up")
      }
    }
    let hasEnds = words.contains { $0.meanings == [.port] || $0.meanings == [.address] }
    let asksForOwners = selection.ownerPIDs != nil || selection.ownerProcess != nil
    if !texts.isEmpty || asksForOwners, transportsAreDefault, !hasEnds, askedPorts == nil, !transports.contains(.unix) {
      hints.append("unix sockets and other transports too: \(typedLine.adding("-a"))")
    }
    if let pid = typedLine.arguments.compactMap({ Int32($0) }).first, askedPorts != nil, isProcess(pid) {
      hints.append("\(pid) is the number of a process: sockinspect --pid \(pid)")
    }
    return hints
  }
}

extension [String] {
  /// The items with commas between them, and a word before the last: `a, b or c`.
  func joinedInWords(_ word: String) -> String {
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " \(word) " + last
  }
}
