import LinuxSystem

extension Surroundings {
  /// The process's own environment, terminal and name files.
  static var live: Surroundings {
    Surroundings(
      variable: { environmentVariable($0) }, isTerminal: StandardStream.output.isTerminal,
      terminalWidth: Terminal.width(of: StandardStream.output.rawValue), uid: { _ in nil },
      ports: { ServiceNames.system.ports(of: $0) })
  }
}
