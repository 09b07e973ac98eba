import LinuxSystem
import Rendering
import SocketModel
import TestSupport
import Testing
import Text

@testable import Lesson

@Suite("The picture of a flow", .timeLimited)
struct FlowPictureTests {
  @Test(
    "An arrow fills the middle, points away from its sender, and has a cross at its tip when it is held back",
    arguments: FlowSide.allCases)
  func arrow(sender: FlowSide) {
    for isUnicode in [true, false] {
      let contents: [FlowSegment.Content] = [.syn, .synAck, .ack, .fin, .data(1), .data(12), .datagram(21)]
      for content in contents {
        let plain = FlowSegment(content, from: sender)
        for segment in [plain, plain.again, plain.heldBack] {
          var step = FlowStep()
          step.segments = [segment]
          var picture = FlowPicture(.init(width: 80, isUnicode: isUnicode))
          let line = picture.lines(of: step)[0]
          let bar: Character = isUnicode ? "┊" : ":"
          let parts = line.split(separator: bar, omittingEmptySubsequences: false)
          #expect(parts.count == 3)
          let arrow = parts.count == 3 ? parts[1] : ""
          let head: Character = sender == .client ? (isUnicode ? "◄" : "<") : (isUnicode ? "►" : ">")
          let cross: Character = isUnicode ? "×" : "x"
          let tip = sender == .client ? String(arrow.prefix(2)) : String(arrow.suffix(2).reversed())
          #expect(tip.hasPrefix(segment.isHeldBack ? "\(cross)\(head)" : "\(head)"), "\(arrow)")
          #expect(arrow.contains(FlowText().segment(segment)))
          #expect(arrow.count == 16, "\(arrow)")
        }
      }
    }
  }

  @Test(
    "No line is wider than asked for, and none wider than 110 columns",
    arguments: [0, 60, 79, 80, 81, 100, 110, 111, 400])
  func width(width: Int) {
    let limit = min(110, max(60, width))
    for isUnicode in [true, false] {
      var picture = FlowPicture(.init(width: width, isUnicode: isUnicode))
      var lines = picture.heading()
      for step in FlowPictureTests.steps { lines += picture.lines(of: step) }
      #expect(lines.allSatisfy { TextWidth.columns($0) <= limit }, "\(lines.joined(separator: "\n"))")
      // The picture uses the characters that it may.
      #expect(lines.contains { TextWidth.columns($0) > limit / 2 })
    }
  }

  @Test("Without UTF-8 the picture is ASCII; without colours it has no escape sequence")
  func plain() {
    var ascii = FlowPicture(.init(width: 80, isUnicode: false))
    let text = FlowPictureTests.steps.flatMap { ascii.lines(of: $0) }.joined(separator: "\n")
    #expect(text.utf8.allSatisfy { $0 == 0x0A || (0x20..<0x7F).contains($0) })
    var coloured = FlowPicture(.init(width: 80, usesColour: true, isUnicode: false))
    let painted = FlowPictureTests.steps.flatMap { coloured.lines(of: $0) }.joined(separator: "\n")
    #expect(painted.contains(Colour(.established).start))
    var bare = ""
    var isEscape = false
    for character in painted {
      if character == "\u{1B}" { isEscape = true }
      if !isEscape { bare.append(character) }
      if character == "m" { isEscape = false }
    }
    #expect(bare == text)
  }

  @Test("A state is marked when it has changed, and only then")
  func marks() {
    var picture = FlowPicture(.init(width: 80, isUnicode: false))
    let states: [SocketState?] = [.established, .established, .finWait1, nil]
    let ends = states.map { (state) -> String in
      var step = FlowStep()
      step.sightings = [FlowSighting(role: .client, record: nil, state: state)]
      return String(picture.lines(of: step)[0].split(separator: "|").last?.split(separator: ":").last ?? "")
    }
    #expect(ends == [" * ESTABLISHED", "   ESTABLISHED", " * FIN_WAIT1", " * closed"])
  }

  /// Steps with long and short calls, addresses and remarks.
  static var steps: [FlowStep] {
    let addresses: [SocketAddress] = [
      .ipv4(0x7F00_0001, port: 65535), .ipv6(1, port: 1), .ipv6(0xFFFF_7F00_0001, port: 65535),
    ]
    let calls: [SocketCall] = addresses.flatMap { [.bind(3, $0), .connect(3, $0), .sendTo(3, Flow.reply, $0)] }
    let all = calls + [.send(3, Flow.reply), .receive(3, capacity: 1024), .close(3), .shutdownSending(3)]
    var steps: [FlowStep] = []
    for call in all {
      for side in FlowSide.allCases {
        var step = FlowStep()
        step.number = steps.count % 99 + 1
        step.acts = [
          FlowAct(side: side, call: call, result: .received(Flow.reply, from: nil, length: 21)),
          FlowAct(side: side, call: call, result: .made(1_048_575)),
        ]
        step.segments = [FlowSegment(.synAck, from: side).again, FlowSegment(.data(21), from: side).heldBack]
        step.sightings = FlowRole.allCases.map {
          FlowSighting(role: $0, record: FlowPictureTests.record, state: .established)
        }
        step.remarks = [.server: .portTaken, .client: .notAccepted]
        steps.append(step)
      }
    }
    return steps
  }

  private static var record: SocketRecord {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: .finWait1)
    record.known = [.receiveQueue, .timer]
    record.receiveQueue = 1_048_576
    record.timer = .retransmit
    record.timerMilliseconds = 119_999
    return record
  }
}
