import CommandLine
import Inspection
import Lesson
import LinuxSystem
import LiveView
import Options
import Query
import Rendering
import SocketModel
import Text
import Tracking

extension RequiredDetails {
  /// What scans collect for a view only when its columns or options ask for it.
  fileprivate static let watchedOnRequest: RequiredDetails = [
    .memory, .tcpInfo, .congestion, .attributes, .cgroupPaths, .arguments, .families, .workloads, .peers,
    .workingDirectories,
  ]
}

/// The live view on a terminal.
struct LiveView {
  /// What is shown.
  enum Source {
    /// The running kernel.
    case kernel(ProcRoot)
    /// Captures that were taken one after the other.
    case captures(CaptureSeries)
  }

  let plan: WatchPlan
  let source: Source

  private var isReplay: Bool { if case .captures = source { true } else { false } }

  /// Whether owners that could not be read are worth a note.
  private var showsOwners: Bool { plan.list.owners || plan.list.selection.asksForOwners }

  /// The feed of all network namespaces, or only of this one, where a key changes that.
  private func feed(coveringAllNamespaces: Bool) throws -> any LiveFeed {
    var other = plan
    other.list.namespaces = coveringAllNamespaces ? .all : .here
    return try LiveView(plan: other, source: .kernel(other.list.openRoot())).feed()
  }

  /// Whether a key may choose between this network namespace and all.
  private var canCoverNamespaces: Bool {
    guard case .kernel = source, plan.list.root == nil else { return false }
    return plan.list.namespaces == .here || plan.list.namespaces == .all
  }

  private func feed() throws(InspectionError) -> any LiveFeed {
    switch source {
    case .kernel(let root):
      let feed = WatcherFeed(
        Watcher(plan, root: root, keepsScans: true), plan.request(),
        root: root, showsOwners: showsOwners,
        examiner: examiner, inquiry: inquiry)
      // Without the first scan there is nothing to see; on a machine that is too busy for it the
      // view begins without it.
      try feed.awaitFirstScan(atMost: 300)
      return feed
    case .captures(let series):
      return try SeriesFeed(
        series, plan.request(), showsOwners: showsOwners, examiner: examiner, inquiry: inquiry, speed: plan.speed)
    }
  }

  private var language: Language { Language(environment: { environmentVariable($0) }) }

  /// The checks of `doctor`, of the same sources.
  private var examiner: LiveExaminer {
    var doctor = DoctorPlan()
    doctor.list = plan.list
    doctor.language = language
    return LiveExaminer(doctor)
  }

  private var inquiry: LiveInquiry { LiveInquiry(plan.list, in: language) }

  private var findingWords: LiveFindingWords {
    var words = LiveFindingWords()
    words.title = language("findings", "hallazgos")
    words.section = language("What is wrong", "Qué está mal")
    words.port = language("Its port", "Su puerto")
    words.nothingYet = language(
      "the sockets have not been checked yet: the first check comes within seconds",
      "los sockets aún no se han comprobado: la primera comprobación llega en segundos")
    return words
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
      let feed = try feed()
      let terminal = try ScreenTerminal(signals: signals, reportsMouse: plan.usesMouse)
      if asksForBackground { try terminal.askForBackground() }
      // Messages are printed on the screen that was there before.
      defer { terminal.leave() }
      var loop = try LiveLoop(
        model(terminal), feed: feed, terminal: terminal, signals: signals, lifetime: plan.lifetime,
        makeFeed: canCoverNamespaces ? { all in try self.feed(coveringAllNamespaces: all) } : nil)
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

  /// Whether the colours depend on what the terminal answers. The Linux console never does.
  private var asksForBackground: Bool {
    plan.list.output.color && plan.palette == nil && environmentVariable("TERM") != "linux"
  }

  private func model(_ terminal: ScreenTerminal) -> LiveModel {
    var settings = LiveSettings(transports: plan.list.transports)
    settings.columns = plan.list.columns ?? settings.columns
    // Where no columns were chosen there is room for what changes, before the owners.
    if plan.list.output.choice.plain.isEmpty, !isReplay, plan.list.transports.contains(.tcp),
      let last = settings.columns.last
    {
      settings.columns.removeLast()
      let figures: [Field] = [.receiveRate, .sendRate, .tcp(.rtt), .tcp(.totalRetransmits)]
      settings.columns += figures.filter { !settings.columns.contains($0) } + [last]
    }
    settings.asked = plan.list.output.choice.asked
    settings.named = plan.list.output.choice.named
    settings.scope = EventSelection(
      transports: plan.list.transports, families: plan.list.families, query: plan.list.optionSelection)
    settings.selection = plan.selectionText
    settings.query = plan.list.typedQuery
    // What is found out about sockets without being asked for costs little.
    settings.uncollected = RequiredDetails.watchedOnRequest.subtracting(plan.request().requiredDetails)
    settings.order = plan.list.output.order
    settings.columnLimits = plan.columnWidths
    if let grouping = plan.grouping {
      settings.grouping = LiveGrouping(grouping)
      settings.ordersGroupsByBytes = true
    }
    settings.names = .system
    settings.isReplay = isReplay
    settings.coversAllNamespaces = plan.includesElsewhere
    settings.canCoverNamespaces = canCoverNamespaces
    settings.commandLine = plan.list.typedLine.text
    settings.mayCloseSockets = Capability.netAdmin.isHeld
    let now = Timestamp.now
    settings.secondsFromUTC = Clock.utcOffset(at: now.seconds)
    let isASCII = !Language.usesUTF8(environment: { environmentVariable($0) })
    let explanations = ExplanationText(
      language: language, isASCII: isASCII)
    settings.findingWords = findingWords
    for state in SocketState.allCases {
      settings.meanings[state] = explanations.labelled(.state(state))
      settings.actors[state] = explanations.nextActor(in: state)
    }
    let size = terminal.size
    let canvas = LiveCanvas(
      columns: size.columns, rows: size.rows, usesColour: plan.list.output.color, isASCII: isASCII,
      palette: plan.palette ?? Palette(environment: { environmentVariable($0) }))
    return LiveModel(settings, canvas: canvas, at: now)
  }
}
