package import Diagnosis
package import Inspection
package import Lesson
package import Options
import SocketModel
import Text

/// An examination of the machine's sockets: `doctor`.
package struct DoctorPlan: Sendable {
  /// From where, and how many messages, as for a listing.
  package var list = ListPlan()
  /// The checks to make.
  package var checks = Set(Check.allCases)
  package var thresholds = Thresholds()
  /// The severity from which findings are a failure.
  package var failOn = Severity.warning
  /// Milliseconds between two scans; `nil` for one scan.
  package var interval: Int?
  /// Whether the checks are only listed.
  package var listsChecks = false
  package var isJSON = false
  package var language = Language.english
  /// The width of the text; `nil` for no limit.
  package var width: Int?
  package var usesColour = false

  /// All checks, once, on the running kernel.
  package init() {}

  /// The request to the sources: all TCP and UDP sockets, with the details of those with which
  /// something may be wrong.
  package func request(isOwnKernel: Bool) -> InspectionRequest {
    var request = InspectionRequest()
    request.transports = [.tcp, .mptcp, .udp, .udplite]
    request.source = list.source
    request.byteOrder = list.byteOrder
    request.requiredDetails = [.owners, .drops, .memory, .tcpInfo, .tellingDetailsOnly, .counters]
    if checks.contains(.keepalive), thresholds[.idleAge] < 3_600_000 {
      request.requiredDetails.insert(.detailsWithoutKeepalive)
    }
    if checks.contains(.noOwner) {
      request.requiredDetails.insert(.ownerReasons)
      request.processes.findsHiddenOwners = true
    }
    request.processes.listsUnlisted = checks.contains(.resetSockets) && isOwnKernel
    request.omitsItsOwn = true
    return request
  }
}

/// Collects the plan of an examination from the options, one by one.
package struct DoctorPlanBuilder: CommandPlanBuilder {
  var plan = DoctorPlan()
  /// The listing whose sources are read.
  package var list: ListPlanBuilder

  package init(_ typed: TypedArguments, in environment: Environment) {
    list = ListPlanBuilder(typed, in: environment)
    plan.language = Language(environment: environment.variable)
  }

  /// The examination that the arguments ask for.
  package mutating func build(_ typed: TypedArguments) throws(UsageError) -> DoctorPlan {
    try DoctorOptions.options.apply(typed.options, to: &self)
    plan.list = try list.build(operands: [])
    plan.width = plan.list.output.width
    plan.usesColour = plan.list.output.color
    return plan
  }
}

extension TypedArguments.Occurrence {
  /// The value as names of checks.
  func checks() throws(UsageError) -> Set<Check> {
    var checks: Set<Check> = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let check = Check(rawValue: String(item)) else {
        throw UsageError(
          "\(spelling): unknown check \(quoted(String(item)))",
          nearest(String(item), among: Check.allCases.map(\.rawValue)) + ["doctor --list shows all checks"])
      }
      checks.insert(check)
    }
    return checks
  }

  /// The value as `NAME=VALUE`, several separated by commas, put into some thresholds.
  func set(_ thresholds: inout Thresholds) throws(UsageError) {
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let threshold = Threshold(rawValue: parts[0]) else {
        throw UsageError(
          "\(spelling): unknown threshold \(quoted(parts[0]))",
          nearest(parts[0], among: Threshold.allCases.map(\.rawValue)) + ["doctor --list shows all thresholds"])
      }
      guard parts.count == 2 else {
        throw UsageError(
          "\(spelling): \(quoted(parts[0])) lacks a value", ["\(spelling) \(parts[0])=\(threshold.example)"])
      }
      thresholds[threshold] = try value(parts[1], of: threshold)
    }
  }

  private func value(_ text: String, of threshold: Threshold) throws(UsageError) -> UInt64 {
    let one = TypedArguments.Occurrence(id: id, spelling: "\(spelling) \(threshold.rawValue)", value: text)
    switch threshold.unit {
    case .time: return UInt64(try one.duration(from: 0))
    case .count: return UInt64(try one.number(in: 0...1_000_000_000))
    case .percent:
      let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
      let number = TypedArguments.Occurrence(id: id, spelling: one.spelling, value: digits)
      return UInt64(try number.number(in: 0...100))
    }
  }

  private func nearest(_ word: String, among words: [String]) -> [String] {
    NearestWord.nearest(to: word, among: words).map { ["did you mean \($0)?"] } ?? []
  }
}

extension Threshold {
  /// Its standard value as it would be typed: `60s`, `80%`, `10`.
  package var example: String {
    switch unit {
    case .time:
      let seconds = standard / 1000
      return seconds % 3600 == 0 ? "\(seconds / 3600)h" : "\(seconds)s"
    case .percent: return "\(standard)%"
    case .count: return "\(standard)"
    }
  }
}
