import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Lesson

private let here = SocketAddress.ipv4(0x7F00_0001, port: 1234)
private let there = SocketAddress.ipv4(0x0A00_0001, port: 1234)
private let unnamed = SocketAddress.unixAutobind
private let path = SocketAddress.unix(path: Array("/run/x".utf8))

@Suite("The narration in two languages", .timeLimited)
struct NarrationLanguageTests {
  /// Every kind of sentence in a demo, each with a name.
  static func sentences(in language: Language) -> [(name: String, text: String)] {
    var calls = CallText()
    calls.language = language
    var all: [(String, String)] = []
    func add(_ name: String, _ texts: [String]) {
      for (index, text) in texts.enumerated() { all.append(("\(name) \(index)", text)) }
    }
    for absence in RowAbsence.allCases { add("row \(absence)", [absence.text(in: language)]) }
    for peculiarity in Peculiarity.allCases { add("queue \(peculiarity)", [peculiarity.text(in: language)]) }
    let troubles: [RowTrouble] = [
      .manyOpen(16), .manyNew(16), .slow(milliseconds: 60, pause: 5), .unreadable("EACCES"),
    ]
    add("trouble", troubles.map { $0.text(in: language) })
    let results: [(SocketCall, CallResult)] = [
      (.accept(3), .accepted(4, here)), (.receive(3, capacity: 9), .received([], from: nil, length: 0)),
      (.receiveFrom(3, capacity: 4), .received([1], from: unnamed, length: 12)),
    ]
    add("result", results.map { calls.result($0.1, of: $0.0) })
    let waits: [SocketCall] = [
      .accept(3), .receive(3, capacity: 1), .receiveFrom(3, capacity: 1), .connect(3, here), .send(3, []), .close(3),
    ]
    add("wait", waits.map { $0.waiting(in: language) })
    add("note", notes.map { $0.text(calls) })
    add(
      "server",
      [serverAccount(isDatagram: false).text(in: language), serverAccount(isDatagram: true).text(in: language)])
    for (name, text) in clientTexts(in: language) {
      for cause in clientTroubles {
        add("\(name) \(cause.address.shown) \(cause.cause) \(cause.call)", [text.message(cause)] + text.advice(cause))
      }
      add("\(name) account", [text.accountLine()] + text.fates())
    }
    add("flow", flowSentences(in: language))
    for state in HoldPlan.everyState {
      let lesson = HoldLesson(state, in: language)
      add("hold \(state)", [lesson.making, lesson.ending])
    }
    add("hold page", holdTexts(in: language))
    add("no guarantee", noGuarantee(in: language))
    for reason in ["EADDRNOTAVAIL", "EACCES"] {
      let error = SystemError("bind", code: reason == "EACCES" ? 13 : 99)
      let trouble = DemoTrouble(error, at: there, in: language)
      add("bind \(reason)", [trouble?.message ?? ""] + (trouble?.advice ?? []))
    }
    add("loopback", [DemoTrouble.loopbackDown(in: language), DemoTrouble.loopbackUp(in: language)])
    return all
  }

  private static let notes: [DemoNote] =
    [
      .serving(here), .serving(path), .reachable(here), .outOfDescriptors(limit: 9), .reset(here), .reset(nil),
      .silent(nil, milliseconds: 100), .dropped([1], from: here), .heldBack([1], for: here),
      .unanswered(number: nil, milliseconds: 9), .unanswered(number: 2, milliseconds: 9), .gaveUp(milliseconds: 7),
      .staysOpen(connections: nil, milliseconds: nil), .staysOpen(connections: 1, milliseconds: 5),
      .staysOpen(connections: 3, milliseconds: nil),
    ]
    + [
      DemoRemark.datagramCut(length: 9, taken: 3), .unnamedSender, .receivingFailed("X"), .answerFailed("X"),
      .acceptingFailed("X"), .askedInHTTP, .closingUnread(descriptor: 4), .connectionLost("X"), .otherAddress,
      .answerCut(length: 9, room: 3), .answerOvertaken(number: 1, by: 2),
    ].map { DemoNote.remark($0) }

  private static func serverAccount(isDatagram: Bool) -> ServerAccount {
    var account = ServerAccount(address: here, isDatagram: isDatagram)
    (account.clients, account.resets, account.closedUnread, account.timeouts, account.failures) = (2, 1, 1, 1, 1)
    (account.dropped, account.truncated, account.unsent, account.stillOpen) = (1, 1, 1, 1)
    return account
  }

  private static func clientTexts(in language: Language) -> [(String, ClientText)] {
    [false, true].flatMap { isDatagram in
      [true, false].map { reads in
        var plan = ClientPlan()
        plan.isDatagram = isDatagram
        plan.settings.reads = reads
        plan.settings.count = 20
        plan.narration.language = language
        var account = ClientAccount()
        (account.begun, account.done, account.refused, account.reset, account.timedOut) = (18, 5, 2, 3, 1)
        (account.failed, account.unanswered, account.bytesSent) = (1, 1, 12)
        if isDatagram {
          var report = DatagramReport()
          report.fates = [.answered, .lost, .overtaken(by: 9), .late, .refused, .unsent]
          account.datagrams = report
        }
        return ("client \(isDatagram) \(reads)", ClientText(plan: plan, account: account))
      }
    }
  }

