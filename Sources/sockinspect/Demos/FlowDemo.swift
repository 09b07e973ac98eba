import CommandLine
import Inspection
import Lesson
import LinuxSystem
import Options
import SocketModel
import Text

extension Command {
  /// `sockinspect flow-demo`.
  static let flowDemo = Command(
    "flow-demo", "flow-demo [OPTIONS]", "server and client side by side, in one run",
    options: .own { DemoOptions.flowDemo.table }, chapter: { .flowDemo }
  ) { (typed, environment) throws(UsageError) in
    var builder = DemoPlanBuilder(environment: environment)
    try DemoOptions.flowDemo.apply(typed.options, to: &builder)
    return .command(builder.flow())
  }
}

extension FlowPlan: CommandPlan {
  func run() -> ExitStatus { FlowDemo(self).run() }
}

/// `sockinspect flow-demo`: server and client in one run, with each state that their sockets go
/// through.
struct FlowDemo {
  private let plan: FlowPlan
  private var language: Language { plan.narration.language }

  init(_ plan: FlowPlan) { self.plan = plan }

  /// Runs the flow to its end, or until a signal arrives.
  func run() -> ExitStatus {
    let teller: FlowTeller
    do throws(SystemError) {
      teller = try FlowTeller(plan, watch: try SignalWatch())
    } catch {
      Messages.complain("\(error)")
      return .failed
    }
    let flow = Flow(over: plan.family == .ipv6 ? .ipv6 : .ipv4, port: plan.port)
    do throws(FlowFailure) {
      try teller.begin()
      if plan.isDatagram { try flow.datagrams(before: teller) } else { try flow.connection(before: teller) }
      try teller.end()
      return .matched
    } catch {
      teller.clearPrompt()
      return complain(error, teller)
    }
  }

  private func complain(_ failure: FlowFailure, _ teller: FlowTeller) -> ExitStatus {
    switch failure {
    case .interrupted:
      if let error = teller.outputError, !error.isClosedPipe {
        Messages.complain("\(error)")
        return .unreadable
      }
      return .matched
    case .call(.bind(_, let address), let error) where error.isAddressTaken:
      PortTaken(plan.isDatagram ? .udp : .tcp, address, offersReuse: false, language: language).report()
    case .call(_, let error):
      let address = (plan.family == .ipv6 ? Loopback.ipv6 : .ipv4).address(port: plan.port)
      Messages.complain(DemoTrouble(error, at: address, hasHost: false, in: language) ?? DemoTrouble("\(error)"))
    case .unreadable(let reason): Messages.complain(reason)
    case .lost(let role, let wanted, let seen):
      Messages.complain(FlowText(language: language).lost(role, wanted: wanted, seen: seen))
    }
    return .failed
  }
}

/// Prints a flow as it happens, and reads the kernel's tables for it.
final class FlowTeller: FlowObserver {
  private let plan: FlowPlan
  private let watch: SignalWatch
  private let queue: ReadinessQueue
  private let inspector: Inspector?
  private let style: FlowPicture.Style
  private let text: FlowText
  private var picture: FlowPicture
  private var last: FlowStep?
  private var isPrompting = false
  /// Set while steps are taken on a terminal: an early Enter must not move the picture.
  private let quietTerminal: QuietTerminal?
  /// The number of seconds in the last message about waiting.
  private var announced: Int?
  /// Whether nobody can press Enter.
  private var isInputOver = false
  /// Why standard output could not be written to.
  private(set) var outputError: SystemError?

  init(_ plan: FlowPlan, watch: SignalWatch) throws(SystemError) {
    self.plan = plan
    self.watch = watch
    quietTerminal = plan.narration.isStepped && StandardStream.error.isTerminal ? QuietTerminal(of: 0) : nil
    queue = try ReadinessQueue()
    try queue.add(watch.descriptor.number, for: .reading, tag: 0)
    inspector = (try? ProcRoot.running()).map { Inspector(root: $0) }
    style = FlowPicture.Style(
      width: plan.narration.width ?? 80, usesColour: plan.narration.usesColour,
      isUnicode: plan.drawsBoxes, language: plan.narration.language)
    text = FlowText(language: plan.narration.language)
    picture = FlowPicture(style)
  }

