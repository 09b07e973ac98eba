import Inspection
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel

/// `sockinspect lsof`: reads the command line of lsof, makes the snapshot that it needs, and prints
/// its view.
struct LsofProgram {
  private let plan: LsofPlan
  private let root: ProcRoot
  private var search: LsofSearch

  /// Does what the arguments ask for, and returns the exit status.
  static func run(_ arguments: [String]) -> Int32 {
    switch LsofReader.read(arguments, names: .system, variable: { environmentVariable($0) }) {
    case .list(let plan): return list(plan)
    case .help: return say(LsofHelp.text)
    case .fieldHelp: return say(LsofHelp.fields)
    case .version: return say(LsofHelp.version)
    case .refused(let line):
      Messages.sayLine("lsof: \(line)")
      let folders = environmentVariable("PATH") ?? ""
      if let original = OriginalLsof.commandLine(arguments, folders: folders) {
        Messages.sayLine("  that is: \(original)")
      }
    case .missing(let lines):
      for line in lines { Messages.sayLine("lsof: \(line)") }
      return lines.isEmpty ? 0 : failure
    case .wrong(let problems):
      for problem in problems { Messages.sayLine("lsof: \(problem)") }
      _ = say(LsofHelp.usage)
    }
    return failure
  }

  /// The exit status when something requested was not found, and after every error.
  static let failure: Int32 = 1

  private static func say(_ text: String) -> Int32 {
    try? StandardStream.error.write(text)
    return 0
  }

  private static func list(_ plan: LsofPlan) -> Int32 {
    OpenFileLimit.raiseForWalk()
    do throws(InspectionError) {
      let root: ProcRoot
      if let path = plan.root {
        root = try .open(path, in: plan.namespaces)
      } else {
        root = try .running(in: plan.namespaces, needsProc: true)
      }
      if plan.isRootByVariable {
        Messages.sayLine("lsof: " + RootVariable.note(root.path, captured: root.captureTime))
      }
      var plan = plan
      if CharacterClasses.adoptEnvironment() { plan.view.isPrintable = { CharacterClasses.isPrintable($0) } }
      var program = LsofProgram(plan: plan, root: root, search: LsofSearch(plan.criteria))
      return try program.run()
    } catch {
      Messages.sayLine("lsof: \(error)")
      return failure
    }
  }

  private mutating func run() throws(InspectionError) -> Int32 {
    let repetition = plan.repetition
    if plan.asksPortmapper, plan.root == nil, try hasPortmapper() {
      Messages.sayLine("lsof: +M: names of programs registered with the portmapper are not shown; for them: rpcinfo -p")
    }
    if !plan.allowsMissing { for line in plan.nameErrors { Messages.sayLine("lsof: \(line)") } }
    var round = 0
    var listedAny = false
    while true {
      let count: Int
      switch try listOnce() {
      case .listed(let number): count = number
      case .closedPipe: return 0
      case .failed: return Self.failure
      }
      if round == 0, search.foundOtherFiles, plan.notesOtherFiles {
        Messages.sayLine("lsof: only sockets are listed: \(LsofReader.otherFiles); -a joins the options")
      }
      guard let repetition else { break }
      if repetition.endsWhenEmpty {
        if count == 0 { break }
        listedAny = true
      }
      if !write(marker(repetition)) { return 0 }
      Clock.sleep(milliseconds: min(repetition.seconds, 1 << 20) * 1000)
      round += 1
      if repetition.count > 0, round == repetition.count { break }
    }
    let missing = search.missing
    if plan.isVerbose, !write(missing.flatMap { LsofMissingText(isPrintable: plan.view.isPrintable).line($0) }) {
      return 0
    }
    if !missing.isEmpty || !plan.nameErrors.isEmpty, !plan.allowsMissing { return Self.failure }
    return repetition?.endsWhenEmpty ?? false && !listedAny ? Self.failure : 0
  }

  /// Whether something has the portmapper's port, so that `+M` could name programs.
  private func hasPortmapper() throws(InspectionError) -> Bool {
    var request = InspectionRequest()
    request.transports = [.tcp, .udp]
    request.filter = .localPort(111...111)
    let snapshot = try Inspector(root: root).snapshot(request)
    return snapshot.records.contains { $0.localPort == 111 }
  }

  // MARK: One listing

  private enum Outcome {
    case listed(Int)
    case closedPipe
    case failed
  }

