/// A program that people have in their fingers and scripts, whose command line, output and exit status are reproduced.
///
/// Its arguments are its own: they are read by its rules and not by those of the other commands.
enum ClassicProgram: String, CaseIterable, Sendable {
  case netstat, lsof

  /// The program that a name or path of the executable stands for: `netstat` or `/usr/local/bin/netstat`.
  init?(calledAs path: String) { self.init(rawValue: String(path.split(separator: "/").last ?? "")) }

  /// Does what the arguments behind the name ask for, and returns the exit status that the original would.
  func run(_ arguments: [String]) -> Int32 {
    switch self {
    case .netstat: NetstatProgram.run(arguments)
    case .lsof: LsofProgram.run(arguments)
    }
  }
}