  private static let clientTroubles: [ClientTrouble] = [here, there, path].flatMap { address in
    // ECONNREFUSED, ECONNRESET, ETIMEDOUT, ENOENT, EPROTOTYPE, EADDRNOTAVAIL, ENETUNREACH,
    // EHOSTUNREACH, EMFILE, EMSGSIZE
    [111, 104, 110, 2, 91, 99, 101, 113, 24, 90].map {
      ClientTrouble(call: "connect", error: SystemError("connect", code: $0), address: address, count: 2)
    } + ["connect", "send", "recv"].map { ClientTrouble(call: $0, waited: 100, address: address) }
  }

  private static func flowSentences(in language: Language) -> [String] {
    let text = FlowText(language: language)
    var texts = FlowRemark.allCases.map(text.remark) + FlowSide.allCases.map(text.heading)
    texts += [true, false].flatMap {
      [text.preface(isDatagram: $0, isUnicode: true), text.advice(isDatagram: $0, port: "1234")]
    }
    texts += text.closingOfDatagrams + text.closing(ofConnection: FlowStep())
    let syn = FlowSegment(.syn, from: .client)
    texts += [text.prompt(letting: nil), text.prompt(letting: syn), text.waiting(for: syn, seconds: 9)]
    texts += [text.segment(syn.again), text.lost(.client, wanted: .listen, seen: nil)]
    return texts + text.state(FlowSighting(role: .client, record: nil, state: nil))
  }

  private static func holdTexts(in language: Language) -> [String] {
    let text = HoldText(pid: 9, language: language)
    let address = IPAddress(ipv4: 0x7F00_0001)
    let lines = [SocketState.listen, .timeWait, .boundInactive].map { state in
      HeldLine(state: state, local: Endpoint(address: address, port: 9), descriptor: state == .timeWait ? nil : 4)
    }
    var unlisted = lines[2]
    unlisted.isListed = false
    return [
      text.table(lines, ports: [9]), text.page(lines[1], beside: lines, port: 9),
      text.page(unlisted, beside: [], port: 9),
    ]
  }

  private static func noGuarantee(in language: Language) -> [String] {
    let text = NoGuaranteeText(language: language)
    let events: [NoGuarantee.Event] =
      NoGuarantee.Scene.allCases.map { .begins($0, client: here, server: there) }
      + [
        .received(.client, [1], length: 9), .threwAway([1]), .failed(SystemError("recv", code: 111)),
        .silent(milliseconds: 300), .nothingLeft, .sentMany(count: 9, size: 9), .lookAt(here), .readMany(count: 3),
      ]
    return events.flatMap { text.lines($0, look: { _ in nil }) } + NoGuarantee.Scene.allCases.flatMap(text.moral)
  }

  @Test("every sentence is written in both languages, and no two are the same")
  func bothWritten() {
    let (english, spanish) = (Self.sentences(in: .english), Self.sentences(in: .spanish))
    #expect(english.map(\.name) == spanish.map(\.name))
    #expect(english.count > 300)
    // Lines that only calls and numbers make up.
    let alike = [
      "close(). No", "listen(): LISTEN. connect(): SYN_SENT. close().", "",
    ]
    for (left, right) in zip(english, spanish) where !alike.contains(left.text) {
      #expect(left.text != right.text, "\(left.name): \(left.text)")
    }
  }

  @Test("no English word is in a Spanish sentence")
  func spanishOnly() {
    for sentence in Self.sentences(in: .spanish) {
      let words = EnglishWords.found(in: sentence.text)
      #expect(words.isEmpty, "\(sentence.name): \(words): \(sentence.text)")
    }
  }

  @Test("the check finds English words where they are")
  func detector() {
    let english = Self.sentences(in: .english)
    let unseen = english.filter { EnglishWords.found(in: $0.text).isEmpty }
    #expect(unseen.count * 5 < english.count, "\(unseen)")
    #expect(EnglishWords.found(in: "el socket is cerrado") == ["is"])
    #expect(EnglishWords.found(in: "para verlo: sockinspect --port 1234 and more").isEmpty)
  }

  @Test("the lines of rows fit the same width in both languages", arguments: Language.allCases)
  func rows(language: Language) {
    var table = RowTable(width: 80, usesColour: false, language: language)
    let row = KernelRow(
      .boundInactive, queues: (0, 0), local: "127.0.0.1:1234", peer: "127.0.0.1:41724", owner: .descriptor(5))
    let lines = table.lines([RowPair(before: .none(.noPort), after: .row(row))])
    #expect(lines.allSatisfy { $0.count <= 82 }, "\(lines)")
    #expect(lines[1].hasPrefix(language("  before  no row: ", "  antes    sin fila: ")), "\(lines)")
    #expect(lines[2].hasPrefix(language("  after   bound", "  después  bound")), "\(lines)")
    let heading = lines[0].firstIndex(of: "S").map { lines[0].distance(from: lines[0].startIndex, to: $0) }
    #expect(heading == language(10, 11))
  }

  @Test("Spanish tables and pages of held states fit 80 columns as the English ones do")
  func width() {
    for text in Self.holdTexts(in: .spanish) {
      for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
    for state in HoldPlan.everyState {
      #expect(HoldLesson(state, in: .spanish).summary.count <= 23, "\(state)")
    }
    for line in Self.noGuarantee(in: .spanish) { #expect(line.count <= 80, "\(line)") }
  }
}
