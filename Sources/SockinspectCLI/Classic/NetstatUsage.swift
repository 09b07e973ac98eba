/// What netstat says of itself.
enum NetstatUsage {
  static let version = "netstat of sockinspect \(Sockinspect.version)\n"
  static let text = "usage: netstat [OPTIONS]\n"
}
