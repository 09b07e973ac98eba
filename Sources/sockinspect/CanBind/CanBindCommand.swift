import CommandLine
import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Options
import SocketModel
import Text

extension Command {
  /// `sockinspect can-bind`.
  static let canBind = Command(
    "can-bind", "can-bind PORT [OPTIONS]", "whether a program can have a port, and what would help",
    options: .own { CanBindOptions.options.table }, operands: .oneWord { [] }, chapter: { .canBind },
    CanBindPlanBuilder.meaning)
}

extension CanBindPlan: CommandPlan {
  func run() -> ExitStatus { CanBindCommand(plan: self).run() }
}

/// `sockinspect can-bind`: whether a socket can be bound.
struct CanBindCommand {
  let plan: CanBindPlan
  private var language: Language { plan.language }

  /// An address to bind to.
  struct Place {
    var end: Endpoint
    var scope: UInt32 = 0
    /// The interface as it was typed.
    var zone: String?
  }

  /// Answers the question, and returns the exit status.
  func run() -> ExitStatus {
    plan.list.withRoot(failure: .incomplete) { root in
      do throws(DemoTrouble) {
        let report = report(try place(), root)
        let bytes = plan.isJSON ? CanBindJSON(report).render() : Array(CanBindText(report).render().utf8)
        let printed = Messages.print(bytes: bytes)
        guard printed == .matched else { return printed }
        return report.canBind.map { $0 ? .matched : .nothing } ?? .incomplete
      } catch {
        Messages.complain(error)
        return .usage
      }
    }
  }

  // MARK: The address

  private func place() throws(DemoTrouble) -> Place {
    guard let host = plan.host else {
      let hasIPv6 = plan.list.root != nil || plan.isIPv6Only || Self.hasIPv6
      let every = hasIPv6 ? IPAddress(ipv6: 0) : IPAddress(ipv4: 0)
      return Place(end: Endpoint(address: every, port: plan.port))
    }
    if let percent = host.firstIndex(of: "%"), let address = IPAddress(String(host[..<percent])) {
      let zone = String(host[host.index(after: percent)...])
      guard let scope = UInt32(zone) ?? Interfaces.index(of: zone), scope != 0 else {
        throw DemoTrouble(
          language("there is no interface \(quoted(zone))", "no hay interfaz \(quoted(zone))"),
          [language("`ip link` lists them", "`ip link` las lista")])
      }
      return Place(end: Endpoint(address: address, port: plan.port), scope: scope, zone: zone)
    }
    if let address = IPAddress(host) { return Place(end: Endpoint(address: address, port: plan.port)) }
    let found = try DemoPlace.addresses(
      of: host, port: plan.port, family: nil, in: language,
      advice: language("type an address, such as 127.0.0.1", "escribe una dirección, como 127.0.0.1"))
    let ends = found.compactMap(\.endpoint)
    guard ends.count == 1, let end = ends.first else {
      let list = ends.prefix(4).map { "\($0)" }
      throw DemoTrouble(
        language(
          "\(quoted(host)) has \(ends.count) addresses, and a socket is bound to one",
          "\(quoted(host)) tiene \(ends.count) direcciones, y un socket se enlaza a una"),
        list.map { "sockinspect can-bind '\($0)'" })
    }
    return Place(end: end, scope: found.first?.scope ?? 0)
  }

  private static var hasIPv6: Bool { (try? Descriptor.socket(SocketKind(family: 10, type: 2))) != nil }

  // MARK: The answer

  private func report(_ place: Place, _ root: ProcRoot) -> CanBindReport {
    let uid = plan.uid ?? Users.effectiveUID
    let isOwnUser = plan.uid == nil || plan.uid == Users.effectiveUID
    var request = BindRequest(
      plan.transport, place.end, uid: uid,
      mayBindAnyPort: isOwnUser && plan.list.root == nil ? Capability.netBindService.isHeld : uid == 0)
    request.scope = place.scope
    request.isIPv6Only = plan.isIPv6Only && !place.end.address.isIPv4
    request.reuse = plan.reuse
    let (snapshot, failure) = look(root)
    var options = HolderOptions(of: snapshot, rows: [])
    if root.isOwnKernel {
      options = HolderOptions(of: snapshot, rows: BindTable(request, in: snapshot).rowsToAsk)
    }
    let settings = root.settings(BindAnswer.settings(for: request))
    let address = place.end.address
    let addresses =
      request.needsAddress ? root.localAddresses(isIPv4: address.embeddedIPv4 != nil) : LocalAddresses()
    let answer = BindAnswer(request, in: snapshot, settings: settings, addresses: addresses, options: options.options)
    var report = CanBindReport(plan: plan, answer: answer, snapshot: snapshot)
    report.options = options.options
    report.refusedHolders = options.refused.count
    report.failure = failure
    report.lookedAt = lookedAt(request, settings, addresses)
    if plan.probes {
      if root.isOwnKernel {
        probe(request, into: &report)
      } else {
        report.trialTrouble = language(
          "the network namespace was not entered; root may", "no se entró en el espacio de red; root puede")
      }
    }
    if plan.host == nil, request.takesBothFamilies, report.canBind == false {
      report.isFreeForIPv4 = isFreeForIPv4(request, snapshot, settings, options.options)
    }
    return report
  }