  // MARK: - Text

  /// Prints the text above the picture.
  func begin() throws(FlowFailure) {
    var lines = folded(text.preface(isDatagram: plan.isDatagram, isUnicode: style.isUnicode))
    if plan.narration.isStepped {
      let port = plan.port == 0 ? "PORT" : "\(plan.port)"
      lines += folded(text.advice(isDatagram: plan.isDatagram, port: port))
    }
    try print(lines + [""] + picture.heading())
  }

  /// Prints the text below it.
  func end() throws(FlowFailure) {
    guard let last else { return }
    let texts = plan.isDatagram ? text.closingOfDatagrams : text.closing(ofConnection: last)
    try print(texts.flatMap { folded($0) })
  }

  private func folded(_ text: String) -> [String] {
    TextWrap.lines(text, columns: min(110, max(60, style.width)))
  }

  private func print(_ lines: [String]) throws(FlowFailure) {
    do throws(SystemError) {
      try StandardStream.output.write(lines.map { $0 + "\n" }.joined())
    } catch {
      outputError = error
      throw .interrupted
    }
  }

  // MARK: - What the flow asks for

  func table(of transport: Transport, ports: [UInt16]) throws(FlowFailure) -> [SocketRecord] {
    guard let inspector else {
      throw .unreadable(
        plan.narration.language(
          "cannot read /proc, where the kernel shows its sockets",
          "no se puede leer /proc, donde el kernel muestra sus sockets"))
    }
    var request = InspectionRequest(transport, atEitherEnd: ports)
    request.families = [plan.family]
    do throws(InspectionError) {
      return try inspector.snapshot(request).records
    } catch {
      throw .unreadable("\(error)")
    }
  }

  func shows(_ step: FlowStep, meanwhile: (Int) -> Void) throws(FlowFailure) {
    clearPrompt()
    announced = nil
    try print(picture.lines(of: step))
    last = step
    let isLast = step.acts.contains {
      if case .close = $0.call { $0.side == (plan.isDatagram ? .server : .client) } else { false }
    }
    if plan.narration.isStepped, !isLast { try waitForEnter(step, meanwhile) }
    if watch.arrived() != nil { throw .interrupted }
  }

  private func waitForEnter(_ step: FlowStep, _ meanwhile: (Int) -> Void) throws(FlowFailure) {
    if isInputOver { return }
    prompt(text.prompt(letting: step.segments.last { $0.isHeldBack }))
    var seconds = 0
    while true {
      switch InputLines.waitForLine(or: watch, milliseconds: 1000) {
      case .stopped: throw .interrupted
      case .line:
        // A terminal with echo has moved to the next line.
        if isPrompting, quietTerminal == nil, Descriptor.isTerminal(0) { say("\u{1B}[A") }
        clearPrompt()
        return
      case .end:
        clearPrompt()
        isInputOver = true
        return
      case nil:
        seconds += 1
        meanwhile(seconds)
      }
    }
  }

  func waits(for segment: FlowSegment, milliseconds: Int) {
    guard plan.narration.isStepped else { return }
    let seconds = (milliseconds + 999) / 1000
    // On a terminal the seconds are counted down.
    guard seconds > 0, announced != seconds, announced == nil || StandardStream.error.isTerminal else { return }
    announced = seconds
    prompt(text.waiting(for: segment, seconds: seconds))
  }

  func sleep(milliseconds: Int) throws(FlowFailure) {
    var events: [ReadinessQueue.Event] = []
    do throws(SystemError) {
      try queue.wait(milliseconds: milliseconds, into: &events)
    } catch {
      throw .unreadable("\(error)")
    }
    if watch.arrived() != nil { throw .interrupted }
  }

  // MARK: - The prompt, on standard error

  private func prompt(_ text: String) {
    clearPrompt()
    if StandardStream.error.isTerminal {
      say("   " + text)
      isPrompting = true
    } else {
      say(text + "\n")
    }
  }

  /// Removes the prompt from a terminal.
  func clearPrompt() {
    guard isPrompting else { return }
    say("\r\u{1B}[K")
    isPrompting = false
  }

  private func say(_ text: String) { try? StandardStream.error.write(text) }
}
