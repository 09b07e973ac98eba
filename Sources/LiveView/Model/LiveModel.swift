package import Query
package import Rendering
package import SocketModel
internal import Text

/// The live view, without a terminal: events go in through ``update(_:)``, and ``frame()`` returns
/// what to send to the terminal. It makes no system calls, and its only clock is the time in those
/// events.
package struct LiveModel: Sendable {
  package var settings: LiveSettings
  /// The properties of the terminal.
  package var canvas: LiveCanvas
  /// The time of day.
  var wall: Timestamp

  // MARK: What is watched

  package var sockets: [UInt64: TrackedSocket] = [:]
  /// The newest snapshot without its rows: it is kept for names and processes.
  package var context = Snapshot(meta: SnapshotMeta(source: "events"))
  /// The numbers of the sockets at the other ends, where they are looked for.
  var peers: [UInt64: [UInt64]] = [:]
  /// The time of ``sockets``.
  var dataTime: Timestamp
  package var sources: [EventSourceStatus] = []
  /// What could not be read for ``sockets``.
  package var problems: [Problem] = []
  /// Whether the initial sockets have not been read yet.
  package var awaitsFirstScan = false
  /// Whether a shown socket has no owner although it could have one.
  package var lacksOwner = false
  package var place: LivePlace?
  var missed = LiveMissed()
  var rates = LiveRates()
  var traffic = LiveTraffic()
  /// The sockets in the lines of the newest frame.
  var visible: [UInt64] = []
  /// What the newest checks found; `nil` before the first.
  var findings: LiveFindings?
  /// The events in other network namespaces, and whether they are shown.
  var elsewhere = LiveElsewhere()
  package var showsElsewhere = false
  /// The newest events that match, the oldest first; and the newest of all, for a later filter.
  var recent: [SocketEvent] = []
  var newest: [SocketEvent] = []

  // MARK: What the user requested

  /// The sockets that the command line selects, narrowed by the typed filter.
  package var filter: EventSelection
  var filterText = ""
  /// The filters that were used, the newest last; and what of the present one to mark in rows.
  var filterHistory: [String] = []
  var filterMarks = QueryMarks(.everything)
  /// Whether it is about what sockets send and receive.
  var filterAsksForTraffic = false
  package var families: Set<LiveFamily> = []
  var listensOnly = false
  var changed = LiveChanged.all
  var sortField: Field?
  package var isReversed = false
  package var grouping = LiveGrouping.none
  var groupOrder = LiveGroupOrder.count
  /// The groups that were folded, for each grouping.
  var folds: [LiveGrouping: LiveFolds] = [:]
  var isPaused = false
  /// How many events came since the pause began.
  var eventsSincePause = 0

  // MARK: What is shown

  package var entries: [LiveEntry] = []
  package var groups: [LiveGroup] = []
  /// How many of the shown sockets are in each state, without those that have ended.
  package var counts: [SocketState: Int] = [:]
  var livingCount = 0
  /// A bit for the raw value of each transport that has a row, visible or not.
  var shownTransports: UInt32 = 0
  var needsArranging = true
  /// All sockets as rows, while keys are pressed or few sockets change; and whether there are newer ones.
  var rows: LiveRows?
  var rowsAreStale = true
  /// When they were made.
  var rowsMade: Timestamp?
  /// How many events there are, of whatever socket.
  var changes = LiveChanges()
  /// Whether stale rows are shown, which newer ones are to follow.
  var awaitsRows = false
  /// When a key was last pressed.
  var lastKey: Timestamp?
  var arrangedCount = 0
  /// The sockets with a row that may be forgotten without an event.
  var passingIDs: [UInt64] = []
  /// Whether the network namespace of some sockets is not known yet.
  var awaitsPlaces = false
  /// Until when rows stay in place because the selection was moved.
  var orderHolds: Timestamp?
  package var selected: UInt64?
  /// The name of the group whose heading is selected, when no socket is.
  package var selectedGroup: [UInt8]?
  var top = 0
  package var widths: TableWidths?
  var panel: LivePanel?
  /// Whether details show numbers as they are, in their own units.
  var showsRaw = false
  /// The names that were found, and the addresses whose names were asked for.
  var knownNames = ShownNames()
  var askedAddresses: Set<IPAddress> = []
  var showsHosts = false
  var showsServices = false
  /// The columns of the table, and how wide some may be.
  package var columns: [Field]
  package var columnLimits: [Field: Int] = [:]
  /// The columns of the newest frame, and where on the screen they are.
  var headings: [(field: Field, range: Range<Int>)] = []
  /// The sockets that are tagged.
  package var tagged: Set<UInt64> = []
  /// The cell that was copied last.
  var copiedField: Field?
  package var prompt: LivePrompt?
  var dialog: LiveDialog?
  var batch: LiveBatch?
  package var message: LiveMessage?
  var screen = LiveScreen()

  /// Makes a view without any data yet.
  package init(_ settings: LiveSettings, canvas: LiveCanvas, at time: Timestamp) {
    self.settings = settings
    self.canvas = canvas
    wall = time
    dataTime = time
    showsElsewhere = settings.coversAllNamespaces
    columns = settings.columns
    columnLimits = settings.columnLimits
    grouping = settings.grouping
    if settings.ordersGroupsByBytes { groupOrder = .bytes }
    // The view of sums is about sums.
    if settings.ordersGroupsByBytes { folds[grouping] = LiveFolds(areFolded: true) }
    filter = settings.scope
    if !settings.query.isEmpty {
      setFilter(settings.query)
      filterHistory = [settings.query]
    }
  }

  /// Releases the sockets, so that their source can change them without copying them all. A paused
  /// view keeps them.
  package mutating func releaseSockets() {
    if !isPaused { sockets = [:] }
  }

  /// The time against which marks are measured.
  var clock: Timestamp { isPaused || settings.isReplay ? dataTime : wall }

  /// For how many milliseconds a row shows that it has just appeared or changed.
  static let markTime = 3000
  /// For how many milliseconds a row that has ended stays red, before it is dimmed.
  static let goneTime = 2000
  /// For how many milliseconds rows stay in place after a key that moves the selection.
  static let holdTime = 3000
  /// For how many milliseconds after a key the rows are kept, and for how many they are not made
  /// again when there are many.
  static let rowsTime = 10_000
  static let answerTime = 700
  static let manyRows = 5000
  /// How many events are kept for the lane: as many as any terminal shows.
  static let recentLimit = 100

  /// The selected socket, if it still exists.
  var selectedSocket: TrackedSocket? { selected.flatMap { sockets[$0] } }
}

