import Inspection
import Presentation
import Selection
import SocketModel
import Text

/// Sockets to watch: `watch`.
struct WatchPlan: Sendable {
  /// How they are shown.
  enum Shape: Sendable, Equatable {
    /// The live view on a terminal.
    case view
    /// One line an event.
    case text
    /// One JSON object an event.
    case ndjson
  }

  /// What is waited for.
  enum Goal: Sendable {
    /// That a socket matches.
    case matching(Query)
    /// That no socket matches any more.
    case gone(Query)

    /// The condition that a socket must meet.
    var query: Query {
      switch self {
      case .matching(let query), .gone(let query): query
      }
    }
  }

  /// Which sockets, from where, and how many messages, as for a listing. Its output also decides on
  /// colour and width.
  var list = ListPlan()
  var shape = Shape.text
  /// Milliseconds from one scan to the next.
  var interval = 1000
  /// After how many milliseconds it ends by itself; `nil` for never.
  var lifetime: Int?
  /// After how many events it ends; `nil` for never.
  var count: Int?
  /// What is waited for; `nil` for nothing.
  var goal: Goal?
  /// The words of the goal's query that stood alone.
  var goalWords: [QueryReading.Word] = []
  /// Messages about options that change nothing here.
  var asides: [String] = []
  var timestamps = TimestampStyle.local
  /// The part of the command line that selects sockets, safe to show; empty for everything.
  var selectionText = ""
  /// The sources of events to use where they can be.
  var sources = Set(EventSource.allCases)
  /// Whether what happens in other network namespaces is shown too.
  var includesElsewhere = false
}

extension WatchPlan {
  /// What to request in each scan.
  ///
  /// No state is left out, nor is a query left to the kernel: a socket that is missing from a scan
  /// counts as ended, and a socket goes through several states and may have no ports at first.
  func request() -> InspectionRequest {
    var request = Listing(list).request()
    request.states = .all
    request.filter = .any
    if let goal { request.demand.formUnion(goal.query.demand) }
    if list.owners {
      // The start time distinguishes a process from a later one with the same number.
      request.demand.formUnion([.owners, .startTimes])
    }
    return request
  }

  /// The settings of the watcher.
  var options: Watcher.Options {
    var options = Watcher.Options()
    // A watch that ends before the second scan would see no changes.
    options.interval = min(interval, lifetime ?? interval)
    options.sources = sources
    options.ownsProcess = true
    options.seeksOwnersElsewhere = includesElsewhere
    return options
  }
}

/// Collects the plan of a watch from the options, one by one. The listing interprets what selects
/// sockets.
struct WatchPlanBuilder {
  let surroundings: Surroundings
  private var plan = WatchPlan()
  private var shape: WatchPlan.Shape?

  init(surroundings: Surroundings) { self.surroundings = surroundings }

  /// The watch that the arguments ask for.
  mutating func build(_ typed: TypedArguments) throws(UsageError) -> WatchPlan {
    var selecting = typed
    selecting.options = []
    for option in typed.options {
      if try !take(option) { selecting.options.append(option) }
    }
    var builder = ListPlanBuilder(surroundings: surroundings)
    plan.list = try builder.build(selecting)
    plan.selectionText = Self.selection(selecting)
    if let goal = plan.goal, plan.list.transportsAreDefault {
      plan.list.transports.formUnion(goal.query.mentionedTransports ?? [])
    }
    if let remark = Habits.remarkOnInterval(typed.line) { plan.asides.append(remark) }
    plan.shape = try chosenShape()
    try refuseWithoutMeaning(selecting.options)
    // The line of an event names owners; JSON has whole sockets, as in a listing.
    plan.list.output.format = plan.shape == .ndjson ? .ndjson : .table
    return plan
  }

  /// The options and operands that select sockets, as they were typed.
  private static func selection(_ typed: TypedArguments) -> String {
    let options = typed.options.filter { option in
      SelectingOptions.all.contains { $0.id == option.id }
    }
    let words = options.flatMap { [$0.spelling] + ($0.value.map { [$0] } ?? []) }
    return Escaping.text((words + typed.operands + typed.literalOperands).joined(separator: " "))
  }

