/// `sockinspect netstat`: reads the command line of netstat, makes the snapshot that it needs, and prints its view.
enum NetstatProgram {
  /// Does what the arguments ask for, and returns the exit status.
  static func run(_ arguments: [String]) -> Int32 { 1 }
}