/// The initial state of the view, and what cannot change while it runs.
package struct LiveSettings: Sendable {
  /// The columns of the table.
  package var columns: [Field]
  /// The columns that the user requested, by name or by another option.
  package var asked: Set<Field> = []
  /// The columns that the user requested by name.
  package var named: Set<Field> = []
  /// The ``scope`` in words, safe to show; empty for everything.
  package var selection = ""
  /// The query of the command line, which is the first filter.
  package var query = ""
  /// The transports that are watched.
  package var transports: Set<Transport>
  /// The sockets that the command line selects.
  package var scope: EventSelection
  /// The order of rows until a key chooses a column.
  package var order = SortOrder()
  /// How wide some columns may be.
  package var columnLimits: [Field: Int] = [:]
  /// What rows are grouped by at first, and whether groups with the most bytes come first.
  package var grouping = LiveGrouping.none
  package var ordersGroupsByBytes = false
  /// The names that a query may use instead of numbers.
  package var names = NameTables()
  /// The meanings of states.
  package var meanings: [SocketState: LabelledText] = [:]
  /// Who must act in a state.
  package var actors: [SocketState: String] = [:]
  /// What is said of findings, in the language of the user.
  package var findingWords = LiveFindingWords()
  /// Whether captures are shown rather than the running kernel.
  package var isReplay = false
  /// Whether the sockets of all network namespaces are watched: rows and events of others are shown
  /// until a key hides them. Otherwise only a key shows events of others.
  package var coversAllNamespaces = false
  /// Whether a key can change which namespaces are watched.
  package var canCoverNamespaces = false
  /// What fields may need and scans do not collect here.
  package var uncollected: RequiredDetails = []
  /// Whether the kernel lets this process close sockets of others (CAP_NET_ADMIN).
  package var mayCloseSockets = true
  /// How many seconds local time is ahead of UTC.
  package var secondsFromUTC = 0
  /// What was typed for the view, as a shell reads it.
  package var commandLine = "sockinspect watch"
  /// What to type for the same view as root, safe to show.
  var rootLine: String { Escaping.text("sudo " + commandLine) }

  /// Makes settings with the default columns of some transports, for all of their sockets.
  package init(transports: Set<Transport>) {
    self.transports = transports
    scope = EventSelection(transports: transports, families: [.ipv4, .ipv6], query: .everything)
    columns = TableStyle.defaultColumns(for: transports)
  }
}

/// The position of the view in a series of captures.
package struct LivePlace: Sendable, Hashable {
  /// The index of the capture, from 0.
  package var index: Int
  /// How many captures there are.
  package var count: Int
  /// Whether the series is being played.
  package var isPlaying: Bool
  /// How much happened before each capture, from the one before; empty until that is known.
  package var activity: [Int] = []

  package init(index: Int, count: Int, isPlaying: Bool) {
    self.index = index
    self.count = count
    self.isPlaying = isPlaying
  }
}

