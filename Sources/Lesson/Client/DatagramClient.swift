import Glibc
package import LinuxSystem

/// Sends datagrams from one connected socket, over UDP or a unix socket, and records the fate of
/// each.
///
/// Nothing guarantees that a datagram arrives, or in which order: several are on their way at a
/// time, and each carries its number.
package final class DatagramClient {
  /// The default number of datagrams on their way at a time: few enough that no queue overflows by
  /// itself.
  package static let usualParallel = 16
  /// The default time that an answer may take, in milliseconds.
  package static let usualTimeout = 2000

  private let address: SocketAddress
  private let settings: ClientSettings
  private let calls: Calls
  private let watch: SignalWatch?
  private let parallel: Int
  private let timeout: Int
  private let queue: ReadinessQueue
  private var account = ClientAccount()
  private var report = DatagramReport()
  /// The numbers of the datagrams on their way and the deadline of each answer, in the order of
  /// sending.
  private var underWay: [(number: Int, deadline: Int)] = []
  /// The highest number that was answered.
  private var highest = 0
  private var nextSending = 0
  private var hasReported = false
  private var receivedInARow = 0
  private var buffer: [UInt8]

  /// Makes a client of the server at an address.
  ///
  /// - Parameter watch: the signals that end the client early.
  /// - Throws: when the kernel has no `epoll(7)` queue for it.
  package init(
    address: SocketAddress, settings: ClientSettings, observer: (any CallObserver)?, watch: SignalWatch?
  ) throws(SystemError) {
    self.address = address
    self.settings = settings
    calls = Calls(observer: observer)
    self.watch = watch
    parallel = settings.parallel > 1 ? settings.parallel : DatagramClient.usualParallel
    timeout = settings.timeout ?? DatagramClient.usualTimeout
    buffer = Array(repeating: 0, count: max(1, settings.buffer))
    queue = try ReadinessQueue()
    if let watch { try queue.add(watch.descriptor.number, for: .reading, tag: 0) }
  }

  /// Sends all the datagrams and waits for their answers.
  package func run() -> ClientAccount {
    do throws(DemoFailure) {
      let socket = try open()
      attempt(socket)
      try calls.close(socket)
    } catch {
      // If there is no socket, the first datagram counts as the one that could not be sent.
      if error.systemError != nil, account.begun == 0 {
        account.begun = 1
        report.fates.append(.unsent)
      }
      takeEnd(error)
    }
    return conclude()
  }

  private func attempt(_ socket: borrowing Descriptor) {
    do throws(DemoFailure) { try converse(socket) } catch { takeEnd(error) }
  }

  /// Records the failure that ended everything.
  private func takeEnd(_ failure: DemoFailure) {
    switch failure {
    case .interrupted: account.isInterrupted = true
    case .call(let call, let error): take(call, error)
    }
  }

  private func open() throws(DemoFailure) -> Descriptor {
    let socket = try calls.socket(SocketKind(family: address.family, type: Int32(SOCK_DGRAM.rawValue)))
    // A unix socket without a name cannot be answered.
    if address.unixName != nil { try calls.bind(socket, to: .unixAutobind) }
    _ = try calls.connect(socket, to: address)
    return socket
  }

  private func converse(_ socket: borrowing Descriptor) throws(DemoFailure) {
    do throws(SystemError) {
      try queue.add(socket.number, for: settings.reads ? .reading : [], tag: 1)
    } catch {
      throw .call(.close(socket.number), error)
    }
    nextSending = Clock.monotonicMilliseconds() + settings.delay
    while true {
      if watch?.arrived() != nil { throw .interrupted }
      let isBlocked = try sendMore(socket)
      let isLeft = account.begun < settings.count
      if !isLeft, underWay.isEmpty {
        if settings.reads && settings.closes { return }
        reportKept()
        if !settings.reads, settings.closes, settings.timeout != nil { return try pause(socket) }
      }
      try wait(socket, isBlocked: isBlocked)
    }
  }

  /// Sends what may be sent now.
  ///
  /// - Returns: whether there was no room to send.
  private func sendMore(_ socket: borrowing Descriptor) throws(DemoFailure) -> Bool {
    guard account.begun < settings.count, underWay.count < parallel, nextSending <= Clock.monotonicMilliseconds() else {
      return false
    }
    let number = account.begun + 1
    let bytes = settings.count == 1 ? settings.message : settings.message + Array(" #\(number)".utf8)
    do throws(DemoFailure) {
      if try calls.send(socket, bytes) == 0, !bytes.isEmpty { return true }
      report.fates.append(.open)
      account.bytesSent += bytes.count
      if settings.reads { underWay.append((number, Clock.monotonicMilliseconds() + timeout)) }
    } catch {
      guard case .call(let call, let systemError) = error else { throw error }
      // The error belongs to a datagram that was sent before: this one was not sent.
      if systemError.code == ECONNREFUSED, !underWay.isEmpty {
        refuse(call, systemError)
        return false
      }
      report.fates.append(.unsent)
      take(call, systemError)
    }
    account.begun += 1
    nextSending = Clock.monotonicMilliseconds() + settings.delay
    return false
  }

  private func wait(_ socket: borrowing Descriptor, isBlocked: Bool) throws(DemoFailure) {
    var events: [ReadinessQueue.Event] = []
    let mayNotSend = account.begun == settings.count || underWay.count >= parallel
    var limit: Int? = underWay.first.map { max(0, $0.deadline - Clock.monotonicMilliseconds()) }
    if isBlocked {
      limit = min(limit ?? 10, 10)
    } else if !mayNotSend {
      // Before the next datagram, what has already arrived is read.
      limit = min(limit ?? .max, max(0, nextSending - Clock.monotonicMilliseconds()))
    }
    do throws(SystemError) {
      if limit != 0, !hasReported, !underWay.isEmpty, calls.observer != nil {
        try queue.wait(milliseconds: 0, into: &events)
        if events.isEmpty {
          calls.observer?.waits(for: .receiveFrom(socket.number, capacity: buffer.count))
          hasReported = true
        }
      }
      if events.isEmpty { try queue.wait(milliseconds: limit, into: &events) }
    } catch {
      // The wait fails only for a wrong argument.
      throw .interrupted
    }
    for event in events where event.tag == 1 {
      if settings.reads { try receive(socket) } else { takePendingError(socket) }
    }
    // What has arrived but was not read yet is not lost, even if a person takes steps; but a server
    // that never stops sending must not prevent the timeouts.
    receivedInARow = events.isEmpty ? 0 : receivedInARow + 1
    if events.isEmpty || receivedInARow > 1000 { expire() }
  }

  private func receive(_ socket: borrowing Descriptor) throws(DemoFailure) {
    do throws(DemoFailure) {
      guard let datagram = try calls.receiveDatagram(socket, into: &buffer) else { return }
      hasReported = false
      account.bytesReceived += datagram.bytes.count
      calls.observer?.prints(.received(datagram.bytes))
      let number = answer(datagram)
      guard datagram.length > datagram.bytes.count else { return }
      report.truncated += 1
      if report.truncations.count < 100 {
        report.truncations.append(.init(number: number, length: datagram.length, taken: datagram.bytes.count))
      }
      calls.observer?.notes(.remark(.answerCut(length: datagram.length, room: buffer.count)))
    } catch {
      guard case .call(let call, let systemError) = error, systemError.code == ECONNREFUSED else { throw error }
      refuse(call, systemError)
    }
  }

  /// Finds the datagram that this answers.
  private func answer(_ datagram: Datagram) -> Int? {
    let number: Int
    if settings.count > 1, let own = DatagramClient.number(in: datagram.bytes), own <= report.fates.count {
      number = own
    } else if let first = underWay.first?.number {
      if settings.count > 1 { report.isGuessed = true }
      number = first
    } else if let lost = report.fates.firstIndex(of: .lost) {
      number = lost + 1
    } else {
      report.unexpected += 1
      return nil
    }
    underWay.removeAll { $0.number == number }
    switch report.fates[number - 1] {
    case .open:
      report.fates[number - 1] = number < highest ? .overtaken(by: highest) : .answered
      if number < highest { calls.observer?.notes(.remark(.answerOvertaken(number: number, by: highest))) }
      account.done += 1
    case .lost:
      report.fates[number - 1] = .late
      account.timedOut -= 1
      account.done += 1
    default:
      report.unexpected += 1
      return nil
    }
    highest = max(highest, number)
    return number
  }

  /// The number at the end of a datagram: `#12`.
  package static func number(in bytes: [UInt8]) -> Int? {
    guard let mark = bytes.lastIndex(of: UInt8(ascii: "#")), bytes.count - mark < 12 else { return nil }
    let number = Int(String(decoding: bytes[(mark + 1)...], as: UTF8.self))
    return number.flatMap { $0 > 0 ? $0 : nil }
  }

  /// Records that a datagram reached a port without a socket: the first of those on their way.
  private func refuse(_ call: SocketCall, _ error: SystemError) {
    guard !underWay.isEmpty else { return }
    report.fates[underWay.removeFirst().number - 1] = .refused
    hasReported = false
    take(call, error)
  }

  private func take(_ call: SocketCall, _ error: SystemError) {
    account.add(ClientTrouble(call: call.name, error: error, address: address))
  }

  private func takePendingError(_ socket: borrowing Descriptor) {
    guard let code = try? socket.takePendingError(), code != 0 else { return }
    if let index = report.fates.lastIndex(of: .open) { report.fates[index] = .refused }
    account.add(ClientTrouble(call: "send", error: SystemError("send", code: code), address: address))
  }

  private func expire() {
    let now = Clock.monotonicMilliseconds()
    while let first = underWay.first, first.deadline <= now {
      underWay.removeFirst()
      report.fates[first.number - 1] = .lost
      hasReported = false
      account.add(ClientTrouble(call: "recv", waited: timeout, address: address))
      let number = settings.count > 1 && !report.isGuessed ? first.number : nil
      calls.observer?.notes(.unanswered(number: number, milliseconds: timeout))
    }
  }

  /// Leaves the socket open for the duration of the timeout; the kernel may still report that no
  /// socket has the port.
  private func pause(_ socket: borrowing Descriptor) throws(DemoFailure) {
    let end = Clock.monotonicMilliseconds() + timeout
    var events: [ReadinessQueue.Event] = []
    while case let left = end - Clock.monotonicMilliseconds(), left > 0 {
      if watch?.arrived() != nil { throw .interrupted }
      do throws(SystemError) { try queue.wait(milliseconds: left, into: &events) } catch { throw .interrupted }
      if events.contains(where: { $0.tag == 1 }) { takePendingError(socket) }
    }
  }

  private func reportKept() {
    guard !hasReported else { return }
    hasReported = true
    let milliseconds = !settings.reads && settings.closes ? settings.timeout : nil
    calls.observer?.notes(.staysOpen(connections: nil, milliseconds: milliseconds))
  }

  private func conclude() -> ClientAccount {
    account.openAtTheEnd = report.fates.count { $0 == .open }
    if !settings.reads {
      account.done += account.openAtTheEnd
      account.openAtTheEnd = 0
    }
    account.datagrams = report
    return account
  }
}
