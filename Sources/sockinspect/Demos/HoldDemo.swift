import CommandLine
import Inspection
import Lesson
import LinuxSystem
import Options
import SocketModel
import Text

/// `sockinspect listen-demo --hold`: real sockets in states of TCP, until Ctrl-C or for a time.
struct HoldDemo {
  private let plan: HoldPlan
  private let text: HoldText
  private var language: Language { plan.narration.language }

  init(_ plan: HoldPlan) {
    self.plan = plan
    text = HoldText(
      pid: ownProcessID, usesColour: plan.narration.usesColour, language: plan.narration.language,
      width: min(plan.narration.width ?? 80, 100))
  }

  /// Makes the states, prints them, and maintains them until the end.
  func run() -> ExitStatus {
    let start = Clock.monotonicMilliseconds()
    let places: [(state: SocketState, address: SocketAddress)]
    do throws(HoldPlaceError) { places = try plan.places() } catch {
      Messages.complain(error.trouble)
      return error.status
    }
    do throws(SystemError) {
      // Set up before anything is made, so that no signal ends the program while a state is half
      // made.
      let watch = try SignalWatch()
      guard var states = makeAll(places) else { return .failed }
      guard let look = KernelLook(states), awaitAll(states, look) else { return .failed }
      try report(states, look.records() ?? [])
      let end = plan.lifetime.map { start + $0 }
      let lost = try keep(&states, look, watch, until: end)
      states = []
      if !plan.narration.isQuiet { try look.printRemains(endedBySignal: watch.arrived() != nil, in: language) }
      return lost ? .failed : .matched
    } catch {
      if error.isClosedPipe { return .matched }
      Messages.complain("\(error)")
      return .unreadable
    }
  }

  /// Makes all states; `nil`, with a complaint, when one cannot be made.
  private func makeAll(_ places: [(state: SocketState, address: SocketAddress)]) -> [HeldState]? {
    var states: [HeldState] = []
    for place in places {
      do throws(DemoError) {
        states.append(try make(place.state, at: place.address, after: states.first))
      } catch {
        if error.cause.isAddressTaken {
          PortTaken(.tcp, place.address, offersReuse: false, language: language).report()
        } else {
          Messages.complain(
            DemoTrouble(error.cause, at: place.address, in: language)
              ?? DemoTrouble(language("\(error)", "no se puede crear \(place.state.name.uppercased()): \(error.cause)"))
          )
        }
        return nil
      }
    }
    return states
  }

  /// Makes a state. Where any port will do, states on different addresses get the same one if it is
  /// free.
  private func make(
    _ state: SocketState, at address: SocketAddress, after first: HeldState?
  ) throws(DemoError) -> HeldState {
    if address.port == 0, let first, let port = first.address.port, first.address.ipBits != address.ipBits,
      let made = try? HeldState(state, at: address.with(port: port))
    {
      return made
    }
    return try HeldState(state, at: address)
  }

  /// Waits until the kernel shows every state, and reports those that it does not show.
  private func awaitAll(_ states: [HeldState], _ look: KernelLook) -> Bool {
    var missing = states
    for _ in 0..<500 {
      guard let records = look.records() else { return false }
      missing = missing.filter { !look.shows($0, in: records) }
      if missing.isEmpty { return true }
      KernelLook.waitABit()
    }
    for state in missing {
      let forbidden = language(
        "; net.ipv4.tcp_max_tw_buckets may forbid it", "; puede impedirlo net.ipv4.tcp_max_tw_buckets")
      let what = language("the kernel does not show ", "el kernel no muestra ") + state.state.name.uppercased()
      let place = language(" at ", " en ") + line(state).ends
      Messages.complain(what + place + (state.state == .timeWait ? forbidden : ""))
    }
    return false
  }

  // MARK: Printing

