package import SocketModel

/// A check, or a part of one, that could not be made, and why.
package struct SkippedCheck: Sendable, Hashable {
  /// What was missing.
  package enum Reason: Sendable, Hashable {
    /// Processes may not be read; root may.
    case needsRoot
    /// Only the running kernel can be asked, and only for sockets of the own namespace.
    case needsLiveKernel
    /// There is no `/proc` here.
    case noProc
    /// Where the sockets come from there are no processes.
    case noProcesses
    /// Settings that are not there or may not be read.
    case settings([Sysctl])
    /// Counters that are not there, by the names of the kernel.
    case counters([String])
    /// The counts of `sockstat` are not there.
    case socketCounts
    /// The sockets were read from `/proc/net`, which has neither ages nor limits.
    case details
    /// Not reported by this kernel or this capture: how many descriptors processes have.
    case notReported
    /// The kernel has no such table: nothing tracks connections here.
    case absent
    /// What it needs is read once by `doctor`, but not again and again.
    case leftOut
    /// The transports could not be read.
    case sockets([Transport])

    /// Whether `/proc` has what is missing.
    var isOfProc: Bool {
      switch self {
      case .needsRoot, .needsLiveKernel, .noProc, .noProcesses, .settings, .counters, .socketCounts: true
      case .details, .notReported, .absent, .leftOut, .sockets: false
      }
    }
  }

  package var check: Check
  package var reason: Reason
  /// Whether the rest of the check was made.
  package var isPartial: Bool

  package init(_ check: Check, _ reason: Reason, isPartial: Bool = false) {
    self.check = check
    self.reason = reason
    self.isPartial = isPartial
  }

  /// Whether something could be seen with more rights, or should be there, rather than that there is
  /// nothing to see.
  package var isGap: Bool { reason != .absent }
}

/// What an examination found.
package struct DoctorReport: Sendable {
  /// The worst first, then in the order of the checks.
  package var findings: [Finding] = []
  /// What could not be checked.
  package var skipped: [SkippedCheck] = []
  /// The checks that were asked for.
  package var checks: [Check] = []
  /// How many sockets were looked at.
  package var sockets = 0
  /// Whether there is no `/proc`, which then explains all that it would have.
  var isWithoutProc = false

  package init() {}

  /// The checks that were made, at least partly.
  package var made: [Check] {
    let left = Set(skipped.lazy.filter { !$0.isPartial }.map(\.check))
    return checks.filter { !left.contains($0) }
  }

  /// The worst finding; `nil` without any.
  package var worst: Severity? { findings.map(\.severity).max() }

  /// Notes that a check, or a part of it, could not be made. What one check lacks of a kind is one
  /// reason.
  mutating func skip(_ check: Check, _ reason: SkippedCheck.Reason, isPartial: Bool = false) {
    let reason = isWithoutProc && reason.isOfProc ? .noProc : reason
    if let place = skipped.lastIndex(where: { $0.check == check && $0.isPartial == isPartial }) {
      switch (skipped[place].reason, reason) {
      case (.settings(let own), .settings(let more)):
        return skipped[place].reason = .settings(own + more.filter { !own.contains($0) })
      case (.counters(let own), .counters(let more)):
        return skipped[place].reason = .counters(own + more.filter { !own.contains($0) })
      default: break
      }
    }
    let skip = SkippedCheck(check, reason, isPartial: isPartial)
    if !skipped.contains(skip) { skipped.append(skip) }
  }

  /// Puts the findings in order.
  mutating func sort() {
    let order = Dictionary(uniqueKeysWithValues: Check.allCases.enumerated().map { ($1, $0) })
    func rank(_ check: Check) -> Int { order[check] ?? 0 }
    let places = findings.enumerated().sorted { left, right in
      let (one, other) = (left.element, right.element)
      if one.severity != other.severity { return one.severity > other.severity }
      if one.check != other.check { return rank(one.check) < rank(other.check) }
      return left.offset < right.offset
    }
    findings = places.map(\.element)
    skipped.sort { rank($0.check) < rank($1.check) }
  }
}