  /// Takes an option of its own; `false` for one of the listing's.
  private mutating func take(_ option: TypedArguments.Occurrence) throws(UsageError) -> Bool {
    switch option.id {
    case .source: plan.sources = try sources(option)
    case .interval: plan.interval = try option.duration(from: 10, to: 86_400_000)
    case .allNamespaces: plan.includesElsewhere = true
    case .events: if shape != .ndjson { shape = .text }
    case .ndjson: shape = .ndjson
    case .view:
      guard surroundings.isTerminal else {
        throw UsageError(
          "\(option.spelling) needs a terminal, and standard output is none",
          ["leave it out for one line an event, or add --ndjson for one JSON object an event"])
      }
      shape = .view
    case .duration: plan.lifetime = try option.duration(from: 1)
    case .count: plan.count = try option.number(in: 1...1_000_000_000)
    case .until: plan.goal = .matching(try goal(option))
    case .untilGone: plan.goal = .gone(try goal(option))
    case .timestamps:
      plan.timestamps = TimestampStyle(rawValue: try option.choice(of: WatchOptions.table)) ?? .local
    default: return false
    }
    return true
  }

  /// Refuses what has no meaning for events or the view, and says what has.
  private mutating func refuseWithoutMeaning(_ options: [TypedArguments.Occurrence]) throws(UsageError) {
    for option in options {
      let spelling = option.spelling
      switch option.id {
      case .limit:
        throw UsageError(
          "\(spelling) has no meaning with watch", ["to end after so many events: --count \(option.value ?? "N")"])
      case .sort, .reverse:
        guard plan.shape != .view else { continue }
        throw UsageError("\(spelling) is for the live view", ["events come in the order of time: leave it out"])
      case .columns:
        guard plan.shape != .view else { continue }
        throw UsageError(
          "\(spelling) is for the live view", ["events have columns of their own; --ndjson has all of a socket"])
      case .resolve:
        guard plan.shape == .view else { continue }
        throw UsageError("\(spelling) is for lines of events", ["add --events: the view shows numbers"])
      case .extended, .info, .memory, .timer, .typeOfService, .controlGroup, .noQueues:
        guard plan.shape == .text else { continue }
        plan.asides.append("\(spelling) changes the columns of the live view only; --ndjson has all of a socket")
      default: break
      }
    }
  }

  /// Who waits for something or counts, wants lines; so does who looks from no terminal.
  private func chosenShape() throws(UsageError) -> WatchPlan.Shape {
    if let shape { return shape }
    return surroundings.isTerminal && plan.count == nil && plan.goal == nil ? .view : .text
  }

  private func sources(_ option: TypedArguments.Occurrence) throws(UsageError) -> Set<EventSource> {
    var chosen: Set<EventSource> = [.difference]
    for item in (option.value ?? "").split(separator: ",", omittingEmptySubsequences: false) {
      if item == "auto" {
        chosen.formUnion(EventSource.allCases)
      } else if let source = EventSource(rawValue: String(item)) {
        chosen.insert(source)
      } else {
        let words = ["auto"] + EventSource.allCases.map(\.rawValue)
        throw .unknownWord(String(item), for: option.spelling, "source", among: words)
      }
    }
    return chosen
  }

  private mutating func goal(_ option: TypedArguments.Occurrence) throws(UsageError) -> Query {
    let text = option.value ?? ""
    guard text.contains(where: { !$0.isWhitespace }) else { throw UsageError("\(option.spelling): the query is empty") }
    if QueryReading.isPortList(text) {
      let ports = String(text.drop { $0 == ":" })
      return try Query(
        TypedArguments.Occurrence(id: .port, spelling: option.spelling, value: ports), names: surroundings.names())
    }
    do throws(QueryError) {
      let reading = try Query.reading(text, names: surroundings.names())
      plan.goalWords = reading.words
      return reading.query
    } catch {
      throw UsageError(error, in: option.spelling)
    }
  }
}
