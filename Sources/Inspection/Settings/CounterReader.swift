import KernelFormats
import LinuxSystem
import SocketModel

/// Reads the tables of counters of a root: whole small files, unlike the tables of sockets.
struct CounterReader {
  let root: ProcRoot

  /// The most bytes that are read of one table.
  private static let mostBytes = 1 << 20

  /// Reads all tables that exist. A missing or malformed table is a problem.
  func run(into snapshot: inout Snapshot) {
    guard root.hasProcesses else {
      snapshot.problems.append(Problem(subject: .counters(.snmp), cause: .missing(.counters)))
      return
    }
    for table in CounterGroup.Table.allCases {
      do throws(SystemError) {
        let bytes = try root.readTable(table.rawValue, limit: Self.mostBytes)
        let (groups, damage) = CounterTables.decode(bytes.span, of: table)
        snapshot.counters += groups
        if let damage { snapshot.problems.append(Problem(subject: .counters(table), cause: damage)) }
      } catch {
        let failure = CallFailure(error)
        let cause: Problem.Cause = error.isGone ? .missing(.file(failure)) : .unreadable(.call(failure))
        snapshot.problems.append(Problem(subject: .counters(table), cause: cause))
      }
    }
  }
}
