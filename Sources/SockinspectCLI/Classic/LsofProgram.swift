/// `sockinspect lsof`: reads the command line of lsof, makes the snapshot that it needs, and prints its view.
enum LsofProgram {
  /// Does what the arguments ask for, and returns the exit status.
  static func run(_ arguments: [String]) -> Int32 { 1 }
}
