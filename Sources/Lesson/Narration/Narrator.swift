package import Diagnosis
package import LinuxSystem
import Rendering
package import SocketModel
import Text

/// Reports a demo's calls as they are made: the lesson's lines on standard output, and on standard
/// error each call with its result, and the kernel's row for its socket before and after.
package final class Narrator: CallObserver {
  /// Why the lesson's lines could not be written; `nil` if they could. Not set when their reader
  /// has gone: the watch receives that as SIGPIPE.
  package private(set) var outputFailure: SystemError?

  /// The output for text: a single place, so that two streams into one terminal stay in order.
  package typealias Sink = (StandardStream, String) throws(SystemError) -> Void

  /// What used the local ports when a client found none left; `nil` when that did not happen.
  package private(set) var portsInUse: PortsInUse?
  /// How many resets and silences of clients were noted.
  private var clientTroubles = 0
  /// How many of them are reported where the narration is not wanted; the account at the end counts
  /// all.
  static let reportedTroubles = 16

  private let plan: NarrationPlan
  private var language: Language { plan.language }
  private let watch: SignalWatch
  private let sink: Sink
  private let text: CallText
  private var rows: RowTable
  private var look: RowWatch
  private var pending: RowWatch.Pending?
  /// The calls that were waited for since something last happened: each is reported once.
  private var waits: Set<SocketCall> = []
  private var takesSteps: Bool
  private var hasBegun = false
  private var letsKernelChoose = false
  private var hasLeftSignalLine = false

  /// Narrates a demo of sockets of one transport, which may be `unix`.
  package init(
    _ plan: NarrationPlan, transport: Transport, watch: SignalWatch,
    sink: @escaping Sink = { (stream, text) throws(SystemError) in try stream.write(text) }
  ) {
    self.plan = plan
    self.watch = watch
    self.sink = sink
    text = CallText(language: plan.language, dataWidth: max(16, (plan.width ?? 80) - 40))
    rows = RowTable(width: plan.width, usesColour: plan.usesColour, language: plan.language)
    look = RowWatch(transport: transport, isPatient: plan.isStepped)
    takesSteps = plan.isStepped
  }

  // MARK: Calls

  package func before(_ call: SocketCall) throws(Interrupted) {
    begin()
    if case .bind(_, let address) = call, address.port == 0 { letsKernelChoose = true }
    if takesSteps { try step(call) }
    guard !plan.isQuiet else { return }
    pending = look.before(call)
    if let trouble = look.takeTrouble() { note(trouble.text(in: language)) }
  }

  package func after(_ call: SocketCall, _ result: CallResult) {
    let pending = self.pending
    self.pending = nil
    if case .connect(_, let address) = call, case .failed(let error) = result, error.isAddressUnavailable,
      portsInUse == nil
    {
      portsInUse = PortsInUse(to: address)
    }
    guard !plan.isQuiet else { return }
    let pairs = look.after(call, result, pending)
    // A call that found nothing to take changed nothing: the demo reports the wait instead.
    if result == .underWay, !takesSteps, call.isTaking { return }
    happened()
    let line = text.line(call, result)
    rows.passed(lines: 1)
    write([painted(line, result.hasFailed ? .attention : .changed)] + rows.lines(pairs))
    if let trouble = look.takeTrouble() { note(trouble.text(in: language)) }
  }

  package func waits(for call: SocketCall) {
    begin()
    guard !plan.isQuiet, waits.insert(call).inserted else { return }
    rows.passed(lines: 1)
    write([painted("\(text.call(call)) \(call.waiting(in: language))", .faint)])
  }

  /// Shows the call that comes next and waits for Enter.
  private func step(_ call: SocketCall) throws(Interrupted) {
    // A person's own Enter ends the line.
    let end = InputLines.isTerminal ? "" : "\n"
    rows.passed(lines: 1)
    write(
      painted(
        language("next: \(text.call(call)) - press Enter", "sigue: \(text.call(call)) - pulsa Intro"), .passing) + end)
    switch InputLines.waitForLine(or: watch) {
    case .line: return
    case .stopped: throw Interrupted()
    case .end:
      takesSteps = false
      note(
        language(
          "standard input has ended: going on without waiting", "la entrada estándar terminó: se sigue sin esperar"))
    }
  }

  // MARK: Lines

  package func prints(_ line: LessonLine) {
    happened()
    guard outputFailure == nil else { return }
    do throws(SystemError) {
      try sink(.output, line.text + "\n")
    } catch {
      // When the reader has gone, the watch receives SIGPIPE, and the demo ends.
      guard !error.isClosedPipe else { return }
      outputFailure = error
      note("\(error)")
    }
    if StandardStream.output.isTerminal { rows.passed(lines: 1) }
  }

  package func notes(_ note: DemoNote) {
    // Only this program knows a port that the kernel chose.
    let isNews = if case .serving = note { letsKernelChoose } else { note.isTrouble }
    guard !plan.isQuiet || isNews else { return }
    happened()
    if plan.isQuiet, note.isOfClient {
      clientTroubles += 1
      if clientTroubles > Self.reportedTroubles { return }
    }
    self.note(note.text(text))
    if clientTroubles == Self.reportedTroubles, note.isOfClient {
      self.note(
        language(
          "from here on resets and silent clients are only counted",
          "a partir de aquí los cortes y los clientes callados solo se cuentan"))
    }
  }

  /// Reports once which process makes the calls that follow.
  private func begin() {
    guard !hasBegun, !plan.isQuiet else { return }
    hasBegun = true
    note(
      language(
        "process \(ownProcessID); below each call is the kernel's row for its socket",
        "proceso \(ownProcessID); debajo de cada llamada está la fila del kernel para su socket"))
  }

  private func note(_ text: String) {
    let lines = TextWrap.message("sockinspect: \(text)", width: plan.width ?? .max)
    rows.passed(lines: lines.count)
    write(lines)
  }

  private func happened() { if !waits.isEmpty { waits = [] } }

  private func write(_ lines: [String]) { write(lines.joined(separator: "\n") + "\n") }

  /// Begins a new line when the terminal has just shown `^C`, which stays in the line.
  package func leaveSignalLine() {
    guard !hasLeftSignalLine, watch.arrived() == SignalWatch.ctrlC, InputLines.isTerminal,
      StandardStream.error.isTerminal
    else {
      return
    }
    hasLeftSignalLine = true
    try? sink(.error, "\n")
  }

  private func write(_ text: String) {
    leaveSignalLine()
    // When standard error fails, there is nowhere left to report it.
    try? sink(.error, text)
  }

  private func painted(_ text: String, _ colour: Colour) -> String {
    colour.paint(text, if: plan.usesColour)
  }
}

extension CallResult {
  fileprivate var hasFailed: Bool {
    if case .failed = self { true } else { false }
  }
}

extension SocketCall {
  /// Whether the call takes what has arrived, so that nothing happens when nothing has.
  fileprivate var isTaking: Bool {
    switch self {
    case .accept, .receive, .receiveFrom: true
    default: false
    }
  }

  /// What a call that cannot be made yet waits for, including the verb.
  func waiting(in language: Language) -> String {
    switch self {
    case .accept: language("waits for a client", "espera a un cliente")
    case .receive: language("waits for data", "espera datos")
    case .receiveFrom: language("waits for a datagram", "espera un datagrama")
    case .connect: language("waits for the other end's answer", "espera la respuesta del otro extremo")
    case .send, .sendTo: language("waits for room in the send buffer", "espera sitio en el búfer de envío")
    default: language("waits", "espera")
    }
  }
}
