import Inspection
import Options
import Rendering
import SocketModel

/// The options of `watch`: those of the listing that select sockets, and its own.
package enum WatchOptions {
  package static let options = CommandOptions(
    "watch",
    SelectingOptions.all.compactMap(\.inWatch) + own
      + (OutputOptions.all + GeneralOptions.all).compactMap(\.inWatch), rules: rules)

  /// An option of `watch` alone, or one that is explained differently there.
  private static let own: [OptionDeclaration<WatchPlanBuilder>] = [
    Option(
      "interval", value: OptionValue("SECONDS", .number), topic: .watch,
      "time between scans (default 1)",
      examples: [Example("watch --interval 200ms -u", "UDP sockets, looked at five times a second")],
      """
      How often all sockets are read, for what the kernel does not report by itself: from 0.01 to 86400 seconds. \
      Decimals and `ms`, `s`, `m`, `h` are allowed. Of 1,000 TCP sockets or more the live view reads only the connections \
      that were busy lately, while the kernel counts no segment of others, and all every five seconds.
      """
    )
    .effect { (watch, typed) throws(UsageError) in
      watch.plan.interval = try typed.duration(from: 10, to: 86_400_000)
    },
    Option(
      "source", value: OptionValue("SOURCES", .list(EventSource.words)),
      topic: .watch, "events from: auto, tracepoint, destroy, snapshot",
      examples: [Example("watch --source snapshot --events", "differences between scans only")],
      """
      Which sources of events are used where they can be: a list of `tracepoint` (every change of TCP, needs root), \
      `destroy` (the end of TCP and UDP sockets, except from TIME_WAIT) and `snapshot` (differences between scans, \
      which are always made). `auto`, the default, is all of them.
      """
    )
    .effect { (watch, typed) throws(UsageError) in watch.plan.sources = try EventSource.chosen(by: typed) },
    Option(
      "all-namespaces", topic: .watch, "all network namespaces, as --netns all",
      examples: [Example("watch --all-namespaces --port 443", "connections of all containers, as root")],
      "The same as `--netns all`: watches the sockets of all network namespaces, such as those of containers."
    )
    .effect { $0.list.plan.namespaces = .all },
    Option(
      "events", topic: .watch, "one line an event, on a terminal too",
      examples: [Example("watch --events --port 1234", "the events of a port, one below the other")],
      "Prints one line an event. That is the default unless standard output is a terminal."
    )
    .effect { if $0.shape != .ndjson { $0.shape = .text } },
    Option(
      "view", topic: .watch, "the live view (the default on a terminal)",
      "Shows the live view, which needs a terminal: an error when standard output is none."
    )
    .effect { (watch, typed) throws(UsageError) in
      guard watch.environment.isTerminal else {
        throw UsageError(
          "\(typed.spelling) needs a terminal, and standard output is none",
          ["leave it out for one line an event, or add --ndjson for one JSON object an event"])
      }
      watch.shape = .view
    },
    Option(
      "ndjson", aliases: ["jsonl"], topic: .watch, "one JSON object an event",
      examples: [Example("watch --ndjson --port 1234 | jq -c .event", "what happens at a port, for a script")],
      """
      One JSON object a line and event, of the schema `sockinspect.event/1`: `time` (RFC 3339), `event` (`opened`, \
      `changed`, `closed`, `missed`), `life` (a number that all events of one socket share), `source` (`tracepoint`, \
      `destroy`, `snapshot`), `from` and `to` (states, null for none), `attribution`, `age_us`, `bytes_sent`, \
      `bytes_received`, `missed`, `elsewhere` (whether it is in another network namespace, null when that is not \
      known), `netns_name` (with `--netns all`, null for a namespace without a name) and `socket`, which is the object \
      of `sockinspect --ndjson`.
      """
    )
    .effect { $0.shape = .ndjson },
    Option(
      "rates", topic: .watch, "bytes a second instead of events",
      examples: [
        Example("watch --rates --ndjson | jq -c '[.tx_rate, .socket.peer]'", "who is sent how much, for a script")
      ],
      """
      Prints, after each scan, one line for each TCP socket that sent or received anything since the scan before: the \
      one with the most bytes first, or as `--sort` says. Sockets that ended meanwhile are there once more, with all of \
      their bytes, even if no scan met them. With `--ndjson` a line has the schema `sockinspect.rates/1`: `time`, \
      `interval_us`, `life` (a number that all lines of one socket share), `ended`, `rx_rate` and `tx_rate` in bytes a \
      second, `rx_bytes` and `tx_bytes` of the interval, `rx_bytes_total` and `tx_bytes_total` of the socket's life, \
      `rtt_us`, `total_retrans` and `socket`, which is the object of `sockinspect --ndjson`.
      """
    )
    .effect { $0.plan.showsRates = true },
    Option(
      "for", value: OptionValue("SECONDS", .number), topic: .watch, "end by itself after so long",
      examples: [Example("watch --for 10 --state close-wait", "what enters or leaves CLOSE_WAIT in ten seconds")],
      """
      Ends after so many seconds; decimals and `ms`, `s`, `m`, `h` are allowed. They are counted from the moment that \
      it says that it watches; what happened while it began is shown besides. With `--until` it is how long to wait.
      """
    )
    .effect { (watch, typed) throws(UsageError) in watch.plan.lifetime = try typed.duration(from: 1) },
    Option(
      "count", value: OptionValue("N", .number), topic: .watch, "end after N events",
      examples: [Example("watch --count 1 --port 1234", "wait for the next event at a port")],
      "Ends when so many events have been printed; those that were missed do not count."
    )
    .effect { (watch, typed) throws(UsageError) in watch.plan.count = try typed.count() },
    Option(
      "until", value: OptionValue("QUERY", .query), topic: .watch, "end when a socket matches",
      examples: [Example("watch -q --until 'state listen sport = :1234' --for 10", "wait until a server listens")],
      """
      Ends with status 0 as soon as a socket of the selection matches the query, at once when one does already. With \
      `--for` it waits no longer than that: status 1 when none matched. With `-q` only the event that ended it is \
      shown. Words that stand alone mean what they do in a listing: `:1234`, `nginx listen`.
      """
    )
    .effect { (watch, typed) throws(UsageError) in watch.plan.goal = .matching(try watch.goal(typed)) },
    Option(
      "until-gone", value: OptionValue("QUERY", .query), topic: .watch,
      "end when no socket matches any more",
      examples: [
        Example("watch -q --until-gone 'sport = :1234' --for 90", "wait until a port is free, TIME_WAIT over"),
        Example("watch -q --until-gone 'state established dport = :1234'", "wait for the end of connections"),
      ],
      """
      Ends with status 0 as soon as no socket of the selection matches the query, at once when none does. With `-q` \
      only the event that ended it is shown. What it waits for is in the query: with states it is their end, without \
      any the end of TIME_WAIT too. While a socket that may match has an owner whom this user may not see, a query \
      about processes is not answered: it waits on, and a warning says so.
      """
    )
    .effect { (watch, typed) throws(UsageError) in watch.plan.goal = .gone(try watch.goal(typed)) },
    Option(
      "new", topic: .watch, "only listeners that were not there",
      examples: [
        Example("watch --new", "servers that start from now on"),
        Example("watch -q --new --count 1 --for 60", "status 0 as soon as one starts, 1 when none does"),
      ],
      """
      Reports listeners that were not there when the watch began, or that are not in the capture of `--baseline`, each \
      once, as `opened`: what `-l` selects. One is the same when transport, local address and port are, with `--netns \
      all` the network namespace too, and the name of the process where both are known: a restart is no news, another \
      program at the same port is. An owner that may not be seen is not another. UDP clients that do not connect \
      count as listeners; `-t` leaves UDP out.
      """
    )
    .effect { if $0.plan.baseline == nil { $0.plan.baseline = .firstScan } },
    Option(
      "baseline", value: OptionValue("CAPTURE", .path), topic: .watch, "of --new: compare with a capture",
      examples: [Example("watch --new --baseline ./monday --for 1", "what listens today and did not on Monday")],
      """
      Of `--new`: the listeners that were there are those of a capture, of this machine or another: a folder, a tar \
      archive or a table, all that `--root` reads. What listens already and is not in it is reported at once. \
      Transports of which it has no table are compared with the first scan. One made with `--redact` has other \
      addresses and names, so it is refused.
      """
    )
    .effect { (watch, typed) throws(UsageError) in watch.plan.baseline = .capture(try typed.path()) },
    Option(
      "timestamps", value: OptionValue("STYLE", .choice(TimestampStyle.allCases.map(\.rawValue))),
      topic: .watch, "times: local, rfc3339, epoch, relative",
      examples: [Example("watch --events --timestamps relative", "seconds since the watch began")],
      """
      How times of events are written: `local`, the default, is the time of day with microseconds; `rfc3339` has date \
      and time in UTC; `epoch` counts the seconds since 1970; `relative` those since the watch began.
      """
    )
    .effect { (watch, typed) throws(UsageError) in
      watch.plan.timestamps = TimestampStyle(rawValue: try typed.choice()) ?? .local
    },
    Option(
      "palette", value: OptionValue("NAME", .choice(paletteWords)), topic: .watch,
      "colours of the view: auto, dark, light, neutral",
      """
      Which of the terminal's 16 colours the live view uses: `dark` and `light` those that can be read on such a \
      background, `neutral` those that can be read on both. `auto`, the default, asks the terminal for its background \
      and begins with what `COLORFGBG` says, or `neutral`, until it answers. `--color never` and `NO_COLOR` show none.
      """
    )
    .effect { (watch, typed) throws(UsageError) in
      watch.plan.palette = Palette(rawValue: try typed.choice())
      watch.checks.append((Self.ofViewOnly, typed))
    },
    Option(
      "mouse", topic: .watch, "the view takes the mouse (the default)",
      "The live view takes wheel and clicks of the mouse. This is the default; it takes back `--no-mouse`."
    )
    .effect { (watch, typed) throws(UsageError) in
      watch.plan.usesMouse = true
      watch.checks.append((Self.ofViewOnly, typed))
    },
    Option(
      "no-mouse", topic: .watch, "leave the mouse to the terminal",
      """
      The live view does not take the mouse: the terminal selects text with it as usual. Without this option the wheel \
      and clicks go to the view, and most terminals select text while Shift is held down.
      """
    )
    .effect { (watch, typed) throws(UsageError) in
      watch.plan.usesMouse = false
      watch.checks.append((Self.ofViewOnly, typed))
    },
    Option(
      "widths", value: OptionValue("COLUMN=N,...", .text), topic: .watch, "how wide columns of the view may be",
      examples: [Example("watch --widths owners=20,peer=30", "short owners, long addresses")],
      """
      How many columns of the terminal some columns of the live view may take at most, 4 to 500; what is longer is cut. \
      The key `c` changes them, and `S` in it keeps them in the settings file.
      """
    )
    .effect { (watch, typed) throws(UsageError) in
      watch.plan.columnWidths = try typed.columnWidths()
      watch.checks.append((Self.ofViewOnly, typed))
    },
    Option(
      "no-config", topic: .watch, "without the settings file of the view",
      "The live view leaves out the settings in `~/.config/sockinspect/config`."
    )
    .effect { $0.ignoresSettings = true },
    Option(
      "no-owners", aliases: ["no-processes"], topic: .watch, "do not look for owners: faster",
      "Does not look for the owners of the sockets, which on a large machine is most of the work of a scan."
    )
    .effect { $0.list.plan.owners = false },
    Option(
      "root", value: OptionValue("DIR", .path), topic: .watch, "replay a series of captures",
      examples: [Example("watch --root ./minute --port 1234", "what happened at a port in a captured minute")],
      """
      Replays a series that `capture --every` made, as fast as it can be read; the times are those of the captures, \
      and so is that of `--for`. What a capture lacks because it was not read whole has not ended for that. The /proc \
      of the running kernel mounted elsewhere is watched by its tables alone.
      """
    )
    .effect { (watch, typed) throws(UsageError) in watch.list.plan.root = try typed.path() },
    Option(
      "speed", value: OptionValue("N", .number), topic: .watch, "of --root: N times as fast as captured, or max",
      examples: [
        Example("watch --root ./minute --speed 1", "as it was"),
        Example("watch --root ./minute --speed 10", "a minute in six seconds"),
      ],
      """
      Of `--root` with a series: the pauses between captures are those of their times, divided by N, which is a number \
      from 0.1 to 1000, or none with `max`. Without this option the view pauses for two seconds at most, and lines come \
      as fast as the series can be read.
      """
    )
    .effect { (watch, typed) throws(UsageError) in watch.plan.speed = try typed.speed() },
    Option(
      "color", aliases: ["colour"], value: OptionValue("WHEN", .choice(ColourChoice.words)),
      topic: .watch, "colour: auto, always, never",
      "Colour: `always`, `never` or `auto`, which is the default: on a terminal, unless `NO_COLOR` is set."
    )
    .effect { (watch, typed) throws(UsageError) in watch.list.colour = try typed.colour() },
    Option(
      "quiet", "q", topic: .watch, "no notes on standard error",
      "Says nothing on standard error but errors that end the program: not from which sources events come, no account at the end."
    )
    .effect { $0.list.plan.quiet = true },
    Option.help(.watch).effect { _ in },
  ]

  /// The options that the settings file of the live view may have.
  static let settings: [OptionID] = [
    "columns", "widths", "sort", "reverse", "interval", "color", "palette", "mouse", "no-mouse", "processes",
    "no-owners",
    "extended", "info", "memory", "timer", "tos", "cgroup", "no-queues",
  ]

  private static let paletteWords = ["auto"] + Palette.allCases.map(\.rawValue)

  /// Says that an option changes nothing where there is no view.
  private static let ofViewOnly: ListOption.WatchCheck = { watch, typed in
    guard watch.shape != .view else { return }
    watch.asides.append("\(typed.spelling) changes the live view only: here are lines of events")
  }

  private static let rules: [OptionRule] = [
    .exclusion("all-namespaces", ["netns"], "both choose the network namespaces"),
    .exclusion(
      "view", ["events", "ndjson", "count", "until", "until-gone", "timestamps"],
      "the view is for a person, who ends it"),
    .exclusion("new", ["view"], "what is new is reported as lines"),
    .exclusion("new", ["until", "until-gone"], "one thing is waited for"),
    .requirement("baseline", "new", "it is what new listeners are compared with"),
    .exclusion(
      "rates", ["view", "count", "until", "until-gone"], "rates are lines of their own, which are no events"),
    .exclusion("ndjson", ["timestamps"], "JSON has its times as RFC 3339 has them"),
    .exclusion("until", ["until-gone", "count"], "one thing is waited for"),
    .exclusion("until-gone", ["count"], "one thing is waited for"),
  ]
}
