import CommandLine
import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Options
import SocketModel

/// The answer to a `bind(2)` or `listen(2)` that failed with EADDRINUSE: who has the address, and
/// what can be done.
///
/// The options that would help are found by trying them, because the kernel's rules depend on the
/// options of the other sockets, which no other process can read.
struct PortTaken: Sendable {
  let transport: Transport
  let address: SocketAddress
  /// Whether the socket is an IPv6 one that also takes IPv4.
  var isDualStack = false
  /// Whether the command has the options that share an address.
  var offersReuse: Bool
  /// The kinds of sockets that share the address's table: `SOCK_STREAM` or `SOCK_DGRAM`.
  var isDatagram: Bool
  /// The language of the answer.
  var language: Language

  /// Makes the answer for an address that could not be bound. For unix sockets `isDatagram` gives
  /// the type; for others the transport does.
  init(
    _ transport: Transport, _ address: SocketAddress, isDualStack: Bool = false, isDatagram: Bool = false,
    offersReuse: Bool = true, language: Language = .english
  ) {
    self.language = language
    self.offersReuse = offersReuse
    self.transport = transport
    self.address = address
    self.isDualStack = isDualStack
    self.isDatagram = isDatagram || transport == .udp
  }

  /// Prints the answer on standard error. The command ends with status 1.
  func report() { Messages.say(Array((lines().joined(separator: "\n") + "\n").utf8)) }

  /// The answer: a sentence, then the sockets that are in the way, then what can be done.
  func lines() -> [String] {
    if let name = address.unixName {
      return UnixNameTaken(name: name, address: address, isDatagram: isDatagram, language: language).lines()
    }
    let head =
      "sockinspect: \(transport.name) \(address.shown) "
      + language("is taken (EADDRINUSE)", "ya está en uso (EADDRINUSE)")
    guard let wanted = address.endpoint else { return [head] }
    do throws(InspectionError) {
      let conflict = try conflict(at: wanted)
      let reuse = reuse()
      let remedies = conflict.remedies(reuse: reuse, user: Users.effectiveUID)
      let obstacle = reuse.none ? nil : obstacle(at: wanted)
      return [head] + HolderText.rows(of: conflict, in: language)
        + [obstacle?.sentence].compactMap { $0 }.map { "  " + $0 } + (obstacle?.stops ?? []).map { "  " + $0 }
        + remedies.filter { !isReplaced($0, by: obstacle?.stops ?? []) }
        .map { HolderText.line($0, port: conflict.port, in: language) }
    } catch {
      return [
        head, "  " + language("who has it is not known: \(error)", "no se sabe quién lo tiene: \(error)"),
        HolderText.line(.anotherPort, port: wanted.port, in: language),
      ]
    }
  }

  /// What `why` says about the port, as another program would have it; `nil` when it says that it is
  /// free, or nothing could be read.
  private func obstacle(at wanted: Endpoint) -> (sentence: String?, stops: [String])? {
    let isEvery = wanted.address.isUnspecified
    let transports: Set<Transport> = transport == .tcp ? [.tcp, .mptcp] : [transport]
    var plan = WhyPlan(subject: .port(wanted.port, host: nil), transports: transports)
    plan.language = language
    let question = PortQuestion(
      port: wanted.port, address: isEvery ? nil : wanted.address, transports: transports)
    guard let root = try? ProcRoot.running(),
      let answer = try? PortInquiry(root: root, plan: plan, question: question).answer()
    else { return nil }
    return WhyText(answer, plan).obstacle
  }

  /// Whether ending processes would only have a unit or container start them again.
  private func isReplaced(_ remedy: PortConflict.Remedy, by stops: [String]) -> Bool {
    switch remedy {
    case .end, .endAsRoot: !stops.isEmpty
    default: false
    }
  }

  /// Finds what is in the way in the running kernel.
  private func conflict(at wanted: Endpoint) throws(InspectionError) -> PortConflict {
    var request = InspectionRequest()
    request.transports = transport == .tcp ? [.tcp, .mptcp] : [transport]
    request.filter = .localPort(wanted.port...wanted.port)
    request.requiredDetails = [.owners, .processUsers, .userNames, .interfaceNames]
    request.processes.findsHiddenOwners = true
    let snapshot = try Inspector(root: .running()).snapshot(request)
    return PortConflict(snapshot, at: wanted, takesIPv4: isDualStack)
  }

  // MARK: What would help

  /// The options with which the address can be bound now, found by trying.
  private func reuse() -> PortConflict.Reuse {
    let isFree = canBind([])
    guard offersReuse else { return PortConflict.Reuse(none: isFree, isOffered: false) }
    return PortConflict.Reuse(none: isFree, address: canBind([.reuseAddress]), port: canBind([.reusePort]))
  }

  private func canBind(_ options: [SocketOption]) -> Bool {
    BindTrial(address, isDatagram: isDatagram, isIPv6Only: address.isIPv6 && !isDualStack).failure(options) == nil
  }
}
