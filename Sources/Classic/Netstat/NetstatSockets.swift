import Inspection
import LinuxSystem
import Options
import Rendering
import SocketModel

/// One listing of netstat: the requested sockets, block by block, and its messages on standard
/// error.
struct NetstatSockets {
  let arguments: NetstatArguments
  let root: ProcRoot

  /// How many rows one thread renders at a time: some hundred kilobytes of text.
  private static let chunk = 4096

  /// Shows the sockets and returns the exit status, which is 1 when the kernel lacks what was
  /// named.
  func show() throws(InspectionError) -> Int32 {
    let snapshot = try Inspector(root: root).snapshot(request)
    if let absence = root.absence { NetstatProgram.complain("\(absence); the sockets are sock_diag's") }
    var view = NetstatView(snapshot, options: arguments.view)
    view.names = NetstatNames(for: snapshot.records.lazy.filter(view.shows), arguments.view)
    if arguments.view.showsPrograms, !request.transports.isEmpty { notePrograms(of: snapshot) }
    for step in steps {
      if let status = show(step, snapshot, view) { return status }
    }
    return 0
  }

  // MARK: What is read

  private var request: InspectionRequest {
    var request = InspectionRequest()
    request.transports = Set(steps.compactMap(\.transport))
    request.requiredTransports = request.transports
    request.families = Set((arguments.readsIPv4 ? [.ipv4] : []) + (arguments.readsIPv6 ? [.ipv6] : []))
    // Without /proc, as in a chroot, sock_diag returns the same rows for what it knows.
    request.source = root.absence == nil ? .proc : .auto
    // The same rows in the same order (both walk the hash table slot by slot), and none is lost
    // while others close.
    request.transportsBySockDiag = [.udp, .udplite]
    request.requiredDetails = []
    if arguments.view.showsPrograms { request.requiredDetails.formUnion([.owners, .arguments, .refusals]) }
    if arguments.view.showsUsers, !arguments.view.numericUsers { request.requiredDetails.insert(.userNames) }
    return request
  }

  // MARK: What is shown

  /// The parts to print, in order. Any of them may find that the kernel has no such sockets, which
  /// can be the end.
  private enum Step {
    case internetHeading
    case table(Transport, NetstatArguments.Socket)
    case unixHeading
    /// Files of sockets that this program does not show.
    case foreign([String], NetstatArguments.Socket)
    case bluetooth

    var transport: Transport? {
      if case .table(let transport, _) = self { transport } else { nil }
    }
  }

  private var steps: [Step] {
    var steps: [Step] = []
    func add(_ socket: NetstatArguments.Socket, _ transport: Transport) {
      if arguments.shows(socket) { steps.append(.table(transport, socket)) }
    }
    func add(_ socket: NetstatArguments.Socket, files: String...) {
      if arguments.shows(socket) { steps.append(.foreign(files, socket)) }
    }
    if NetstatArguments.Socket.allCases.contains(where: { $0.isInternet && arguments.shows($0) }) {
      steps.append(.internetHeading)
    }
    add(.tcp, Transport.tcp)
    if arguments.readsIPv4 {
      if arguments.view.servers != .none { add(.sctp, files: "sctp/eps") }
      if arguments.view.servers != .only { add(.sctp, files: "sctp/assocs") }
    }
    add(.udp, Transport.udp)
    add(.udplite, Transport.udplite)
    add(.raw, Transport.raw)
    if arguments.shows(.unix) { steps.append(.unixHeading) }
    add(.unix, Transport.unix)
    add(.ipx, files: "ipx_socket", "ipx/socket")
    add(.ax25, files: "ax25")
    add(.x25, files: "x25")
    add(.netrom, files: "nr")
    add(.rose, files: "rose")
    if arguments.isChosen, arguments.shows(.l2cap) || arguments.shows(.rfcomm) { steps.append(.bluetooth) }
    return steps
  }

