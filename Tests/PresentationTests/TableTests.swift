import Presentation
import SocketModel
import Testing

@Suite("Table")
struct TableTests {
  private func draw(_ snapshot: Snapshot, _ style: TableStyle) -> [String] {
    let table = Table(snapshot, rows: Samples.rows(snapshot), style: style)
    let text = Samples.text(table.header + table.render(rows: Samples.rows(snapshot)))
    return text.split(separator: "\n").map(String.init)
  }

  @Test("On a pipe every column is shown whole and aligned, without trailing blanks")
  func pipe() {
    #expect(
      draw(Samples.internet(), TableStyle()) == [
        "PROTO  STATE        RECV-Q  SEND-Q  LOCAL           PEER                  OWNERS",
        "tcp    listen            2    4096  127.0.0.1:1234  -                     python3[4112] fd 3",
        "tcp    listen            0       0  [::]:80         -                     python3[4112] fd 4,5",
        "tcp    established       0       0  [::1]:80        [2001:db8::25]:40000  "
          + "python3[4112] fd 6, tmux: server[4113] fd 7",
        "tcp    time_wait         -       -  127.0.0.1:1234  127.0.0.1:40001       -",
        "udp    unconnected       0       0  0.0.0.0:68      -                     -",
      ])
  }

  @Test("A narrower terminal hides the least important columns first and never lets a line wrap")
  func narrow() {
    let snapshot = Samples.internet()
    for width in 20...140 {
      for line in draw(snapshot, TableStyle(width: width)) {
        #expect(TextWidth.columns(line) <= width, "width \(width)")
      }
    }
    #expect(
      draw(snapshot, TableStyle(width: 76)) == [
        "STATE        LOCAL           PEER                  OWNERS",
        "listen       127.0.0.1:1234  -                     python3[4112] fd 3",
        "listen       [::]:80         -                     python3[4112] fd 4,5",
        "established  [::1]:80        [2001:db8::25]:40000  python3[4112] fd 6 +1",
        "time_wait    127.0.0.1:1234  127.0.0.1:40001       -",
        "unconnected  0.0.0.0:68      -                     -",
      ])
    #expect(
      draw(snapshot, TableStyle(width: 30)) == [
        "LOCAL           OWNERS",
        "127.0.0.1:1234  python3[4112]…",
        "[::]:80         python3[4112]…",
        "[::1]:80        python3[4112]…",
        "127.0.0.1:1234  -",
        "0.0.0.0:68      -",
      ])
  }
}
