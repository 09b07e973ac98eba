import SocketModel

/// Which sources of events there can be, and why not the others.
struct SourcePlan {
  /// The tracepoint, when it could be opened.
  let tracepoint: TracepointSource?
  /// Why it is not in use.
  let tracepointObstacle: TracepointObstacle?
  /// Why there are no notices of destroyed sockets.
  let noticesObstacle: String?

  init(root: ProcRoot, request: InspectionRequest, options: Watcher.Options) {
    let wanted = options.sources
    /// What keeps any source but readings from use.
    let general: String? =
      if !root.isOwnKernel {
        "\(root.path) tells of no events"
      } else if request.source == .proc {
        "the sockets are read from /proc"
      } else if request.transports.isDisjoint(with: [.tcp, .mptcp]) {
        "it tells of TCP only"
      } else {
        nil
      }
    let notWanted = "not asked for"
    noticesObstacle = general ?? (wanted.contains(.destroyNotice) ? nil : notWanted)
    // It tells of all namespaces, and /proc which of them is the own one.
    let absence = root.absence == nil ? nil : "there is no /proc"
    guard general == nil, absence == nil, wanted.contains(.tracepoint) else {
      tracepoint = nil
      tracepointObstacle = TracepointObstacle(general ?? absence ?? notWanted)
      return
    }
    do throws(TracepointObstacle) {
      tracepoint = try TracepointSource(isUrgent: options.ownsProcess)
      tracepointObstacle = nil
    } catch {
      tracepoint = nil
      tracepointObstacle = error
    }
  }
}
