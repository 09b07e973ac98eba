import CommandLine
import Lesson
import LinuxSystem
import Options
import SocketModel
import Text

/// `sockinspect listen-demo --scene`: a trouble that is made on purpose, until Ctrl-C or for a time.
struct SceneDemo {
  private let plan: ScenePlan
  private let text: TroubleText
  private var language: Language { plan.narration.language }

  init(_ plan: ScenePlan) {
    self.plan = plan
    text = TroubleText(
      usesColour: plan.narration.usesColour, language: plan.narration.language,
      width: min(plan.narration.width ?? 80, 100))
  }

  /// Makes the scene, prints it, and maintains it until the end.
  func run() -> ExitStatus {
    let start = Clock.monotonicMilliseconds()
    do throws(SystemError) {
      // Set up before anything is made, so that no signal ends the program while a scene is half
      // made.
      let watch = try SignalWatch()
      guard let scene = make(), let look = KernelLook(ports: [scene.address.port ?? 0]) else { return .failed }
      try report(scene)
      let stands = try keep(scene, watch, until: plan.lifetime.map { start + $0 })
      look.follow(scene.sightings)
      scene.end()
      if !plan.narration.isQuiet { try look.printRemains(endedBySignal: watch.arrived() != nil, in: language) }
      return stands ? .matched : .failed
    } catch {
      if error.isClosedPipe { return .matched }
      Messages.complain("\(error)")
      return .unreadable
    }
  }

  /// Makes the scene; `nil`, with a complaint, when that is not possible.
  private func make() -> MadeScene? {
    do throws(DemoError) { return try MadeScene(plan) } catch {
      if error.cause.isAddressTaken {
        let isElsewhere = error.cause.subject == MadeScene.everyIPv6Address
        let address = isElsewhere ? SocketAddress.ipv6(0, port: plan.address.port ?? 0) : plan.address
        PortTaken(plan.scene.isDatagram ? .udp : .tcp, address, offersReuse: false, language: language).report()
      } else {
        Messages.complain(trouble(error))
      }
      return nil
    }
  }

  private func trouble(_ error: DemoError) -> DemoTrouble {
    let name = plan.scene.rawValue
    let heading = language(
      "cannot make the scene \(name): \(error.cause)", "no se puede crear la escena \(name): \(error.cause)")
    switch (error.cause.call, error.cause.name) {
    case ("unshare", _), ("ioctl", _), ("open", "EACCES"), ("openat", "EACCES"):
      return DemoTrouble(
        heading,
        [
          language(
            "it takes a network namespace, which this kernel does not let this user make: run it as root",
            "necesita un espacio de red, que este kernel no deja crear a este usuario: ejecútalo como root"),
          language(
            "or see what keeps users from it: sysctl user.max_user_namespaces kernel.apparmor_restrict_unprivileged_userns",
            "o mira qué lo impide: sysctl user.max_user_namespaces kernel.apparmor_restrict_unprivileged_userns"),
        ])
    case ("posix_spawn", _):
      return DemoTrouble(
        heading, [language("it starts /bin/sh and cat: install them", "arranca /bin/sh y cat: instálalos")])
    default:
      return DemoTrouble(error.cause, at: plan.address, hasHost: false, in: language) ?? DemoTrouble(heading)
    }
  }

  private func report(_ scene: MadeScene) throws(SystemError) {
    guard !plan.narration.isQuiet else { return try StandardStream.output.write(text.line(scene)) }
    let end =
      plan.lifetime.map { time in
        language("kept for \(seconds(time)), or until Ctrl-C", "se mantiene \(seconds(time)), o hasta Ctrl-C")
      } ?? language("kept until Ctrl-C", "se mantiene hasta Ctrl-C")
    try StandardStream.output.write(text.page(scene, isPortTyped: (plan.port ?? 0) != 0) + end + "\n")
  }

  /// Maintains the scene until a signal asks for the end, the time is over, or somebody ends what it
  /// consists of.
  ///
  /// - Returns: whether it stood until the end.
  private func keep(_ scene: MadeScene, _ watch: SignalWatch, until end: Int?) throws(SystemError) -> Bool {
    let queue = try ReadinessQueue()
    try queue.add(watch.descriptor.number, for: .reading, tag: 0)
    var events: [ReadinessQueue.Event] = []
    while watch.arrived() == nil {
      let left = end.map { $0 - Clock.monotonicMilliseconds() } ?? .max
      if left <= 0 { break }
      try queue.wait(milliseconds: min(1000, left), into: &events)
      if !events.isEmpty { continue }
      do throws(DemoError) {
        switch try scene.maintain() {
        case .none: break
        case .madeAgain:
          if !plan.narration.isQuiet {
            Messages.note(language("it had ended and was made again", "había terminado y se volvió a crear"))
          }
        case .ended(let pid):
          if !plan.narration.isQuiet {
            Messages.note(
              language(
                "process \(pid) has ended, and the scene with it", "el proceso \(pid) terminó, y con él la escena"))
          }
          return true
        }
      } catch {
        Messages.complain(
          language(
            "it has ended and cannot be made again: \(error.cause)",
            "terminó y no se puede volver a crear: \(error.cause)"))
        return false
      }
    }
    return true
  }
}
