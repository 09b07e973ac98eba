import CommandLine
import Lesson
import LinuxSystem
import Options
import SocketModel

extension Command {
  /// `sockinspect connect-demo`.
  static let connectDemo = Command(
    "connect-demo", "connect-demo [OPTIONS]", "a client for it, call by call",
    options: .own { DemoOptions.connectDemo.table }, chapter: { .connectDemo }
  ) { (typed, environment) throws(UsageError) in
    var builder = DemoPlanBuilder(environment: environment)
    try DemoOptions.connectDemo.apply(typed.options, to: &builder)
    return .command(try builder.clientPlan())
  }
}

extension ClientPlan: CommandPlan {
  func run() -> ExitStatus { ConnectDemo(self).run() }
}

/// `sockinspect connect-demo`: the lesson's client.
struct ConnectDemo {
  private let plan: ClientPlan

  /// The planned client.
  init(_ plan: ClientPlan) { self.plan = plan }

  /// Connects, sends and receives as often as planned, and reports failures.
  func run() -> ExitStatus {
    let addresses: [SocketAddress]
    // A name is looked up before signals are watched for, so that Ctrl-C ends a lookup that hangs.
    do throws(DemoTrouble) { addresses = try plan.showsNoGuarantee ? [] : plan.addresses() } catch {
      Messages.complain(error)
      return .failed
    }
    do throws(SystemError) {
      let watch = try SignalWatch()
      return plan.showsNoGuarantee ? NoGuaranteeDemo(plan, watch: watch).run() : try run(addresses, watch)
    } catch {
      Messages.complain("\(error)")
      return .failed
    }
  }

  private func run(_ addresses: [SocketAddress], _ watch: SignalWatch) throws(SystemError) -> ExitStatus {
    guard let first = addresses.first else { return .failed }
    let settings = plan.settings
    OpenFileLimit.raise(to: (settings.closes && settings.reads ? settings.parallel : settings.count) + 64)
    let narrator = Narrator(plan.narration, transport: plan.transport, watch: watch)
    let account =
      plan.isDatagram
      ? try DatagramClient(address: first, settings: settings, observer: narrator, watch: watch).run()
      : try StreamClient(addresses: addresses, settings: settings, observer: narrator, watch: watch).run()
    // The reader of standard output has gone, so there is nobody to report to.
    if let signal = watch.arrived(), signal == SignalWatch.closedPipe { return .matched }
    narrator.leaveSignalLine()
    var text = ClientText(plan: plan, account: account)
    text.ports = narrator.portsInUse
    for trouble in account.troubles { Messages.complain(DemoTrouble(text.message(trouble), text.advice(trouble))) }
    if text.hasAccount {
      Messages.note(text.accountLine())
      Messages.say(Array(text.fates().joined(separator: "\n").utf8))
    }
    guard narrator.outputFailure == nil else { return .unreadable }
    return account.done == settings.count ? .matched : .failed
  }
}

extension ClientPlan {
  fileprivate var transport: Transport { place.transport(isDatagram: isDatagram) }

  /// The addresses of the server's name, at least one.
  fileprivate func addresses() throws(DemoTrouble) -> [SocketAddress] {
    switch place {
    case .unixPath(let path): return [.unix(path: path.rawBytes)]
    case .unixAbstract(let name): return [.unix(abstract: name.rawBytes)]
    case .internet(let host, let port, let family, _):
      let all = try DemoPlace.addresses(
        of: host, port: port, family: family, in: narration.language,
        advice: narration.language(
          "type an address, such as --host 127.0.0.1, or a name that /etc/hosts or DNS has",
          "escribe una dirección, como --host 127.0.0.1, o un nombre que esté en /etc/hosts o en DNS"))
      // A client of datagrams gets no answer that would make it try another address; the lesson's
      // server uses IPv4.
      return isDatagram ? all.filter { !$0.isIPv6 } + all : all
    }
  }
}