  /// Prints one part; returns a status when it is the last.
  private func show(_ step: Step, _ snapshot: Snapshot, _ view: NetstatView) -> Int32? {
    switch step {
    case .internetHeading: return NetstatProgram.write(view.internetHeading) ? nil : ExitStatus.unreadable.rawValue
    case .unixHeading: return NetstatProgram.write(view.unixHeading) ? nil : ExitStatus.unreadable.rawValue
    case .table(let transport, let socket):
      if snapshot.lookedAt[transport] == nil,
        snapshot.problems.contains(where: { $0.kind == .missing && $0.transports.contains(transport) })
      {
        return missing(socket)
      }
      noteBogusLines(of: transport, in: snapshot, view)
      return show(view.rows(of: transport), view)
    case .foreign(let files, let socket):
      let tables = files.map(root.foreignTable)
      if !tables.contains(where: \.isThere) { return missing(socket) }
      if tables.contains(where: \.hasRows) {
        let use = socket == .sctp ? ": use `ss -S`" : ""
        NetstatProgram.complain("there are sockets of `\(socket.familyName)', which are not shown\(use)")
      }
      return nil
    case .bluetooth:
      NetstatProgram.complain("feature `AF BLUETOOTH' not supported")
      return 1
    }
  }

  private func show(_ rows: Range<Int>, _ view: NetstatView) -> Int32? {
    let count = (rows.count + Self.chunk - 1) / Self.chunk
    let failure = OrderedOutput.write(count: count) { index in
      let start = rows.lowerBound + index * Self.chunk
      return view.render(rows: start..<min(rows.upperBound, start + Self.chunk))
    }
    guard let failure else { return nil }
    if failure.isClosedPipe { return 0 }
    NetstatProgram.complain("\(failure)")
    return ExitStatus.unreadable.rawValue
  }

  // MARK: Messages

  /// Reports that the kernel lacks sockets of a kind, when that kind was named or the output is
  /// verbose.
  private func missing(_ socket: NetstatArguments.Socket) -> Int32? {
    guard !(socket.isInternet && (arguments.areProtocolsImplied || !arguments.readsIPv4)) else { return nil }
    if arguments.isChosen || arguments.isVerbose {
      NetstatProgram.complain("no support for `\(socket.familyName)' on this system.")
    }
    return arguments.isChosen ? 1 : nil
  }

  /// Warns of lines that are not rows, as the original does. It reads the tables line by line, so
  /// it also warns of what follows a newline in a unix path.
  private func noteBogusLines(of transport: Transport, in snapshot: Snapshot, _ view: NetstatView) {
    let name = transport == .udplite ? "udp" : transport.name
    var count = 0
    for problem in snapshot.problems where problem.kind == .malformed && problem.isAboutTable(of: transport) {
      count += problem.count
    }
    if transport == .unix {
      for row in view.rows(of: .unix) {
        if let path = snapshot.name(at: row)?.bytes { count += path.count { $0 == UInt8(ascii: "\n") } }
      }
    }
    guard count > 0 else { return }
    try? StandardStream.error.write(String(repeating: "warning, got bogus \(name) line.\n", count: count))
  }

  /// Reports, in netstat's words, that processes of other users may not be read.
  private func notePrograms(of snapshot: Snapshot) {
    // The original silently skips whatever it cannot open, whatever the reason, and nothing
    // explains why the program is missing.
    for problem in snapshot.problems where problem.kind == .unreadable && problem.costsOnlyOwners {
      NetstatProgram.complain(ProblemText.sentence(of: problem))
    }
    guard snapshot.lockedProcesses > 0 else { return }
    let text =
      snapshot.foundOwnedSocket
      ? """
      (Not all processes could be identified, non-owned process info
       will not be shown, you would have to be root to see it all.)

      """
      : "(No info could be read for \"-p\": geteuid()=\(Users.effectiveUID) but you should be root.)\n"
    try? StandardStream.error.write(text)
  }
}
