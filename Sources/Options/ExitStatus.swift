/// What the program's exit status means.
package enum ExitStatus: Int32 {
  /// At least one socket was shown.
  case matched = 0
  /// No socket matched, or a command could not do what it was asked to do.
  case nothing = 1
  /// The command line is wrong.
  case usage = 2
  /// The listing is incomplete, under `--strict`.
  case incomplete = 3
  /// The source could not be read, or the output could not be written.
  case unreadable = 4

  /// A command could not do what it was asked to do.
  package static let failed = ExitStatus.nothing
}
