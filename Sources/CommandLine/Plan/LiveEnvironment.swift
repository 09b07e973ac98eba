import LinuxSystem
import Options
import Query
import SocketModel

extension Environment {
  /// The process's own environment, terminal and name files.
  package static var live: Environment {
    Environment(
      variable: { environmentVariable($0) }, isTerminal: StandardStream.output.isTerminal,
      terminalWidth: Terminal.width(of: StandardStream.output.rawValue),
      errorIsTerminal: StandardStream.error.isTerminal,
      errorWidth: Terminal.width(of: StandardStream.error.rawValue), names: { .system },
      settings: { () throws(UsageError) in try LiveSettingsFile.read(in: { environmentVariable($0) }) })
  }
}
