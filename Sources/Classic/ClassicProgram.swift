/// A program that people know by heart and use in scripts, whose command line, output and exit
/// status are reproduced.
///
/// Its arguments are read by its own rules, not by those of the other commands.
package enum ClassicProgram: String, CaseIterable, Sendable {
  case netstat, lsof

  /// The program that a name or path of the executable stands for: `netstat` or
  /// `/usr/local/bin/netstat`.
  package init?(calledAs path: String) { self.init(rawValue: String(path.split(separator: "/").last ?? "")) }

  /// Does what the arguments after the name request, and returns the exit status of the original.
  ///
  /// - Parameter netstatHelp: makes the help of netstat's options, which is also what a wrong
  ///   command line gets.
  package func run(_ arguments: [String], netstatHelp: () -> String) -> Int32 {
    switch self {
    case .netstat: NetstatProgram.run(arguments, help: netstatHelp)
    case .lsof: LsofProgram.run(arguments)
    }
  }
}
