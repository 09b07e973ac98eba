import Inspection
import Query
import Rendering

/// The meaning of a command line of `lsof`.
struct LsofPlan: Sendable {
  /// What is selected.
  var criteria = LsofCriteria()
  /// How it is shown.
  var view = LsofView()
  /// The fields of `-F`; `nil` for columns.
  var fields: Set<Character>?
  /// The byte after each field.
  var terminator: UInt8 = UInt8(ascii: "\n")
  /// `-t`: process ids only.
  var isTerse = false
  /// `-E` and `+E`: what is shown of the other ends.
  var endpoints = LsofEndpoints.Mode.none
  /// Whether addresses, and ports, are shown by name.
  var hostNames = true
  var portNames = true
  /// The messages, before the listing, about names after the options that are not names of files.
  var nameErrors: [String] = []
  /// `+M`: the programs that are registered with the portmapper are requested; they are not listed
  /// here.
  var asksPortmapper = false
  /// Whether warnings are printed.
  var warns = true
  /// Whether to note that files other than sockets are not listed.
  var notesOtherFiles = true
  /// `-Q`: what was not found does not count in the exit status.
  var allowsMissing = false
  /// `-V`: what was not found is reported.
  var isVerbose = false
  /// How the listing is repeated; `nil` for once.
  var repetition: Repetition?
  /// The folder to read instead of the live /proc.
  var root: String?
  /// The network namespaces to read.
  var namespaces = NamespaceSelection.here
  /// Whether an environment variable, not an option, names the root.
  var isRootByVariable = false

  /// `-r` and `+r`.
  struct Repetition: Sendable, Hashable {
    /// Seconds between two listings.
    var seconds = 15
    /// Whether it ends as soon as there is nothing to list.
    var endsWhenEmpty = false
    /// The number of listings after which it ends; 0 for never.
    var count = 0
    /// The format of the line after each listing; `nil` for `=======`.
    var marker: String?
  }

  /// The result of reading a command line.
  enum ParseResult: Sendable {
    case list(LsofPlan)
    /// Names were given and none is a file: the message about each; none when `-Q` allows it.
    case missing([String])
    /// Help was requested.
    case help
    /// Help on fields was requested.
    case fieldHelp
    /// The version was requested.
    case version
    /// The command line is wrong, with messages that explain why.
    case wrong([String])
    /// The command line is valid but asks for what this program does not do, with one line that
    /// names what does.
    case refused(String)
  }
}