/// Data from the sources.
package struct LiveData: Sendable {
  /// The sockets as they are now.
  package var sockets: [UInt64: TrackedSocket]
  /// What happened since the previous update, in order.
  package var events: [SocketEvent]
  /// The time of ``sockets``.
  package var time: Timestamp
  /// The newest snapshot; its rows are not used.
  package var snapshot: Snapshot?
  /// The sources, the best first.
  package var sources: [EventSourceStatus] = []
  /// What could not be read.
  package var problems: [Problem] = []
  /// The numbers of the sockets at the other ends, where they are looked for.
  package var peers: [UInt64: [UInt64]] = [:]
  /// Whether the initial sockets have not been read yet.
  package var awaitsFirstScan = false
  /// The interval between the last two scans, where bytes are counted.
  package var traffic = TrafficInterval()
  /// The position in a series of captures.
  package var place: LivePlace?
  /// Whether this is a jump within a series, so that no events lead from the previous state to this
  /// one.
  package var isJump = false

  package init(sockets: [UInt64: TrackedSocket], events: [SocketEvent], at time: Timestamp) {
    self.sockets = sockets
    self.events = events
    self.time = time
  }
}

/// An input of the view.
package enum LiveEvent: Sendable {
  /// A key was pressed.
  case key(TerminalKey)
  /// The terminal has another size.
  case resized(columns: Int, rows: Int)
  /// Time has passed.
  case tick(Timestamp)
  /// New data from the sources.
  case data(LiveData)
  /// Everything known about one socket: the first row of a snapshot.
  case detail(socket: UInt64, Snapshot, at: Timestamp)
  /// What the checks of a scan found.
  case findings(LiveFindings)
  /// Who has the port of a socket, and why.
  case verdict(socket: UInt64, LabelledText)
  /// The same for the owners of several sockets.
  case identifiedTagged([UInt64], starts: [Int32: UInt64])
  /// Names of addresses or services that were found.
  case names(ShownNames)
  /// When the processes that may get a signal started; those that have ended are missing.
  case identified(socket: UInt64, starts: [Int32: UInt64])
  /// The result of an effect, in one line.
  case outcome(String, isTrouble: Bool)
  /// The file to write exists already.
  case fileExists(String)
  /// Another program wrote to the terminal.
  case disturbed
}

/// A request of the view to its loop.
package enum LiveEffect: Sendable, Equatable {
  /// To end.
  case quit
  /// To suspend the program.
  case suspend
  /// To scan again, so that the view shows the current state after a pause.
  case refresh
  /// To move back or forward in a series of captures.
  case step(Int)
  /// To move to the next capture, or the one before, in which something happened that the filter
  /// selects.
  case seek(Int)
  /// To start or stop playing a series.
  case play(Bool)
  /// To look up ``LiveEvent/detail(socket:_:at:)`` for a socket.
  case look(socket: UInt64)
  /// To find out ``LiveEvent/verdict(socket:_:)`` about the port of a socket, once.
  case inquire(socket: UInt64)
  /// To look up ``LiveEvent/identified(socket:starts:)`` for the owners of a socket.
  case identify(socket: UInt64, pids: [Int32])
  /// To look up ``LiveEvent/identifiedTagged(_:starts:)`` for the owners of several sockets.
  case identifyTagged([UInt64], pids: [Int32])
  /// To close several sockets.
  case closeAll([SocketRecord])
  /// To send a signal to several processes, each if it is still the one that started at that time.
  case signalAll(number: Int32, [LiveProcess])
  /// To look up ``LiveEvent/names(_:)`` of the addresses of sockets.
  case lookUpHosts([SocketRecord])
  /// To look up ``LiveEvent/names(_:)`` of services, and of the addresses of sockets, in files of this
  /// machine.
  case lookUpLocalNames([SocketRecord])
  /// To copy a text to the clipboard of the terminal.
  case copy(String)
  /// To write columns, the widths of some and, unless it is the usual one, the order into the settings
  /// file.
  case save(columns: [Field], widths: [Field: Int], sort: String?)
  /// To watch the sockets of all network namespaces, or only those of this one.
  case cover(allNamespaces: Bool)
  /// To close a socket.
  case close(SocketRecord)
  /// To send a signal to a process, if it is still the one that started at that time.
  case signal(number: Int32, pid: Int32, startTime: UInt64, name: [UInt8])
  /// To write a file.
  case write(path: String, [UInt8], replacing: Bool)
}
