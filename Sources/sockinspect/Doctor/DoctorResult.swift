import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import SocketModel
import Text

/// What `doctor` found out; its words and its JSON are made from this.
struct DoctorResult {
  let report: DoctorReport
  let snapshot: Snapshot
  let plan: DoctorPlan
  /// Milliseconds between the scans; `nil` with one.
  let interval: Int?

  init(_ report: DoctorReport, _ snapshot: Snapshot, _ plan: DoctorPlan, interval: Int? = nil) {
    self.report = report
    self.snapshot = snapshot
    self.plan = plan
    self.interval = interval
  }

  /// The command that shows the rows of a finding, from the same source.
  func command(_ listing: String) -> String {
    var words = ["sockinspect"]
    if let root = plan.list.root { words += ["--root", ShellWords.quoted(root.rawBytes)] }
    switch plan.list.namespaces {
    case .here: break
    case .all: words += ["--netns", "all"]
    case .one(let name): words += ["--netns", ShellWords.quoted(name.rawBytes)]
    }
    return words.joined(separator: " ") + " " + listing
  }
}
