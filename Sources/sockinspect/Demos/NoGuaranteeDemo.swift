import CommandLine
import Inspection
import Lesson
import LinuxSystem
import Options
import SocketModel

/// `sockinspect connect-demo --udp --no-guarantee`: the ways in which datagrams fail, narrated on
/// standard output.
final class NoGuaranteeDemo {
  private let plan: ClientPlan
  private let watch: SignalWatch
  private let text: NoGuaranteeText
  /// Why standard output could not be written to. Not set when its reader has gone: the watch
  /// receives that as SIGPIPE.
  private var outputFailure: SystemError?

  /// Makes the demo, on the loopback address of the plan.
  init(_ plan: ClientPlan, watch: SignalWatch) {
    self.plan = plan
    self.watch = watch
    text = NoGuaranteeText(language: plan.narration.language)
  }

  /// Plays the scenes one after the other.
  func run() -> ExitStatus {
    let show = NoGuarantee(over: loopback, watch: watch)
    do throws(DemoFailure) {
      for scene in NoGuarantee.Scene.allCases {
        if plan.narration.isStepped, scene != .refused {
          Messages.note(text.language("press Enter for the next", "pulsa Intro para el siguiente"))
          if InputLines.waitForLine(or: watch) == .stopped { break }
        }
        try show.play(scene) { event in self.print(text.lines(event, look: self.look)) }
        print(text.moral(scene))
        if watch.arrived() != nil || outputFailure != nil { break }
      }
    } catch {
      guard let systemError = error.systemError else { return ended }
      Messages.complain(
        DemoTrouble(systemError, at: loopback.address(), hasHost: false, in: text.language)
          ?? DemoTrouble("\(systemError)"))
      return .failed
    }
    if let outputFailure {
      Messages.complain("\(outputFailure)")
      return .unreadable
    }
    return watch.arrived() == nil ? .matched : ended
  }

  /// A reader that has gone has seen enough.
  private var ended: ExitStatus { watch.arrived() == SignalWatch.closedPipe ? .matched : .failed }

  private var loopback: Loopback {
    if case .internet(_, _, .ipv6, _) = plan.place { .ipv6 } else { .ipv4 }
  }

  private func print(_ lines: [String]) {
    guard !lines.isEmpty, outputFailure == nil else { return }
    do throws(SystemError) {
      try StandardStream.output.write(lines.joined(separator: "\n") + "\n")
    } catch {
      if !error.isClosedPipe { outputFailure = error }
    }
  }

  /// The row of a UDP socket that is bound to this address.
  private func look(_ address: SocketAddress) -> SocketRecord? {
    guard let endpoint = address.endpoint, let root = try? ProcRoot.running() else { return nil }
    var request = InspectionRequest()
    request.transports = [.udp]
    request.filter = .localPort(endpoint.port...endpoint.port)
    request.requiredDetails = .memory
    let snapshot = try? Inspector(root: root).snapshot(request)
    return snapshot?.records.first { $0.local == endpoint && $0.known.contains(.drops) }
  }
}
