import Diagnosis
import Inspection
import LinuxSystem
import Presentation
import Selection
import SocketModel
import Text

/// The live view on a terminal.
struct LiveView {
  private let plan: WatchPlan
  private let isReplay: Bool
  private let makeFeed: () throws(InspectionError) -> any LiveFeed

  /// A view of the running kernel.
  init(plan: WatchPlan, root: ProcRoot) {
    self.plan = plan
    isReplay = false
    makeFeed = { () throws(InspectionError) in
      let request = plan.request()
      let watcher = Watcher(root: root, request: request, options: plan.options)
      return try WatcherFeed(watcher, request, root: root, showsOwners: plan.list.owners)
    }
  }

  /// A view of a series of captures.
  init(plan: WatchPlan, series: CaptureSeries) {
    self.plan = plan
    isReplay = true
    makeFeed = { () throws(InspectionError) in
      let request = plan.request()
      let frames = SeriesFeed.Frames(
        count: series.frames.count, time: { series.frames[$0].time },
        snapshot: { (index) throws(InspectionError) in try series.snapshot(at: index, request) })
      return try SeriesFeed(frames, notes: series.problems.map { LiveNote(ProblemText.sentence(of: $0)) })
    }
  }

  /// Shows the view until the user leaves it.
  func run() -> ExitStatus {
    if let kind = environmentVariable("TERM"), ["dumb", "unknown"].contains(kind) {
      Messages.complain(
        UsageError(
          "the view needs a terminal that can move its cursor, and TERM is \(kind)",
          ["--events prints one line an event"]))
      return .usage
    }
    do {
      // Before any thread is started, so that all of them leave the signals to the view: the
      // tracepoint is read by a thread.
      let signals = try TerminalSignals()
      // The view may run for days, so it must not keep more memory than it needs.
      returnLargeBlocks()
      let feed = try makeFeed()
      let terminal = try ScreenTerminal(signals: signals)
      // Messages are printed on the screen that was there before.
      defer { terminal.leave() }
      var loop = try LiveLoop(
        model(terminal), feed: feed, terminal: terminal, signals: signals, lifetime: plan.lifetime)
      try loop.run()
      return .matched
    } catch let error as InspectionError {
      Messages.complain("\(error)")
      return .unreadable
    } catch let error as SystemError {
      Messages.complain("\(error)")
      return .unreadable
    } catch {
      return .unreadable
    }
  }

  private func model(_ terminal: ScreenTerminal) -> LiveModel {
    var settings = LiveSettings(transports: plan.list.transports)
    settings.columns = plan.list.columns ?? settings.columns
    settings.asked = plan.list.output.choice.asked
    settings.named = plan.list.output.choice.named
    settings.scope = EventSelection(plan.list)
    settings.selection = plan.selectionText
    settings.order = plan.list.output.order
    settings.names = .system
    settings.isReplay = isReplay
    settings.showsElsewhere = plan.includesElsewhere
    settings.rootLine = Escaping.text("sudo " + plan.list.typedLine.text)
    settings.mayCloseSockets = Capability.netAdmin.isHeld
    let now = Timestamp.now
    settings.secondsFromUTC = Clock.utcOffset(at: now.seconds)
    let isASCII = !Language.usesUTF8(environment: { environmentVariable($0) })
    let explanations = ExplanationText(
      language: Language(environment: { environmentVariable($0) }), isASCII: isASCII)
    for state in SocketState.allCases { settings.meanings[state] = explanations.labelled(.state(state)) }
    let size = terminal.size
    let canvas = LiveCanvas(
      columns: size.columns, rows: size.rows, usesColour: plan.list.output.color, isASCII: isASCII)
    return LiveModel(settings, canvas: canvas, at: now)
  }
}
