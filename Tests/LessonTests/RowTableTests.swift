import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import Text

private let listener = "127.0.0.1:1234"
private let client = "127.0.0.1:38134"

private func pair(_ before: KernelRow, _ after: KernelRow) -> RowPair {
  RowPair(before: .row(before), after: .row(after))
}

/// What `accept(2)` does to two sockets.
private let accepting = [
  pair(
    KernelRow(.listen, queues: (1, 128), local: listener, owner: .descriptor(3)),
    KernelRow(.listen, queues: (0, 128), local: listener, owner: .descriptor(3))),
  pair(
    KernelRow(.established, queues: (12, 0), local: listener, peer: client, owner: .nobody),
    KernelRow(.established, queues: (12, 0), local: listener, peer: client, owner: .descriptor(4))),
]

private func drawn(_ pairs: [RowPair], width: Int? = 80, usesColour: Bool = false) -> String {
  var table = RowTable(width: width, usesColour: usesColour)
  return table.lines(pairs).joined(separator: "\n")
}

@Suite("The kernel's rows under a call", .timeLimited)
struct RowTableTests {
  @Test("before and after use the same columns, with a star before what changed")
  func accepted() {
    #expect(
      drawn(accepting) == """
                  STATE        RECV-Q  SEND-Q  LOCAL           PEER             OWNER
          before  listen            1     128  127.0.0.1:1234  -                fd 3
          after   listen           *0     128  127.0.0.1:1234  -                fd 3
          before  established      12       0  127.0.0.1:1234  127.0.0.1:38134  none
          after   established      12       0  127.0.0.1:1234  127.0.0.1:38134 *fd 4
                  a listener's RECV-Q: who waits for accept(); SEND-Q: how many may
        """)
  }

  @Test("the longest states use the queue's column, nothing moves; TIME_WAIT has seconds")
  func longStates() {
    var over = KernelRow(.timeWait, queues: (0, 0), local: listener, peer: client, owner: .nobody)
    over.remaining = 59_001
    let bound = KernelRow(.boundInactive, queues: (0, 0), local: listener, owner: .descriptor(3))
    let pairs = [
      RowPair(before: .none(.noPort), after: .row(bound)),
      pair(KernelRow(.finWait2, queues: (0, 0), local: listener, peer: client, owner: .nobody), over),
    ]
    #expect(
      drawn(pairs) == """
                  STATE        RECV-Q  SEND-Q  LOCAL           PEER             OWNER
          before  no row: it has no port yet
          after   bound_inactive    0       0  127.0.0.1:1234  -                fd 3
          before  fin_wait2         0       0  127.0.0.1:1234  127.0.0.1:38134  none
          after  *time_wait 60s     0       0  127.0.0.1:1234  127.0.0.1:38134  none
        """)
  }

  @Test("colour repeats what stars and words say")
  func colour() {
    let text = drawn(accepting, usesColour: true)
    var plain = text
    for colour in ["\u{1B}[32m", "\u{1B}[36m", "\u{1B}[1m", "\u{1B}[90m", "\u{1B}[0m"] {
      #expect(plain.contains(colour))
      plain = plain.split(separator: colour, omittingEmptySubsequences: false).joined()
    }
    #expect(plain == drawn(accepting))
    #expect(text.contains("\u{1B}[1m*0\u{1B}[0m"))
  }

  private static let mapped = KernelRow(
    .established, queues: (0, 0), local: "[::ffff:127.0.0.1]:1234", peer: "[::ffff:127.0.0.1]:38134",
    owner: .descriptor(4))

  @Test("ends that are too wide for a terminal get a separate line")
  func stacked() {
    var after = Self.mapped
    after.receiveQueue = 12
    #expect(
      drawn([pair(Self.mapped, after)]) == """
                  STATE        RECV-Q  SEND-Q  OWNER
                  LOCAL  PEER
          before  established       0       0  fd 4
                  [::ffff:127.0.0.1]:1234  [::ffff:127.0.0.1]:38134
          after   established     *12       0  fd 4
        """)
  }

  @Test("what does not fit even there loses its middle, and keeps its end", arguments: [40, 60, 80])
  func shortened(width: Int) throws {
    let path = "/run/user/1000/" + String(repeating: "long/", count: 20) + "socket"
    let row = KernelRow(.established, queues: (0, 0), local: path, peer: "inode 123456", owner: .descriptor(4))
    let lines = drawn([pair(row, row)], width: width).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= max(width, 46) }, "\(lines)")
    let ends = try #require(lines.first { $0.contains("…") })
    #expect(ends.contains("  /run/") && ends.contains("ocket  inode 123456"), "\(ends)")
  }

  @Test("on a pipe nothing is shortened and nothing wrapped")
  func pipe() {
    let path = "/" + String(repeating: "long/", count: 20) + "socket"
    let row = KernelRow(.listen, queues: (0, 1), local: path, owner: .descriptor(3))
    let text = drawn(
      [pair(row, row), RowPair(before: .row(row), after: .none(.closedSecondOrReset))], width: nil)
    #expect(text.contains(path) && !text.contains("…"))
    #expect(text.split(separator: "\n").count == 6)
    #expect(drawn([pair(Self.mapped, Self.mapped)], width: nil).split(separator: "\n").count == 3)
  }

  @Test("the heading is repeated when it has scrolled far up, and when columns had to grow")
  func heading() {
    var table = RowTable(width: 80, usesColour: false)
    let row = KernelRow(.established, queues: (0, 0), local: listener, peer: client, owner: .descriptor(4))
    var distances: [Int] = []
    for _ in 0..<20 {
      table.passed(lines: 1)
      distances.append(table.lines([pair(row, row)]).count)
    }
    #expect(distances.prefix(8) == [3, 2, 2, 2, 2, 2, 3, 2])
    let wider = KernelRow(.established, queues: (0, 0), local: client, peer: listener, owner: .descriptor(5))
    let grown = table.lines([pair(wider, wider)])
    #expect(grown.count == 3)
  }

  @Test("an unknown value is a dash, and no value is made up")
  func unknown() {
    let row = KernelRow(.listen, local: "@name", owner: .unknown)
    let lines = drawn([RowPair(before: .none(.noSocket), after: .row(row))]).split(separator: "\n")
    #expect(lines[2].split(separator: " ") == ["after", "listen", "-", "-", "@name", "-", "-"])
  }
}
