import Classic
import CommandLine
import LinuxSystem
import Options
import Text

extension Command {
  /// `sockinspect link DIR`.
  static let link = Command(
    "link", "link DIR [--quiet]", "make it callable as netstat and lsof",
    options: .ofListing { ListingOptions.link.table },
    operands: .folder, chapter: { .link }
  ) { (typed, _) throws(UsageError) in
    var plan = LinkPlan(directory: typed.allOperands[0])
    try ListingOptions.link.apply(typed.options, to: &plan)
    return .command(plan)
  }
}

extension LinkPlan: CommandPlan {
  func run() -> ExitStatus { LinkCommand(directory: directory, quiet: quiet).run() }
}

/// `sockinspect link DIR`: makes symbolic links to this program; when called by their names, it
/// acts as netstat and lsof.
struct LinkCommand {
  let directory: String
  let quiet: Bool

  /// Makes the links that can be made, and returns the exit status.
  func run() -> ExitStatus {
    let program: String
    let folder: Descriptor
    do throws(SystemError) {
      program = try ChildProcess.ownProgram()
      folder = try Descriptor.open(directory, for: .directory)
    } catch {
      Messages.complain("cannot make links in \(directory): \(error.reason)")
      return .failed
    }
    // The kernel's mark of a deleted file; a link would lead nowhere.
    if program.hasSuffix(" (deleted)") {
      Messages.complain("this program's file was replaced or removed while it runs: try again")
      return .failed
    }
    var made: [String] = []
    var kept: [String] = []
    var failures = 0
    for name in ClassicProgram.allCases.map(\.rawValue) {
      do throws(SystemError) {
        try folder.makeLink(name, to: Array(program.utf8))
        made.append(name)
      } catch {
        if error.isPresent, leads(name, in: folder, to: program) {
          kept.append(name)
        } else {
          let reason = error.isPresent ? "it is there already, and nothing is ever overwritten" : error.reason
          Messages.complain("cannot make the link \(place(name)): \(reason)")
          failures += 1
        }
      }
    }
    if !quiet {
      for name in made { note("\(place(name)) is this program now") }
      for name in kept { note("\(place(name)) was this program already") }
    }
    return failures == 0 ? .matched : .failed
  }

  private func note(_ message: String) { Messages.note(escaped(message)) }

  private func place(_ name: String) -> String { directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)" }

  /// Whether a name in the folder is this program's file.
  private func leads(_ name: String, in folder: borrowing Descriptor, to program: String) -> Bool {
    guard let there = try? folder.status(of: name), let own = try? folder.status(of: program) else { return false }
    return there.device == own.device && there.inode == own.inode
  }
}
