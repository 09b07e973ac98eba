/// What netstat says of itself.
enum NetstatUsage {
  static let version = "sockinspect \(Sockinspect.version), as netstat of net-tools 2.10\n"

  /// The help, which is also what a wrong command line gets.
  static var text: String { HelpText.of(.topic(.netstat)) }
}
