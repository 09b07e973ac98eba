import Demo
import LinuxSystem
import SocketModel

/// `sockinspect connect-demo`: the lesson's client.
struct ConnectDemo {
  private let plan: ClientPlan

  /// A client as planned.
  init(_ plan: ClientPlan) { self.plan = plan }

  /// Connects, sends and receives as often as planned, and says what did not come off.
  func run() -> ExitStatus {
    do throws(SystemError) {
      return try run(SignalWatch())
    } catch {
      Messages.complain("\(error)")
      return .failed
    }
  }

  private func run(_ watch: SignalWatch) throws(SystemError) -> ExitStatus {
    if plan.showsNoGuarantee { return NoGuaranteeDemo(plan, watch: watch).run() }
    let addresses: [SocketAddress]
    do throws(HostNames.LookupError) { addresses = try plan.addresses() } catch {
      Messages.complain(
        "there is no address for \(error)",
        ["type an address, such as --host 127.0.0.1, or a name that /etc/hosts or DNS has"])
      return .failed
    }
    guard let first = addresses.first else { return .failed }
    let settings = plan.settings
    OpenFileLimit.raise(to: (settings.closes && settings.reads ? settings.parallel : settings.count) + 64)
    let witness = Narrator(plan.narration, transport: plan.transport, watch: watch)
    let account =
      plan.isDatagram
      ? try DatagramClient(address: first, settings: settings, witness: witness, watch: watch).run()
      : try StreamClient(addresses: addresses, settings: settings, witness: witness, watch: watch).run()
    // Nobody reads what is printed: there is nobody to tell anything.
    if let signal = watch.arrived(), signal == SignalWatch.closedPipe { return .matched }
    let text = ClientText(plan: plan, account: account)
    for trouble in account.troubles { Messages.complain(text.message(trouble), text.advice(trouble)) }
    if text.hasAccount { Messages.note(([text.accountLine()] + text.fates()).joined(separator: "\n")) }
    return account.done == settings.count ? .matched : .failed
  }
}

extension ClientPlan {
  /// What the kernel's table of its sockets is.
  fileprivate var transport: Transport {
    guard case .internet = place else { return .unix }
    return isDatagram ? .udp : .tcp
  }

  /// The addresses of the server, at least one: what the name has.
  func addresses() throws(HostNames.LookupError) -> [SocketAddress] {
    switch place {
    case .unixPath(let path): return [.unix(path: Array(path.utf8))]
    case .unixAbstract(let name): return [.unix(abstract: Array(name.utf8))]
    case .internet(let host, let port, let family, _):
      guard let host else { return [family == .ipv6 ? .ipv6(1, port: port) : .ipv4(0x7F00_0001, port: port)] }
      let all = try HostNames.addresses(of: host, port: port, family: Int32(family?.rawValue ?? 0))
      // No answer tells a client of datagrams to try another; IPv4 is where the lesson's server is.
      return isDatagram && family == nil ? all.filter { $0.ipBits != nil && $0.family == 2 } + all : all
    }
  }
}
