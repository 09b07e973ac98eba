package import SocketModel

/// Something that can be done about a port or a server, most useful first.
package enum WhyAction: Sendable, Hashable {
  /// Stop a unit of systemd, with the socket unit that would start it again.
  case stopUnits([[UInt8]])
  /// Stop a unit of a user's own systemd.
  case stopUserUnit([UInt8])
  /// Stop a container with a command such as `docker`.
  case stopContainer(runtime: String, name: [UInt8])
  /// End processes that the user may end.
  case end([Int32])
  /// End processes that root may end.
  case endAsRoot([Int32])
  /// Continue processes that are stopped.
  case resume([Int32])
  /// Continue those of other users, as root.
  case resumeAsRoot([Int32])
  /// Wait until the kernel has forgotten the connections.
  case wait(milliseconds: UInt32)
  /// Set these options before `bind(2)`.
  case setOptions(ReuseOptions)
  /// Find out by `bind(2)` whether these options help.
  case tryOptions(ReuseOptions)
  /// Keep the kernel from giving the port to connections: the list of reserved ports with it.
  case reserve(list: String)
  /// Let everybody bind to the port.
  case permit(UInt16)
  /// Ask again as root, who sees more.
  case askAsRoot
  /// Show the other network namespace.
  case showNamespace(place: String, port: UInt16)
  /// Show the rules of the packet filter.
  case showRules
  /// Bind to another address: this one takes no connections from elsewhere.
  case listenElsewhere
  /// Use an IPv4 address as well, or one socket for both families.
  case listenOnBoth
}

extension PortAnswer {
  /// What can be done.
  ///
  /// - Parameter user: who would do it; 0 for root.
  package func actions(user: UInt32) -> [WhyAction] {
    var actions: [WhyAction] = []
    switch verdict {
    case .free, .kernelSocket, .noSuchAddress, .unknown: break
    case .freeButEphemeral: break
    case .notPermitted:
      actions.append(.permit(facts.question.port))
    case .otherNamespace, .dnatOnly:
      for case .elsewhere(let server) in reasons {
        actions.append(.showNamespace(place: server.place, port: server.local.port))
      }
      if verdict == .dnatOnly { actions.append(.showRules) }
    case .timeWait:
      actions += optionActions
      for case .until(let milliseconds) in reasons { actions.append(.wait(milliseconds: milliseconds)) }
    case .boundIdle, .leftoverConnections: actions += optionActions + stops(user)
    default: actions += stops(user)
    }
    if verdict == .freeButEphemeral || verdict == .outgoingConnection, let list = reservedList {
      actions.append(.reserve(list: list))
    }
    if user != 0, facts.snapshot.meta.root == nil, needsRoot { actions.append(.askAsRoot) }
    return actions
  }

  private var optionActions: [WhyAction] {
    if let set = helpful(.possible).first { return [.setOptions(set)] }
    guard facts.snapshot.meta.root == nil, let set = helpful(.unknown).first else { return [] }
    return [.tryOptions(set)]
  }

  /// Whether root would see what decides or who has it.
  private var needsRoot: Bool {
    if facts.snapshot.lackOfProcesses != nil { return false }
    return !doubts.isDisjoint(with: [.owners, .namespaces, .forwarding])
  }

  /// The list of reserved ports with this one; `nil` when that list is not known, or the kernel
  /// does not choose from there.
  private var reservedList: String? {
    guard let settings = facts.settings, let range = settings.ephemeralPorts, range.contains(facts.question.port),
      let reserved = settings.reservedPorts, !reserved.contains(where: { $0.contains(facts.question.port) })
    else { return nil }
    return settings.reservedList(with: facts.question.port)
  }

  private func stops(_ user: UInt32) -> [WhyAction] {
    stopActions(of: holders.compactMap { facts.processes?[$0] }, user: user) ?? killActions(user)
  }

  private func killActions(_ user: UInt32) -> [WhyAction] {
    let processes = facts.snapshot.processes(holding: rows, endedBy: user)
    return (processes.own.isEmpty ? [] : [.end(processes.own)])
      + (processes.others.isEmpty ? [] : [.endAsRoot(processes.others)])
  }

  /// Stopping the unit or container that all of the processes belong to; `nil` when there is none.
  private func stopActions(of processes: [ProcessDetail], user: UInt32) -> [WhyAction]? {
    var units: [[UInt8]] = []
    for case .socketUnit(let name) in reasons { units.append(name) }
    if verdict == .socketUnit { return units.isEmpty ? [] : [.stopUnits(units)] }
    // The proxy ends with its container.
    if verdict == .publishedByDocker {
      for case .elsewhere(let server) in reasons {
        if let name = server.process?.workload?.container { return [.stopContainer(runtime: "docker", name: name)] }
      }
      return nil
    }
    guard verdict != .inheritedListener, verdict != .outgoingConnection, let first = processes.first,
      let workload = first.workload, processes.allSatisfy({ $0.workload == workload })
    else { return nil }
    switch workload.kind {
    case .docker: return workload.container.map { [.stopContainer(runtime: "docker", name: $0)] }
    case .podman: return workload.container.map { [.stopContainer(runtime: "podman", name: $0)] }
    case .unit:
      guard let unit = workload.unit, unit.suffix(8).elementsEqual(".service".utf8) else { return nil }
      return [.stopUnits(units + [unit])]
    case .user:
      // `UID/app.slice/NAME.service`
      guard let name = workload.name.split(separator: UInt8(ascii: "/")).last,
        name.suffix(8).elementsEqual(".service".utf8), !name.starts(with: "user@".utf8)
      else { return nil }
      return [.stopUserUnit(Array(name))]
    default: return nil
    }
  }
}