  private func report(_ states: [HeldState], _ records: [SocketRecord]) throws(SystemError) {
    let lines = states.map { state in
      var line = self.line(state)
      line.isListed = state.row(in: records) != nil
      return line
    }
    guard !plan.narration.isQuiet else {
      try StandardStream.output.write(lines.map(text.line).joined())
      return
    }
    var page = ""
    if states.count > 1 {
      page = text.table(lines, ports: states.compactMap { $0.address.port })
    } else {
      for (state, line) in zip(states, lines) {
        let others = state.held.sightings.filter { $0 != state.sighting }
        page += text.page(line, beside: others.compactMap { self.line($0, of: state) }, port: state.address.port ?? 0)
      }
    }
    let verb = states.count > 1 ? "se mantienen" : "se mantiene"
    let end =
      plan.lifetime.map { time in
        language("held for \(seconds(time)), or until Ctrl-C", "\(verb) \(seconds(time)), o hasta Ctrl-C")
      } ?? language("held until Ctrl-C", "\(verb) hasta Ctrl-C")
    try StandardStream.output.write(page + end + "\n")
  }

  private func line(_ state: HeldState) -> HeldLine {
    line(state.sighting, of: state)
      ?? HeldLine(state: state.state, local: Endpoint(address: IPAddress(ipv4: 0), port: 0))
  }

  private func line(_ sighting: SocketSighting, of state: HeldState) -> HeldLine? {
    guard let local = sighting.local else { return nil }
    let isClient = sighting.remote?.port == state.address.port && local.port != state.address.port
    return HeldLine(
      state: sighting.state, local: local, remote: sighting.remote, isClient: isClient, descriptor: sighting.descriptor)
  }

  // MARK: Keeping

  /// A state that is maintained, and how many checks in a row found it ended.
  private struct Kept {
    var state: HeldState
    var endings = 0
  }

  /// Checks about once a second whether all states last, and makes those that have ended again,
  /// until a signal asks for the end or the time is over.
  ///
  /// - Returns: whether a state was lost for good.
  private func keep(
    _ states: inout [HeldState], _ look: KernelLook, _ watch: SignalWatch, until end: Int?
  ) throws(SystemError) -> Bool {
    let queue = try ReadinessQueue()
    try queue.add(watch.descriptor.number, for: .reading, tag: 0)
    var events: [ReadinessQueue.Event] = []
    var kept = states.map { Kept(state: $0) }
    let count = kept.count
    states = []
    var pause = 1000
    while watch.arrived() == nil, !kept.isEmpty {
      let left = end.map { $0 - Clock.monotonicMilliseconds() } ?? .max
      if left <= 0 { break }
      try queue.wait(milliseconds: min(pause, left), into: &events)
      if !events.isEmpty || left <= pause { continue }
      let began = Clock.monotonicMilliseconds()
      guard let records = look.records() else { continue }
      // A kernel with a million sockets takes its time to answer: checks take at most a twentieth
      // of the time.
      pause = max(1000, 20 * (Clock.monotonicMilliseconds() - began))
      for index in kept.indices { lookAfter(&kept[index], look, records, lasting: UInt32(clamping: 2 * pause)) }
      kept.removeAll { $0.endings > HoldDemo.mostEndings }
      look.follow(kept.map(\.state))
    }
    return kept.count < count
  }

  /// The number of checks in a row after which a state that ends each time is given up.
  private static let mostEndings = 3

  private func lookAfter(
    _ kept: inout Kept, _ look: KernelLook, _ records: [SocketRecord], lasting milliseconds: UInt32
  ) {
    let name = kept.state.state.name.uppercased()
    let hasEnded = !look.shows(kept.state, in: records)
    kept.endings = hasEnded ? kept.endings + 1 : 0
    if kept.endings > HoldDemo.mostEndings {
      Messages.complain(
        language(
          "\(name) ends as soon as it is made, and is not held any more",
          "\(name) termina en cuanto se crea, y ya no se mantiene"))
      return
    }
    let isEnding = kept.state.row(in: records).map { HeldState.needsRenewal($0, lasting: milliseconds) } ?? false
    guard hasEnded || isEnding else { return }
    do throws(DemoError) {
      try kept.state.renew()
    } catch {
      Messages.complain(
        language(
          "\(name) has ended and cannot be made again: \(error)",
          "\(name) terminó y no se puede volver a crear: \(error.cause)"))
      kept.endings = .max
      return
    }
    if !plan.narration.isQuiet {
      Messages.note(
        language(
          "\(name) \(hasEnded ? "had ended" : "was about to end") and was made again: \(line(kept.state).ends)",
          "\(name) \(hasEnded ? "había terminado" : "estaba por terminar") y se volvió a crear: \(line(kept.state).ends)"
        ))
    }
  }
}
