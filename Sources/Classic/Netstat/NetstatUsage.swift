import Options

/// netstat's texts about itself.
enum NetstatUsage {
  static let version = "sockinspect \(ProgramVersion.text), as netstat of net-tools 2.10\n"
}
