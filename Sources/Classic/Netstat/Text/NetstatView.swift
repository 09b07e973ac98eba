import Query
import Rendering
package import SocketModel
internal import Text

/// Sockets as `netstat` of net-tools 2.10 prints them, byte for byte: `netstat.c` there is the
/// source of every width and blank.
///
/// What a process or user chose is masked, which 2.10 does not do: see `NetstatText`.
package struct NetstatView: Sendable {
  package let snapshot: Snapshot
  package let options: NetstatOptions
  /// The names that are shown instead of numbers.
  package var names: NetstatNames
  /// The cells of the processes, in the snapshot's order. Empty for a process whose arguments could
  /// not be read: the original skips it.
  private let programs: [[UInt8]]
  private let stateNames: [[UInt8]]
  /// The first columns: for each transport that of IPv4 and that of IPv6.
  private let transportNames: [[UInt8]]

  /// Makes a view of a snapshot from the tables of /proc; its order is kept.
  package init(_ snapshot: Snapshot, options: NetstatOptions, names: NetstatNames = NetstatNames()) {
    self.snapshot = snapshot
    self.options = options
    self.names = names
    programs =
      options.showsPrograms ? snapshot.processes.map { $0.arguments == nil ? [] : NetstatText.program($0) } : []
    var stateNames = [[UInt8]](repeating: [], count: 256)
    for state in SocketState.allCases { stateNames[Int(state.rawValue)] = Array(NetstatText.name(of: state).utf8) }
    self.stateNames = stateNames
    transportNames = Transport.allCases.flatMap { transport in
      [AddressFamily.ipv4, .ipv6].map { Array(NetstatText.name(of: transport, $0).utf8) }
    }
  }

  /// The two lines above the sockets of the internet families.
  package var internetHeading: [UInt8] {
    var text: [UInt8] = []
    text.append(ascii: "Active Internet connections ")
    text.append(ascii: servers)
    text.append(ascii: "\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ")
    if options.showsUsers { text.append(ascii: " User       Inode     ") }
    if options.showsPrograms { text.append(ascii: " PID/Program name    ") }
    if options.showsTimers { text.append(ascii: " Timer") }
    text.append(ASCII.newline)
    return text
  }

  /// The two lines above the unix sockets.
  package var unixHeading: [UInt8] {
    var text: [UInt8] = []
    text.append(ascii: "Active UNIX domain sockets ")
    text.append(ascii: servers)
    text.append(ascii: "\nProto RefCnt Flags       Type       State         I-Node  ")
    if options.showsPrograms { text.append(ascii: " PID/Program name    ") }
    text.append(ascii: " Path\n")
    return text
  }

  private var servers: String {
    switch options.servers {
    case .all: "(servers and established)"
    case .only: "(only servers)"
    case .none: "(w/o servers)"
    }
  }

  /// The rows of a transport, which are adjacent in a snapshot from /proc.
  package func rows(of transport: Transport) -> Range<Int> {
    guard let first = snapshot.records.firstIndex(where: { $0.transport == transport }) else { return 0..<0 }
    let end = snapshot.records[first...].firstIndex { $0.transport != transport }
    return first..<(end ?? snapshot.records.count)
  }

  /// Returns the lines of some rows; none for rows that are not shown, or whose transport `netstat`
  /// does not know.
  package func render(rows: Range<Int>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * (options.showsPrograms || options.showsTimers ? 140 : 90))
    for row in rows where shows(snapshot.records[row]) {
      let record = snapshot.records[row]
      if record.transport == .unix {
        appendUnix(record, row, to: &output)
      } else {
        appendInternet(record, row, to: &output)
      }
    }
    return output
  }

  // MARK: Which rows

  /// Whether a socket is shown: its transport is one that netstat knows, and servers or other
  /// sockets, whichever it is, were requested.
  package func shows(_ record: SocketRecord) -> Bool {
    switch record.transport {
    case .tcp, .udp, .udplite, .raw: isShown(internet: record)
    case .unix: isShown(unix: record)
    case .mptcp, .sctp, .smc, .icmp, .packet, .netlink, .vsock, .xdp, .tipc, .other: false
    }
  }

  /// To netstat, a server is a TCP socket without a remote port, or any other socket without a
  /// remote address, whatever its state.
  private func isShown(internet record: SocketRecord) -> Bool {
    let isServer = record.transport == .tcp ? record.remotePort == 0 : record.remoteBits == 0
    switch options.servers {
    case .all: return true
    case .only: return isServer
    case .none: return !isServer
    }
  }

  private func isShown(unix record: SocketRecord) -> Bool {
    switch options.servers {
    case .all: true
    case .only: record.state == .listen
    case .none: record.state != .listen
    }
  }

  // MARK: Internet sockets

  private func appendInternet(_ record: SocketRecord, _ row: Int, to output: inout [UInt8]) {
    let name = 2 * Int(record.transport.rawValue) + (record.family == .ipv4 ? 0 : 1)
    output.append(contentsOf: transportNames[name])
    append(number: UInt64(record.receiveQueue), to: &output)
    output.append(ASCII.blank)
    // /proc/net/tcp does not have the limit of a listener's accept queue, which sock_diag reports
    // here.
    append(number: record.state == .listen ? 0 : UInt64(record.sendQueue), to: &output)
    output.append(ASCII.blank)
    appendEnd(record, record.localBits, record.localPort, to: &output)
    output.append(ASCII.blank)
    appendEnd(record, record.remoteBits, record.remotePort, to: &output)
    output.append(ASCII.blank)
    let start = output.count
    appendState(record, to: &output)
    output.pad(from: start, to: 11)
    if options.showsUsers { appendUser(record, to: &output) }
    if options.showsPrograms { appendProgram(row, to: &output) }
    if options.showsTimers {
      output.append(ASCII.blank)
      appendTimer(record, to: &output)
    }
    output.append(ASCII.newline)
  }

  /// Appends a number in a column of six, as `%6ld` does.
  @inline(__always)
  private func append(number: UInt64, to output: inout [UInt8]) {
    for _ in 0..<max(0, 6 - ByteText.digits(number)) { output.append(ASCII.blank) }
    output.appendDecimal(number)
  }

  private func appendState(_ record: SocketRecord, to output: inout [UInt8]) {
    switch record.transport {
    case .tcp: output.append(contentsOf: stateNames[Int(record.state.rawValue)])
    // For raw sockets the kernel's number is shown: TCP_ESTABLISHED or TCP_CLOSE.
    case .raw: output.append(record.state == .connected ? UInt8(ascii: "1") : UInt8(ascii: "7"))
    default: if record.state == .connected { output.append(ascii: "ESTABLISHED") }
    }
  }

  private func appendUser(_ record: SocketRecord, to output: inout [UInt8]) {
    output.append(ASCII.blank)
    let start = output.count
    if !options.numericUsers, let name = snapshot.userNames[record.uid] {
      output.append(ascii: name)
    } else {
      // The original stores the number in an int.
      output.appendDecimal(Int(Int32(bitPattern: record.uid)))
    }
    output.pad(from: start, to: 10)
    output.append(ASCII.blank)
    let inode = output.count
    output.appendDecimal(record.inode)
    output.pad(from: inode, to: 10)
  }

  /// Appends the first process that has the socket open: netstat shows only one.
  private func appendProgram(_ row: Int, to output: inout [UInt8]) {
    output.append(ASCII.blank)
    let start = output.count
    for owner in snapshot.ownerRange(at: row) {
      guard let process = snapshot.owners[owner].processIndex, !programs[Int(process)].isEmpty else { continue }
      let program = programs[Int(process)]
      output.append(contentsOf: program)
      break
    }
    if output.count == start { output.append(ASCII.hyphen) }
    output.pad(from: start, to: 20)
  }

  private func appendTimer(_ record: SocketRecord, to output: inout [UInt8]) {
    guard record.transport == .tcp, record.timer != .off else {
      output.append(ascii: "off (0.00/")
      appendRetransmits(record, to: &output)
      return
    }
    output.append(ascii: NetstatText.name(of: record.timer))
    output.append(ascii: " (")
    // Hundredths of a second are the kernel's own unit nearly everywhere.
    let hundredths = (UInt64(record.timerMilliseconds) + 5) / 10
    output.appendDecimal(hundredths / 100)
    output.append(ASCII.period)
    output.appendDecimal(hundredths % 100, digits: 2)
    output.append(ASCII.slash)
    appendRetransmits(record, to: &output)
  }

  private func appendRetransmits(_ record: SocketRecord, to output: inout [UInt8]) {
    output.appendDecimal(UInt64(record.retransmits))
    output.append(ASCII.slash)
    output.appendDecimal(UInt64(record.probes))
    output.append(UInt8(ascii: ")"))
  }

  // MARK: Unix sockets

  private func appendUnix(_ record: SocketRecord, _ row: Int, to output: inout [UInt8]) {
    output.append(ascii: "unix  ")
    func cell(_ width: Int, _ body: (inout [UInt8]) -> Void) {
      let start = output.count
      body(&output)
      output.pad(from: start, to: width)
      output.append(ASCII.blank)
    }
    cell(6) { $0.appendDecimal(UInt64(record.references ?? 0)) }
    cell(11) { $0.append(ascii: record.state == .listen ? "[ ACC ]" : "[ ]") }
    let type = record.known.contains(.socketType) ? NetstatText.name(of: record.socketType) : "UNKNOWN"
    cell(10) { $0.append(ascii: type) }
    cell(13) { $0.append(ascii: NetstatText.unixName(of: record.state)) }
    let start = output.count
    output.appendDecimal(record.inode)
    output.pad(from: start, to: 8)
    if options.showsPrograms { appendProgram(row, to: &output) }
    output.append(ASCII.blank)
    if let name = snapshot.name(at: row) { NetstatText.appendPath(name.display, to: &output) }
    output.append(ASCII.newline)
  }
}

extension [UInt8] {
  /// Appends blanks until the text from `start` on is as wide as a column; like printf's `%-*s` it
  /// counts bytes.
  @inline(__always)
  mutating func pad(from start: Int, to width: Int) {
    let missing = width - (count - start)
    if missing > 0 { append(contentsOf: repeatElement(ASCII.blank, count: missing)) }
  }
}
