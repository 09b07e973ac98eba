import CommandLine
import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Options
import Query
import SocketModel
import Text

extension Command {
  /// `sockinspect why`.
  static let why = Command(
    "why", "why PORT|ADDRESS:PORT|PID|NAME [OPTIONS]", "who or what has a port, and what to do about it",
    options: .own { WhyOptions.options.table }, operands: .oneWord { [] }, chapter: { .why },
    WhyPlanBuilder.meaning)
}

extension WhyPlan: CommandPlan {
  func run() -> ExitStatus { WhyCommand(plan: self).run() }
}

/// `sockinspect why`: a verdict on a port, or what a process has open.
struct WhyCommand {
  let plan: WhyPlan
  private var language: Language { plan.language }

  /// Answers the question, and returns the exit status.
  func run() -> ExitStatus {
    plan.list.withRoot(failure: .incomplete) { (root) throws(InspectionError) in try answer(root) }
  }

  private func answer(_ root: ProcRoot) throws(InspectionError) -> ExitStatus {
    switch plan.subject {
    case .port(let port, let host): return try answer(port, host, root)
    case .process(let pid):
      if let lack = lackOfProcesses(root) { return lack }
      guard root.mayHold(process: pid) else { return refuse("\(pid)") }
      return try answer(processes: [pid], "\(pid)", root)
    case .name(let name, let ports):
      let pids = ProcessNames(root).processes(named: name)
      if !pids.isEmpty { return try answer(processes: pids, name, root) }
      guard let port = ports.first else {
        if let lack = lackOfProcesses(root) { return lack }
        return refuse(name)
      }
      return try answer(port, nil, root)
    }
  }

  /// Reports that processes are not known here; `nil` when they are.
  private func lackOfProcesses(_ root: ProcRoot) -> ExitStatus? {
    if root.hasProcesses { return nil }
    let path = root.path
    Messages.complain(
      root.lackOfOwners ?? language("there are no processes in \(path)", "en \(path) no hay procesos"))
    return .incomplete
  }

  /// Reports that a word is neither a port nor a process.
  private func refuse(_ word: String) -> ExitStatus {
    var message = language(
      "why: \(quoted(word)) is neither a process nor a service", "why: \(quoted(word)) no es un proceso ni un servicio")
    if let number = Int(word) {
      message =
        number > UInt16.max
        ? language(
          "why: \(word) is no port (1 to 65535), and no process has that id",
          "why: \(word) no es un puerto (de 1 a 65535), ni hay un proceso con ese número")
        : language("why: no process has the id \(word)", "why: ningún proceso tiene el número \(word)")
    }
    let advice = language(
      "`ps -e` lists the processes; a port is a number from 1 to 65535",
      "`ps -e` lista los procesos; un puerto es un número de 1 a 65535")
    Messages.complain(UsageError(message, [advice]))
    return .usage
  }

  // MARK: A port

  private func answer(_ port: UInt16, _ host: String?, _ root: ProcRoot) throws(InspectionError) -> ExitStatus {
    let addresses: [IPAddress?]
    do throws(DemoTrouble) {
      addresses = try self.addresses(host, port)
    } catch {
      Messages.complain(error)
      return .usage
    }
    var statuses: [Bool?] = []
    for address in addresses {
      if plan.isUnreachable {
        let (status, isReachable) = try answer(unreachable: address, port, root)
        guard status == .matched else { return status }
        statuses.append(isReachable)
        continue
      }
      let question = PortQuestion(port: port, address: address, transports: plan.transports)
      let answer = try PortInquiry(root: root, plan: plan, question: question).answer()
      let bytes = plan.isJSON ? WhyJSON(answer, plan).render() : Array(WhyText(answer, plan).render().utf8)
      let printed = Messages.print(bytes: bytes)
      guard printed == .matched else { return printed }
      statuses.append(answer.verdict.isFree)
    }
    if statuses.contains(false) { return .nothing }
    return statuses.contains(nil) ? .incomplete : .matched
  }

  private func answer(
    unreachable address: IPAddress?, _ port: UInt16, _ root: ProcRoot
  ) throws(InspectionError) -> (ExitStatus, Bool?) {
    let answer = try ReachInquiry(root: root, plan: plan, address: address, port: port).answer()
    let text = ReachText(answer, plan)
    let printed = Messages.print(bytes: plan.isJSON ? text.json() : Array(text.render().utf8))
    return (printed, answer.verdict.isReachable)
  }

  /// The addresses of the host that was typed; one `nil` for none.
  private func addresses(_ host: String?, _ port: UInt16) throws(DemoTrouble) -> [IPAddress?] {
    guard let host else { return [nil] }
    if let address = IPAddress(String(host.prefix { $0 != "%" })) { return [address] }
    let found = try DemoPlace.addresses(
      of: host, port: port, family: nil, in: language,
      advice: language("type an address, such as 127.0.0.1", "escribe una dirección, como 127.0.0.1"))
    return found.compactMap { $0.endpoint?.address }
  }

  // MARK: Processes

  /// The most processes of one name that are shown.
  private static let mostProcesses = 8

  private func answer(processes pids: [Int32], _ name: String, _ root: ProcRoot) throws(InspectionError) -> ExitStatus {
    var answers: [ProcessAnswer] = []
    for pid in pids.prefix(Self.mostProcesses) {
      if let answer = try ProcessInquiry(root: root, plan: plan, pid: pid).answer() { answers.append(answer) }
    }
    // They have ended since.
    if answers.isEmpty { return refuse(name) }
    let text = WhyProcessText(answers, plan, rest: max(0, pids.count - Self.mostProcesses))
    let printed = Messages.print(bytes: plan.isJSON ? text.json() : Array(text.render().utf8))
    guard printed == .matched else { return printed }
    if answers.contains(where: \.hasPorts) { return .nothing }
    return answers.contains(where: \.isHidden) ? .incomplete : .matched
  }
}
