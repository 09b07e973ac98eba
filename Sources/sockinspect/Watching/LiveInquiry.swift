import CommandLine
import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// Finds out for a live view who has the port of a socket, as `why` does, on a thread of its own.
final class LiveInquiry {
  private let list: ListPlan
  private let language: Language
  private var work: (socket: UInt64, work: BackgroundWork<LabelledText?>)?

  init(_ list: ListPlan, in language: Language) {
    self.list = list
    self.language = language
  }

  /// Whether an answer is awaited.
  var isBusy: Bool { work != nil }

  /// Begins to look; an answer that is still awaited about another socket is given up.
  func begin(_ socket: TrackedSocket, in root: ProcRoot) {
    let record = socket.record
    if let own = root.ownNamespace, let its = record.networkNamespace, own != its { return }
    let transports: Set<Transport> = record.transport == .tcp ? [.tcp, .mptcp] : [record.transport]
    var plan = WhyPlan(
      subject: .port(record.localPort, host: nil), transports: transports, language: language)
    plan.list = list
    let address = record.local.map(\.address).flatMap { $0.isUnspecified ? nil : $0 }
    let question = PortQuestion(port: record.localPort, address: address, transports: transports)
    let place = list.root == nil ? "" : " --root " + ShellWords.quoted(Array(root.path.utf8))
    let work = BackgroundWork { [plan] () -> LabelledText? in
      guard let answer = try? PortInquiry(root: root, plan: plan, question: question).answer() else { return nil }
      let text = WhyText(answer, plan)
      let language = plan.language
      return LabelledText(
        title: language("Port", "Puerto"), summary: text.summary,
        parts: LabelledText.Part.list(language("because", "porque"), answer.reasons.compactMap(text.reason)),
        commands: ["sockinspect why \(ShellWords.quoted(Array(text.subject.utf8)))" + place])
    }
    self.work = (socket.id, work)
  }

  /// The answer, once.
  func take() -> (socket: UInt64, text: LabelledText)? {
    guard let (socket, work) = work, let outcome = work.take() else { return nil }
    self.work = nil
    return outcome.map { (socket, $0) }
  }
}
