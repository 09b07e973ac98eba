import Inspection
import SocketModel

/// The sources of events that can be used, and why the others cannot.
struct SourcePlan {
  /// The tracepoint, when it could be opened.
  let tracepoint: TracepointSource?
  /// Why the tracepoint is not in use.
  let tracepointObstacle: TracepointObstacle?
  /// Why there are no notices of destroyed sockets.
  let noticesObstacle: String?

  init(root: ProcRoot, request: InspectionRequest, options: Watcher.Options) {
    let wanted = options.sources
    /// Why only scans can be used; `nil` when other sources may be used too.
    let general: String? =
      if !root.isOwnKernel {
        "\(root.path) reports no events"
      } else if request.source == .proc {
        "the sockets are read from /proc"
      } else {
        nil
      }
    let notWanted = "not asked for"
    let hasTCP = !request.transports.isDisjoint(with: [.tcp, .mptcp])
    if let general {
      noticesObstacle = general
    } else if !hasTCP, !request.transports.contains(.udp) {
      noticesObstacle = "it reports TCP and UDP only"
    } else {
      noticesObstacle = wanted.contains(.destroyNotice) ? nil : notWanted
    }
    // It reports on all namespaces, and /proc shows which of them is its own.
    let absence = root.absence == nil ? nil : "there is no /proc"
    guard general == nil, hasTCP, absence == nil, wanted.contains(.tracepoint) else {
      tracepoint = nil
      tracepointObstacle = TracepointObstacle(general ?? (hasTCP ? absence ?? notWanted : "it reports TCP only"))
      return
    }
    do throws(TracepointObstacle) {
      tracepoint = try TracepointSource(startReading: options.startReading)
      tracepointObstacle = nil
    } catch {
      tracepoint = nil
      tracepointObstacle = error
    }
  }
}
