import Rendering

/// The keys of the live view and their effects: the only list, from which the view's own help, the
/// help topic and the manual page are made.
package enum LiveKeys {
  /// One key or several that belong together.
  package struct Entry: Sendable, Hashable {
    /// The keys as they are written: `j`, `Enter`, `[ ]`.
    package let keys: String
    /// What they do: lower case, without a full stop.
    package let meaning: String

    package init(_ keys: String, _ meaning: String) {
      self.keys = keys
      self.meaning = meaning
    }
  }

  /// All keys, in the order in which they are shown.
  package static let all = [
    Entry("Up Down j k", "select a socket; the selection follows the socket, and the order waits meanwhile"),
    Entry("PgUp PgDn", "a page up or down; Home and End go to the first and the last"),
    Entry("Enter", "everything about the selected socket: fields, rates, states so far, what its state means"),
    Entry("D", "what is wrong, as `doctor` finds it: Enter goes to the first row of a finding"),
    Entry(
      "/",
      "filter as you type, by words such as `nginx`, `:443`, `!time-wait`, or a query: `dport = :443`; Up recalls earlier ones"
    ),
    Entry("n N", "the next and the previous socket that the filter found"),
    Entry("s S", "sort by the next column, the largest number first; S turns the order round"),
    Entry("t u x", "show TCP, UDP, unix sockets only; each again takes it back"),
    Entry("l", "show listening sockets only"),
    Entry("g", "group by process, workload, peer, port, state, network namespace, or not at all"),
    Entry("Space", "fold the selected group to its heading, or unfold it; Left and Right too, * all groups"),
    Entry("o", "order of groups: by number of sockets, bytes or name"),
    Entry(
      "a", "show only sockets that appeared, changed or went since the view began, then in the last minute, then all"),
    Entry("N O", "show what happens in other network namespaces too, or only how much it is; with a filter O"),
    Entry("p", "pause and go on; what happens meanwhile is counted and shown afterwards"),
    Entry("[ ]", "in a series of captures: one capture back or forward; p plays and stops"),
    Entry("{ }", "the capture before, or the next one, in which something happened that the filter selects"),
    Entry("K", "close the selected connection, or send a signal to one of its owners; asks before it does"),
    Entry(
      "T A", "tag the selected socket, or all of a group; A tags all that are shown; K then acts on all tagged ones"),
    Entry("y Y", "copy the selected row to the terminal's clipboard; Y one cell, with each press the next"),
    Entry("c", "choose columns, their order and widths"),
    Entry("d P", "names of hosts for addresses; P names of services for ports"),
    Entry("r", "in details: numbers as they are, without scaled units"),
    Entry("Mouse", "the wheel scrolls, a click selects a row, a second one opens it, and on a heading it sorts"),
    Entry("w", "write what is shown to a file: a table, or by its name .csv, .json or .ndjson; `~/` begins at home"),
    Entry("?", "these keys, where events come from, and what cannot be seen"),
    Entry("Esc", "back: from details, help, a question; then from the selection, and from the filter step by step"),
    Entry("Ctrl-L", "draw everything again"),
    Entry("Ctrl-Z", "suspend; fg comes back"),
    Entry("q Ctrl-C", "end"),
  ]

  /// What the marks, colours and plots mean.
  package static let marks = [
    Entry("+", "appeared within the last three seconds"),
    Entry("~", "changed its state within the last three seconds"),
    Entry("-", "is gone; the row stays for some seconds"),
    Entry("!", "a finding is about it: D lists them, Enter shows which; only colours stand for + and ~ then"),
    Entry(">", "is selected"),
    Entry(
      "opened",
      "how many sockets appeared in each second, at most a minute back, the newest at the right; the number is that of the last whole second"
    ),
    Entry(
      "happened", "how much happened before each of the captures; the present one stands out, and a click goes there"),
    Entry("transitions", "the same of all events: what appeared, changed its state and went"),
  ]

  /// What the colours of states mean; the text of each is in its own colour.
  static let colours: [(Colour, String)] = [
    (.good, "established, connected"), (.open, "listen"), (.passing, "on the way from one state to another"),
    (.attention, "close_wait, and queues that are full: may want attention"), (.faint, "time_wait, close"),
  ]
}
