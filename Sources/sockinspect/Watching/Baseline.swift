import CommandLine
import Inspection
import KernelFormats
import Options
import SocketModel
import Text

/// The capture that new listeners are compared with: `watch --new --baseline`.
struct Baseline: Sendable {
  /// Why there is none.
  enum Failure: Error {
    /// Nothing could be read of it.
    case unreadable(InspectionError)
    /// It was read, and is of no use.
    case unusable(UsageError)
  }

  /// What the capture shows.
  let snapshot: Snapshot

  /// What could not be read of it. How many listeners lack an owner is said with the comparison.
  var problems: [Problem] { snapshot.problems.filter { !$0.costsOnlyOwners } }

  /// Reads it as `--root` does, with all that is watched.
  init(_ plan: WatchPlan, _ path: String) throws(Failure) {
    let root: ProcRoot
    do throws(InspectionError) {
      root = try .open(path, in: plan.includesElsewhere ? .all : .here)
    } catch {
      throw .unreadable(error)
    }
    guard root.manifest?.isRedacted != true else {
      throw .unusable(
        UsageError(
          "--baseline: \(quoted(path)) was made with --redact, so its addresses and names are others",
          ["make one to compare with: sockinspect capture DIR"]))
    }
    var request = plan.request()
    request.requiredTransports = []
    do throws(InspectionError) {
      snapshot = try Inspector(root: root).snapshot(request)
    } catch {
      if case .noTables(let root, _) = error, let series = try? CaptureSeries.open(path) {
        let last = series.frames[series.frames.count - 1].name
        throw .unusable(
          UsageError(
            "--baseline: \(quoted(root)) is a series of captures", ["its last one: --baseline \(root)/\(last)"]))
      }
      throw .unreadable(error)
    }
  }
}
