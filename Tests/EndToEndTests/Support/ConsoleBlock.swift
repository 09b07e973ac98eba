import Foundation
import TestSupport

/// A `console` block of README.md: commands, and what they print.
struct ConsoleBlock: Sendable {
  /// The heading above it, with its number signs.
  var heading: String
  /// The terminal that it names in its first line; `nil` when its commands run to their end before
  /// the next block.
  var terminal: String?
  var parts: [Part] = []

  /// Something to type, and the lines that follow it.
  struct Part: Sendable {
    /// A command, `^C`, or `nil` when the terminal's program only continues.
    var typed: String?
    var printed: [String] = []
  }

  init(heading: String, lines: [String]) {
    self.heading = heading
    var lines = lines[...]
    if let name = lines.first?.firstMatch(of: #/^# (terminal \d+)$/#) {
      terminal = String(name.1)
      lines.removeFirst()
    }
    for line in lines {
      if line == "^C" {
        parts.append(Part(typed: line))
      } else if line.hasPrefix("$ ") {
        parts.append(Part(typed: String(line.dropFirst(2))))
      } else {
        if parts.isEmpty { parts.append(Part()) }
        parts[parts.count - 1].printed.append(line)
      }
    }
  }

  /// The steps in it.
  var typed: [String] { parts.compactMap(\.typed) }

  /// The blocks of README.md, in their order.
  static func ofReadme() throws -> [ConsoleBlock] {
    blocks(of: try Repository.text("README.md"))
  }

  /// The blocks of a text in Markdown.
  static func blocks(of text: String) -> [ConsoleBlock] {
    var blocks: [ConsoleBlock] = []
    var heading = ""
    var fence: String?
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if let opened = fence {
        if line == "```" {
          if opened == "console" { blocks.append(ConsoleBlock(heading: heading, lines: lines)) }
          fence = nil
        } else {
          lines.append(line)
        }
      } else if line.hasPrefix("```") {
        fence = String(line.dropFirst(3))
        lines = []
      } else if line.hasPrefix("#") {
        heading = line
      }
    }
    return blocks
  }
}

/// Compares what was printed with what a page shows.
enum Transcript {
  /// What is wrong; `nil` when each line is as on the page. A line `...` stands for any lines.
  static func mistake(page: [String], printed: [String]) -> String? {
    let page = page.map(plain)
    let actual = printed.map(plain)
    var (wanted, seen) = (0, 0)
    var (gap, resume): (Int?, Int) = (nil, 0)
    var furthest = 0
    while seen < actual.count {
      if wanted < page.count, page[wanted] == "..." {
        (gap, resume) = (wanted, seen)
        wanted += 1
      } else if wanted < page.count, page[wanted] == actual[seen] {
        wanted += 1
        seen += 1
      } else if let gap {
        resume += 1
        (wanted, seen) = (gap + 1, resume)
      } else {
        break
      }
      furthest = max(furthest, wanted)
    }
    while wanted < page.count, page[wanted] == "..." { wanted += 1 }
    if wanted == page.count, seen == actual.count { return nil }
    let line = furthest < page.count ? "not in its place: \(page[furthest])" : "there are more lines"
    return "\(line)\nprinted:\n\(printed.joined(separator: "\n"))"
  }

  /// A line without what differs between runs: ports that the kernel chose, processes, descriptors,
  /// times, and the blanks that depend on the widths of columns.
  static func plain(_ line: String) -> String {
    // Processes first: their numbers may be in the range of those ports.
    var line = line.replacing(#/\[\d+\]/#, with: "[PID]").replacing(#/(process|proceso|held by) \d+/#) { "\($0.1) PID" }
    line = line.replacing(#/captured \d+ tables and \d+ processes/#, with: "captured N tables and N processes")
    line = line.replacing(#/^\d\d:\d\d:\d\d\.\d{6}/#, with: "TIME")
    line = line.replacing(#/ age [0-9.]+(us|ms|s)\b/#, with: " age N")
    line = line.replacing(#/ +\d+ +(\S+) +\d+u +(IPv[46]) +\d+ /#) { " PID \($0.1) Nu \($0.2) DEVICE " }
    // A minute in milliseconds is counted down in their range, too.
    line = line.replacing(#/\b40265\d{5}\b/#, with: "NAMESPACE")
    line = line.replacing(#/\b[3-6]\d{4}\b/#, with: "PORT")
    line = line.replacing(#/fd \d+/#, with: "fd N").replacing(#/^([a-z]+)\(\d+/#) { "\($0.1)(N" }
    line = line.replacing(#/^(socket|accept)(\(.*?\)) = \d+/#) { "\($0.1)\($0.2) = N" }
    line = line.replacing(#/(:1234|PORT) +\d+ +([a-zA-Z])/#) { "\($0.1) N \($0.2)" }
    line = line.replacing(#/\b\d+\.\d s\b/#, with: "N s")
    return line.replacing(#/ +/#, with: " ").replacing(#/ $/#, with: "")
  }
}
