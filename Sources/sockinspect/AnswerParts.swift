import Lesson
import Rendering
import SocketModel

// Parts of the answers that commands give in words.

/// The whole seconds after which a time in milliseconds is over.
func wholeSeconds(_ milliseconds: UInt32) -> Int { (Int(milliseconds) + 999) / 1000 }

extension String {
  /// The text with a capital letter at its beginning, as a sentence has.
  var capitalizedSentence: String { prefix(1).uppercased() + dropFirst() }
}

extension ReuseOptions {
  /// The C names of the options, as part of a sentence.
  func names(in language: Language) -> String { names.joined(separator: language(" and ", " y ")) }
}

extension Snapshot {
  /// The names of the transports whose tables were looked at, in their order.
  var lookedAtNames: [String] { lookedAt.keys.sorted { $0.rawValue < $1.rawValue }.map(\.name) }
}

extension LabelledText.Part {
  /// Several parts with one label, which the first of them has.
  static func list(_ label: String, _ texts: [String]) -> [LabelledText.Part] {
    texts.enumerated().map { .init($0 == 0 ? label : "", $1) }
  }
}
