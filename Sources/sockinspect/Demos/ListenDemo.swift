import CommandLine
import Lesson
import LinuxSystem
import Options
import SocketModel

extension Command {
  /// `sockinspect listen-demo`.
  static let listenDemo = Command(
    "listen-demo", "listen-demo [OPTIONS]", "a server to look at, call by call",
    options: .own { DemoOptions.listenDemo.table }, chapter: { .listenDemo }
  ) { (typed, environment) throws(UsageError) in
    var builder = DemoPlanBuilder(environment: environment)
    try DemoOptions.listenDemo.apply(typed.options, to: &builder)
    if let plan = builder.scenePlan() { return .command(plan) }
    if let plan = try builder.hold() { return .command(plan) }
    return .command(try builder.serverPlan())
  }
}

extension ServerPlan: CommandPlan {
  func run() -> ExitStatus { ListenDemo(self).run() }
}

extension HoldPlan: CommandPlan {
  func run() -> ExitStatus { HoldDemo(self).run() }
}

extension ScenePlan: CommandPlan {
  func run() -> ExitStatus { SceneDemo(self).run() }
}

/// `sockinspect listen-demo`: the lesson's server.
struct ListenDemo {
  private let plan: ServerPlan

  /// The planned server.
  init(_ plan: ServerPlan) { self.plan = plan }

  /// Serves until it is to end, and reports what it did and what the kernel still holds.
  func run() -> ExitStatus {
    do throws(DemoTrouble) {
      // A name is looked up before signals are watched for, so that Ctrl-C ends a lookup that
      // hangs.
      return try serve(at: try plan.serverPlace())
    } catch {
      Messages.complain(error)
      return .failed
    }
  }

  private func serve(at place: ServerPlace) throws(DemoTrouble) -> ExitStatus {
    let watch: SignalWatch
    do throws(SystemError) { watch = try SignalWatch() } catch { throw DemoTrouble("\(error)") }
    let narrator = Narrator(plan.narration, transport: plan.transport, watch: watch)
    let account: ServerAccount
    do throws(DemoFailure) {
      account = try DemoServer.run(at: place, plan.settings, before: narrator, until: watch)
    } catch {
      narrator.leaveSignalLine()
      // A server that was asked to end before it began has nothing to report.
      guard let systemError = error.systemError else { return .matched }
      if plan.isTaken(error) {
        PortTaken(
          plan.transport, place.address, isDualStack: place.takesIPv4 ?? false, isDatagram: plan.isDatagram,
          language: plan.narration.language
        ).report()
        return .failed
      }
      throw plan.trouble(error, systemError, at: place)
    }
    // When the reader of standard output has gone, nobody needs a report.
    if account.end == .signal(SignalWatch.closedPipe) { return .matched }
    narrator.leaveSignalLine()
    Messages.note(account.text(in: plan.narration.language))
    if let remains = KernelRemains(of: account) { Messages.note(remains.text(in: plan.narration.language)) }
    return narrator.outputFailure == nil ? .matched : .unreadable
  }
}
