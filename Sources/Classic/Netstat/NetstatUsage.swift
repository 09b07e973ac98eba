import Options

/// What netstat says of itself.
enum NetstatUsage {
  static let version = "sockinspect \(ProgramVersion.text), as netstat of net-tools 2.10\n"
}
