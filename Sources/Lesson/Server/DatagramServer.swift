import LinuxSystem

/// The server for datagrams, UDP and unix. It can drop some and answer in another order, as
/// networks do.
final class DatagramServer: ServerLoop {
  /// An answer that has not been sent yet.
  private struct Answer {
    let bytes: [UInt8]
    let address: SocketAddress
    /// When it may be sent, in milliseconds of the monotonic clock.
    var due: Int
  }

  /// How long an answer is kept back when no others come, in milliseconds.
  private static let longestHold = 200
  /// How many others precede an answer that is kept back.
  private static let overtaking = 2
  /// How many bytes of answers may wait; beyond that nothing is read, and what does not fit into
  /// the receive queue is lost, as on a network.
  private static let largestBacklog = 262_144
  /// The approximate memory of an answer apart from its bytes.
  private static let answerCost = 256

  /// Answers that wait for ``ServerSettings/delay``, the earliest first.
  private var waiting: [Answer] = []
  /// How many of the first of ``waiting`` have been sent.
  private var sent = 0
  private var waitingBytes = 0
  /// The answer that is kept back, and how many others have been sent since.
  private var keptBack: Answer?
  private var overtakers = 0
  private var isReading = false
  /// Grows by the drop percentage with each datagram; at 100 a datagram is dropped.
  private var dropLevel = 0
  private var reportedWait = false

  init(
    _ settings: ServerSettings, _ calls: Calls, _ watch: SignalWatch, _ account: ServerAccount
  ) throws(SystemError) {
    try super.init(settings, calls, watch, account, bufferSize: settings.buffer)
  }

  /// Serves until it is to end, and returns the reason.
  func run(_ socket: borrowing Descriptor) throws(DemoFailure) -> ServerAccount.End {
    do throws(SystemError) {
      try begin()
      try queue.add(socket.number, for: [], tag: DatagramServer.socketTag)
    } catch {
      throw .call(.receiveFrom(socket.number, capacity: buffer.count), error)
    }
    while true {
      let now = Clock.monotonicMilliseconds()
      if let reason = reasonToEnd(at: now) { return reason }
      try sendDue(socket, now)
      if isFull, !hasAnswers { return .clientsDone }
      try wait(until: [end, nextDue, keptBack?.due].compactMap(\.self).min(), socket)
      for event in events where event.tag == DatagramServer.socketTag { try receive(socket) }
    }
  }

  /// Counts the answers that have not been sent.
  func finish() { account.unsent = waiting.count - sent + (keptBack == nil ? 0 : 1) }

  private var hasAnswers: Bool { nextDue != nil || keptBack != nil }
  private var nextDue: Int? { sent < waiting.count ? waiting[sent].due : nil }

  private func wait(until due: Int?, _ socket: borrowing Descriptor) throws(DemoFailure) {
    do throws(SystemError) {
      let reads = settings.reads && !isFull && waitingBytes < DatagramServer.largestBacklog
      if reads != isReading {
        try queue.change(socket.number, to: reads ? .reading : [], tag: DatagramServer.socketTag)
        isReading = reads
      }
      if reads, !reportedWait, let observer = calls.observer {
        try queue.wait(milliseconds: 0, into: &events)
        if !events.isEmpty { return }
        reportedWait = true
        observer.waits(for: .receiveFrom(socket.number, capacity: buffer.count))
      }
      try waitForEvents(until: due)
    } catch {
      throw .call(.receiveFrom(socket.number, capacity: buffer.count), error)
    }
  }

  // MARK: Receiving

  private func receive(_ socket: borrowing Descriptor) throws(DemoFailure) {
    reportedWait = false
    let datagram: Datagram?
    do throws(DemoFailure) {
      datagram = try calls.receiveDatagram(socket, into: &buffer)
    } catch {
      // An error that an earlier answer caused; reading it clears it.
      return try note(DemoRemark.receivingFailed, error)
    }
    guard let datagram else { return }
    account.clients += 1
    account.bytesReceived += datagram.bytes.count
    dropLevel += settings.dropPercent
    if dropLevel >= 100 {
      dropLevel -= 100
      account.dropped += 1
      calls.observer?.notes(.dropped(datagram.bytes, from: datagram.sender))
      return
    }
    calls.observer?.prints(.datagram(from: datagram.sender))
    calls.observer?.prints(.received(datagram.bytes))
    if datagram.length > datagram.bytes.count {
      account.truncated += 1
      calls.observer?.notes(
        .remark(.datagramCut(length: datagram.length, taken: datagram.bytes.count)))
    }
    if (datagram.sender.unixName ?? [1]).isEmpty {
      calls.observer?.notes(.remark(.unnamedSender))
      return
    }
    let answer = Answer(
      bytes: settings.isEcho ? datagram.bytes : settings.reply, address: datagram.sender,
      due: Clock.monotonicMilliseconds() + settings.delay)
    if settings.delay > 0 {
      waiting.append(answer)
      waitingBytes += answer.bytes.count + DatagramServer.answerCost
    } else {
      try pass(answer, socket)
    }
  }

  // MARK: Answering

  private func sendDue(_ socket: borrowing Descriptor, _ now: Int) throws(DemoFailure) {
    while let due = nextDue, due <= now {
      let answer = waiting[sent]
      sent += 1
      waitingBytes -= answer.bytes.count + DatagramServer.answerCost
      // Moving the rest forward each time would take quadratic time.
      if sent * 2 >= waiting.count {
        waiting.removeFirst(sent)
        sent = 0
      }
      try pass(answer, socket)
    }
    if let keptBack, keptBack.due <= now { try releaseKeptBack(socket) }
  }

  /// Sends the answer, or keeps it back until others have gone.
  private func pass(_ answer: Answer, _ socket: borrowing Descriptor) throws(DemoFailure) {
    guard settings.isReordering else { return try send(answer, socket) }
    guard keptBack != nil else {
      var answer = answer
      answer.due = Clock.monotonicMilliseconds() + DatagramServer.longestHold
      keptBack = answer
      overtakers = 0
      calls.observer?.notes(.heldBack(answer.bytes, for: answer.address))
      return
    }
    try send(answer, socket)
    overtakers += 1
    if overtakers >= DatagramServer.overtaking { try releaseKeptBack(socket) }
  }

  private func releaseKeptBack(_ socket: borrowing Descriptor) throws(DemoFailure) {
    guard let answer = keptBack else { return }
    keptBack = nil
    try send(answer, socket)
  }

  private func send(_ answer: Answer, _ socket: borrowing Descriptor) throws(DemoFailure) {
    do throws(DemoFailure) {
      try calls.send(socket, answer.bytes, to: answer.address)
      account.bytesSent += answer.bytes.count
    } catch {
      try note(DemoRemark.answerFailed, error)
    }
  }

  private func note(_ remark: (String) -> DemoRemark, _ failure: DemoFailure) throws(DemoFailure) {
    guard let error = failure.systemError else { throw failure }
    account.failures += 1
    calls.observer?.notes(.remark(remark(error.reason)))
  }
}
