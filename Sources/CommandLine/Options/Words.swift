import Lesson
import Query
import SocketModel
import Text

/// The shells that completions are made for.
package enum Shell: String, CaseIterable, Sendable { case bash, zsh, fish }

/// The words that values consist of, from the model's own lists.
package enum Words {
  /// The names of states and of groups of them.
  package static let states = StateNames.names
  /// The transport names and the names of groups of them.
  package static let transports = Transport.allCases.map(\.name) + ["inet", "all"]
  /// The names of the fields: columns, sort keys, query names.
  package static let fields = FieldRegistry.standard.names
  /// Those and their other names, for "did you mean".
  static let fieldsAndAliases = FieldRegistry.standard.namesAndAliases
  /// The states that a pair of sockets can be held in, and the word for all of them.
  static let heldStates = HoldPlan.everyState.map(\.name) + ["all"]
  /// The troubles that `listen-demo --scene` makes.
  static let scenes = TroubleScene.allCases.map(\.rawValue)
  /// The words after `explain`: the two overviews, the states, the calls, the errors, the terms of
  /// one word, the columns.
  package static let explained =
    Overview.allCases.map(\.rawValue) + SocketState.allCases.map(\.name)
    + ExplainedCall.allCases.map(\.rawValue).filter { SocketState(name: $0) == nil }
    + SocketError.allCases.map(\.rawValue) + NetworkTerm.allCases.map(\.typed)
    + fields.filter { name in !NetworkTerm.allCases.contains { $0.typed == name } && SocketState(name: name) == nil }
}