  private mutating func listOnce() throws(InspectionError) -> Outcome {
    let snapshot = try Inspector(root: root).snapshot(LsofRequest(plan, isLive: plan.root == nil).request)
    var files = search.files(in: snapshot)
    var view = plan.view
    if plan.endpoints != .none {
      let endpoints = LsofEndpoints(snapshot, unix: plan.root == nil && plan.criteria.mayShowUnix ? .read() : nil)
      if plan.endpoints == .listed {
        files = search.files(in: snapshot, besides: endpoints.owners(of: files, in: snapshot))
      }
      view.endpoints = endpoints
    }
    if !plan.isTerse { view.names = shownNames(of: files, in: snapshot) }
    warnOfUsers(files, snapshot)
    if !snapshot.hasOwners, !snapshot.problems.contains(where: \.costsOnlyOwners) {
      Messages.sayLine("lsof: \(root.path) has no processes, so owners are not known")
    }
    if plan.criteria.tasks, root.shape == .tree, !snapshot.processes.contains(where: { $0.task != nil }) {
      Messages.sayLine("lsof: -K: \(root.path) has no folders of threads, so they are not known")
    }
    for problem in snapshot.problems where problem.kind != .forbidden && problem.costsOnlyOwners {
      Messages.sayLine("lsof: \(ProblemText.sentence(of: problem))")
    }
    if let failure = show(files, snapshot, view) {
      if failure.isClosedPipe { return .closedPipe }
      Messages.complain("\(failure)")
      return .failed
    }
    return .listed(files.count)
  }

  /// How many rows one thread renders at a time.
  private static let chunk = 4096

  private func show(_ files: [OwnedSocket], _ snapshot: Snapshot, _ view: LsofView) -> SystemError? {
    if plan.isTerse { return OrderedOutput.write(count: 1) { _ in terse(files, snapshot) } }
    if let letters = plan.fields {
      let fields = LsofFields(view, snapshot, files: files, letters: letters, terminator: plan.terminator)
      return OrderedOutput.write(count: 1) { _ in fields.render() }
    }
    if files.isEmpty { return nil }
    let table = LsofTable(view, snapshot, files: files)
    return OrderedOutput.write(count: (files.count + Self.chunk - 1) / Self.chunk) { index in
      let rows = table.render((index * Self.chunk)..<min(files.count, (index + 1) * Self.chunk))
      // With the titles in the first piece a short listing is one write, as with a buffered output.
      return index == 0 ? table.header + rows : rows
    }
  }

  private func terse(_ files: [OwnedSocket], _ snapshot: Snapshot) -> [UInt8] {
    var output: [UInt8] = []
    var previous: Int32?
    for file in files {
      let owner = snapshot.owners[Int(file.owner)]
      guard let pid = owner.pid, search.leaders[pid] == nil || search.leaders[pid] == owner.processIndex else {
        continue
      }
      if pid != previous { output += Array("\(pid)\n".utf8) }
      previous = pid
    }
    return output
  }

  private func marker(_ repetition: LsofPlan.Repetition) -> [UInt8] {
    let text =
      repetition.marker.flatMap { Clock.localTime(format: $0, limit: Self.markerLimit($0)) }.map { Array($0.utf8) }
    guard plan.fields != nil else { return (text ?? Array("=======".utf8)) + [UInt8(ascii: "\n")] }
    let field = Array("m".utf8) + (text ?? []) + [plan.terminator]
    return plan.terminator == UInt8(ascii: "\n") ? field : field + [UInt8(ascii: "\n")]
  }

  /// The size of lsof's buffer for the result of a format.
  static func markerLimit(_ format: String) -> Int { (format.utf8.count + 1) * 8 }

  private func write(_ bytes: [UInt8]) -> Bool {
    do throws(SystemError) {
      try StandardStream.output.write(bytes.span)
      return true
    } catch {
      if !error.isClosedPipe { Messages.complain("\(error)") }
      return false
    }
  }

  // MARK: Names

  private func shownNames(of files: [OwnedSocket], in snapshot: Snapshot) -> ShownNames {
    var names = ShownNames()
    if plan.portNames {
      names.tcpServices = ServiceNames.system.names(of: "tcp")
      names.udpServices = ServiceNames.system.names(of: "udp")
    }
    if plan.hostNames { names.hosts = ShownNames.hosts(for: files.map(\.row)[...], of: snapshot, patiently: true) }
    return names
  }

  /// Warns about a user id without a name, each time the user of a row is looked up: twice in
  /// columns, which are measured first.
  private func warnOfUsers(_ files: [OwnedSocket], _ snapshot: Snapshot) {
    guard plan.warns, plan.view.userNames, plan.root == nil, plan.fields.map({ $0.contains("L") }) ?? true else {
      return
    }
    var text = ""
    var previous: Int32?
    for file in files {
      let owner = snapshot.owners[Int(file.owner)]
      let isNew = owner.processIndex != previous
      previous = owner.processIndex
      guard plan.fields == nil || isNew, let uid = snapshot.process(of: owner)?.uid, snapshot.userNames[uid] == nil
      else { continue }
      let line = "lsof: no pwd entry for UID \(uid)\n"
      text += plan.fields == nil ? line + line : line
    }
    if !text.isEmpty { try? StandardStream.error.write(text) }
  }
}
