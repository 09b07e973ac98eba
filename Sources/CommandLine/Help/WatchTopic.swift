import LiveView
import Options

extension Topic {
  /// The chapter of `watch`.
  package static let watch = Topic(
    .watch, "watch", "sockets as they appear, change and go",
    examples: [
      Example("watch", "the live view, on a terminal"),
      Example("watch --port 1234 | tee events.txt", "one line an event"),
      Example("watch --columns state,local,pid :80 | cat", "these columns of each event"),
      Example("watch --ndjson --state close-wait", "one JSON object an event"),
      Example("watch -q --until ':1234' --for 10", "wait until a port is used"),
      Example("watch -q --until-gone ':1234'", "wait until it is free again"),
      Example("watch --new", "servers that start from now on"),
      Example("watch --root ./minute", "replay a series of captures"),
    ],
    paragraphs: [
      """
      Shows each event of the sockets that are selected: `+` one that appeared, `~` one with another state, `-` one \
      that is gone, not even in TIME_WAIT any more, `!` events that were missed. Behind the mark stand protocol, local \
      and remote end, the states before and after, the owners, and, where they are known, age and bytes. On a \
      terminal there is the live view unless `--events`, `--ndjson`, `--count`, `--until` or `--new` ask for lines.
      """,
      """
      `--columns` chooses what an event shows, as in a listing: `+rtt_us` adds a column, and names alone replace all \
      of them, age and bytes too. `state` has both states. Figures that no event reports, such as `rtt_us`, are those \
      of the newest scan that had the socket, and `-` where none had. There is no heading, so that each line is an \
      event. With `--ndjson` the names are the members of `socket`.
      """,
      """
      Selecting options and QUERY mean what they mean in a listing. An event is shown when its socket matches before \
      or after it, so `--state time-wait` shows how connections get there and how they leave.
      """,
      """
      A line on standard error names the sources of events. The tracepoint `sock:inet_sock_set_state` reports every \
      change of TCP as it happens and needs root; destroy notices report the end of TCP and UDP sockets of this \
      network namespace, except from TIME_WAIT, and need nothing; what neither reports is found by reading all sockets \
      each `--interval`: what does not last from one scan to the next is then not seen. What the kernel dropped \
      becomes an event of its own. How owners were found stands behind them in parentheses unless it was by their \
      descriptors. The kernel counts a FIN among the bytes received; it is taken off where it is known to have come, else \
      `received` may be one too many.
      """,
      """
      The tracepoint reports on all network namespaces, without saying on which. What is known to be in another one is \
      shown only with `--netns all`, which also reads the sockets of all of them each time; then the name of another \
      namespace stands behind `netns`. Until a scan shows where a connection is, that is taken from the process that \
      calls `connect(2)` or `listen(2)`, from the listener, or over loopback from the other end; `?` stands for one \
      that none of these shows. A change that may be one of equal connections of several namespaces is left to the \
      next scan, and so is whether a connection elsewhere ends in TIME_WAIT. `--netns NAME` watches one namespace \
      from inside.
      """,
      """
      It ends with Ctrl-C, by `--for`, `--count`, `--until` or `--until-gone`, or when nobody reads its output, and \
      says then how much it saw. Asked to end, it shows what has happened by then for half a second at most and counts \
      the rest as missed; a second Ctrl-C ends that too. Exit status 0 when at least one event was printed (with \
      `--new`: when something was new), 1 when none was; with `--until` and `--until-gone`, 0 when what was waited for \
      came, 1 when the time of `--for` or a signal came first.
      """,
      """
      The live view makes the checks of `doctor` too, of some of the scans that it makes anyway: at most one in five \
      seconds, fewer where a scan takes long. `!` marks the rows that a finding is about, and `D` lists the findings and \
      what was not checked: what needs a look into every process is left to `doctor`. Counters are compared with those \
      of half a minute to a minute before, so that what happened long ago is no finding.
      """,
      """
      The live view has settings of its own in `$XDG_CONFIG_HOME/sockinspect/config`, else in \
      `~/.config/sockinspect/config`: options of `watch` without dashes, one a line, such as `columns +rtt_us` or \
      `no-mouse`; lines that begin with `#` are comments. What is typed counts more. Only the view reads it: lines, \
      JSON and other commands never do, so that scripts print the same for everybody. The variable \
      `SOCKINSPECT_CONFIG` names another file, or none when it is empty; `--no-config` leaves it out. A mistake in it \
      is an error with its line, status 2.
      """,
      "The keys of the live view:",
    ], terms: LiveKeys.all.map { Term($0.keys, $0.meaning) })
}