  /// The sockets with the port, and why there are none to be read.
  private func look(_ root: ProcRoot) -> (Snapshot, String?) {
    var request = InspectionRequest()
    request.transports = plan.transport == .tcp ? [.tcp, .mptcp] : [plan.transport]
    request.filter = .localPort(plan.port...plan.port)
    request.byteOrder = plan.list.byteOrder
    request.requiredDetails = [.owners, .processUsers, .userNames, .interfaceNames]
    request.processes.findsHiddenOwners = true
    let port = plan.port
    do throws(InspectionError) {
      // A dump of the kernel's is filtered; tables are not.
      return (try Inspector(root: root).snapshot(request) { $0.records[$1].localPort == port }, nil)
    } catch {
      return (Snapshot(meta: SnapshotMeta(source: "none")), "\(error)")
    }
  }

  private func isFreeForIPv4(
    _ request: BindRequest, _ snapshot: Snapshot, _ settings: SystemSettings, _ options: [Int: BindOptions]
  ) -> Bool {
    var other = BindRequest(
      request.transport, Endpoint(address: IPAddress(ipv4: 0), port: request.local.port), uid: request.uid,
      mayBindAnyPort: request.mayBindAnyPort)
    other.reuse = request.reuse
    return BindAnswer(other, in: snapshot, settings: settings, addresses: LocalAddresses(), options: options).verdict
      == .can
  }

  private func lookedAt(_ request: BindRequest, _ settings: SystemSettings, _ addresses: LocalAddresses) -> [String] {
    var items = BindAnswer.settings(for: request).filter { sysctl in
      sysctl == .reservedPorts ? settings.reservedPorts != nil : settings[sysctl] != nil
    }.map(\.name)
    if addresses.ipv4 != nil { items.append("fib_trie") }
    if addresses.ipv6 != nil { items.append("if_inet6") }
    return items
  }

  // MARK: Trials

  private func probe(_ request: BindRequest, into report: inout CanBindReport) {
    let end = request.local
    let address =
      end.address.isIPv4
      ? SocketAddress.ipv4(UInt32(truncatingIfNeeded: end.address.bits), port: end.port)
      : .ipv6(end.address.bits, port: end.port, scope: request.scope)
    let trial = BindTrial(address, isDatagram: request.transport == .udp, isIPv6Only: request.isIPv6Only)
    // A socket with SO_REUSEPORT leaves a trace in the kernel's entry of the port, which the last
    // trial, without it, removes again (`inet_csk_update_fastreuse`).
    let order: [ReuseOptions] = [[], .port, [.address, .port], .address]
    let run: @Sendable () -> [(ReuseOptions, SystemError?)] = {
      order.map { reuse in
        var options: [SocketOption] = []
        if reuse.contains(.address) { options.append(.reuseAddress) }
        if reuse.contains(.port) { options.append(.reusePort) }
        return (reuse, trial.failure(options))
      }
    }
    do throws(SystemError) {
      let results = request.uid == Users.effectiveUID ? run() : try asUser(request.uid, run)
      var trials: [ReuseOptions: CanBindReport.Trial] = [:]
      for (reuse, failure) in results {
        guard let failure else {
          trials[reuse] = .bound
          continue
        }
        if failure.call == "bind" {
          trials[reuse] = .refused(failure.name ?? "\(failure)")
        } else {
          report.trialTrouble = "\(failure)"
        }
      }
      report.trials = trials
    } catch {
      report.trialTrouble = "\(error)"
    }
  }
}
