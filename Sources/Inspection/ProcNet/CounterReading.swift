import KernelFormats
import LinuxSystem
import SocketModel

/// Reads the tables of counters of a root: whole small files, unlike the tables of sockets.
struct CounterReading {
  let root: ProcRoot

  /// The most that is read of one table.
  private static let mostBytes = 1 << 20

  /// Reads all tables that there are. One that is missing or not of its form is a problem.
  func run(into snapshot: inout Snapshot) {
    guard root.hasProcesses else {
      snapshot.problems.append(
        Problem(
          .missing, place: .counters(.snmp), subject: "net/snmp", message: "a single table has no counters"))
      return
    }
    for table in CounterGroup.Table.allCases {
      let subject = "net/\(table.rawValue)"
      do throws(SystemError) {
        let bytes = try root.readTable(table.rawValue, limit: Self.mostBytes)
        let (groups, damage) = CounterTables.decode(bytes.span, of: table)
        snapshot.counters += groups
        if let damage {
          let message =
            damage == .truncated ? "the values of the last group are missing" : "expected a colon behind a name"
          snapshot.problems.append(Problem(damage, place: .counters(table), subject: subject, message: message))
        }
      } catch {
        let kind: Problem.Kind = error.isGone ? .missing : .unreadable
        snapshot.problems.append(Problem(kind, place: .counters(table), subject: subject, message: error.reason))
      }
    }
  }
}
