import Options
import SocketModel

/// The options that choose how the sockets are shown.
enum OutputOptions {
  static let all: [ListOption] = [
    Option(
      "json", topic: .output, "one JSON document",
      examples: [Example("--port 1234 --json", "what is at a port, for a script")],
      """
      One JSON document: `meta` says when, where and from which source, and which problems there were; `sockets` holds \
      one object a socket. What is unknown is null, as is what costs more to read and was not asked for: `tcp` needs \
      `-i`, `memory` needs `-m`, others such as `cgroup` and `mark` need `--columns +cgroup,mark`. `workload` needs \
      `--columns +workload`, except that a socket whose owners may not be seen has it anyway; its `owners` stay empty. \
      With `--count-by` or `--summary` the counts come as JSON.
      """
    )
    .inListing { (list, typed) throws(UsageError) in try list.choose(.json, typed) },
    Option(
      "ndjson", aliases: ["jsonl"], topic: .output, "one JSON object a line",
      examples: [Example("--ndjson | jq -c .local", "one value of each socket")],
      "One JSON object a socket and line, without `meta`; problems go to standard error."
    )
    .inListing { (list, typed) throws(UsageError) in try list.choose(.ndjson, typed) },
    Option(
      "csv", topic: .output, "CSV with a header (RFC 4180)",
      examples: [Example("--csv --columns +inode", "a table for a spreadsheet")],
      "Comma-separated values as RFC 4180 has them, with a header unless `--no-header`. What is unknown is an empty cell."
    )
    .inListing { (list, typed) throws(UsageError) in try list.choose(.csv, typed) },
    Option(
      "count-by", value: OptionValue("COLUMNS", .columns), topic: .output,
      "how many sockets have each value of the columns",
      examples: [
        Example("--count-by state,process", "how many sockets each process has in each state"),
        Example("--count-by remote-address --limit 5", "the five peers with most connections"),
      ],
      """
      Instead of sockets, how many there are of each combination of values, most first. A socket counts once for each \
      distinct value that its owners give.
      """
    )
    .inListing { (list, typed) throws(UsageError) in try list.showCounts(typed) },
    Option(
      "summary", "s", topic: .output, "totals by transport and state",
      examples: [Example("-s", "how many sockets of each kind there are")],
      """
      Instead of sockets, how many there are of each transport and state. All transports are counted unless some are \
      named, and owners are not looked for unless the selection needs them.
      """
    )
    .inListing { (list, typed) throws(UsageError) in try list.show(.summary, typed) },
    Option(
      "limit", value: OptionValue("N", .number), topic: .output, "the first N rows only",
      "The first N rows, after sorting. The exit status and `--summary` do not change."
    )
    .inListing { (list, typed) throws(UsageError) in list.plan.output.limit = try typed.number(in: 0...1_000_000_000) }
    .inWatch { (_, typed) throws(UsageError) in
      throw UsageError(
        "\(typed.spelling) has no meaning with watch",
        ["to end after so many events: --count \(typed.value ?? "N")"])
    },
    Option(
      "unique", aliases: ["uniq", "distinct"], topic: .output, "each row once, and a row for each owner",
      examples: [
        Example("--port 80 --columns pid --unique --no-header", "the processes at a port, one id a line"),
        Example("--columns process,workload --unique", "which programs have sockets, and in what"),
      ],
      """
      Rows that would be printed the same are printed once: the first of them, in the order of the rows. With a column \
      that has a value for each owner, such as `pid`, each owner has a row of its own. A row of which nothing is known \
      is left out. Goes with the table and CSV, and with JSON when `--columns` names its members.
      """
    )
    .inListing { (list, typed) throws(UsageError) in list.unique = typed },
    Option(
      "no-header", "H", topic: .output, "no heading above the columns",
      "Leaves out the heading of the table or CSV."
    )
    .inListing { $0.plan.output.header = false }.inWatch(),
    Option(
      "oneline", "O", topic: .output, "one line a socket (the default)",
      "Shows each socket on one line. This is always so; the option is there for who types `ss -O`."
    )
    .inListing { _ in }.inWatch(),
    Option(
      "verbose", "v", topic: .output, "nothing more: all is shown that was asked for",
      "Changes nothing. The owners that `netstat -v` adds on other systems are shown anyway."
    )
    .inListing { _ in }.inWatch(),
    Option(
      "resolve", "r", topic: .output, "names for addresses and ports",
      examples: [Example("-tar", "names instead of numbers")],
      """
      Shows the names of addresses and ports where they are found within half a second in all; the others stay \
      numbers. Names come from the system's resolver, so the network may be asked; those of the protocols of raw \
      sockets from `/etc/protocols`. It goes for tables: JSON and CSV keep the numbers. Selections are always made by \
      number.
      """
    )
    .inListing { $0.plan.output.resolve = true }.inWatch { (watch, typed) throws(UsageError) in
      guard watch.shape == .view else { return }
      throw UsageError("\(typed.spelling) is for lines of events", ["add --events: the view shows numbers"])
    },
    Option(
      "numeric", "n", topic: .output, "numbers for addresses and ports (the default)",
      "Shows addresses and ports as numbers. This is the default; it takes back `--resolve`."
    )
    .inListing { $0.plan.output.resolve = false }.inWatch(),
    Option(
      "color", aliases: ["colour"], value: OptionValue("WHEN", .choice(ColourChoice.words)),
      topic: .output, "colour: auto, always, never",
      """
      When to colour: `auto`, the default, on a terminal, unless `NO_COLOR` is set to anything or `TERM` is `dumb`; \
      `always`; `never`.
      """
    )
    .inListing { (list, typed) throws(UsageError) in list.colour = try typed.colour() },
    Option(
      "width", value: OptionValue("N", .number), topic: .output, "make the table fit N columns",
      """
      Makes the table fit N columns by hiding and shortening what matters least. On a terminal its width is the \
      default, elsewhere there is no limit. 0 means no limit.
      """
    )
    .inListing { (list, typed) throws(UsageError) in list.width = .some(try typed.width()) },
    Option(
      "wide", "W", topic: .output, "never hide a column or cut a cell",
      "The whole table, even when the terminal is narrower; the same as `--width 0`."
    )
    .inListing { $0.width = .some(nil) },
    Option(
      "columns", value: OptionValue("COLUMNS", .columns), topic: .columns, common: true,
      "what to show: proto,local or +inode,-state",
      examples: [
        Example("--columns +rtt_us,snd_cwnd", "the default columns and two of tcp_info"),
        Example("--columns state,local,process", "these three only"),
        Example("--columns -state", "the default columns but one"),
      ],
      """
      The columns of the table or CSV, with commas between their names. A name with `+` before it is added to the \
      default, one with `-` is taken away; the names behind it have the same sign until another one comes. \
      `--list-columns` names them all. In JSON, the names are those of the members, and each object has these only.
      """
    )
    .inListing { $0.columns = $1 }.inWatch(),
    Option(
      "list-columns", topic: .columns, "all columns there are, and what they mean",
      "Prints every column with its meaning, then ends. The same names stand in queries, `--sort` and `--count-by`."
    )
    .inListing { _ in },
    Option(
      "sort", value: OptionValue("COLUMNS", .columns), topic: .columns,
      "order: recv_queue, or -recv_queue for largest first",
      examples: [Example("--sort -recv_queue --limit 10", "the ten fullest receive queues")],
      """
      The columns to sort by, the most important first. With `-` before its name a column goes from large to small. \
      Without this option the order is transport, servers before connections, local port, addresses.
      """
    )
    .inListing { $0.sort = $1 }.inWatch(Self.needsView("events come in the order of time: leave it out")),
    Option("reverse", topic: .columns, "the other way round", "Turns the order round, whichever it is.")
      .inListing { $0.reverse = true }.inWatch(Self.needsView("events come in the order of time: leave it out")),
    Option(
      "extended", "e", topic: .columns, "add user, inode and cookie",
      "Adds the columns `user`, `inode`, `cookie` and `interface`."
    )
    .inListing { $0.added += [.user, .inode, .cookie, .interface] }.inWatch(),
    Option(
      "info", "i", topic: .columns, "add figures of TCP: rtt, window, retransmits",
      examples: [Example("-ti", "how fast each TCP connection is")],
      "Adds the most used columns of tcp_info: `congestion`, `rtt_us`, `snd_cwnd`, `total_retrans`, `bytes_sent`, `bytes_received`."
    )
    .inListing {
      $0.added += [
        .congestion, .tcp(.rtt), .tcp(.congestionWindow), .tcp(.totalRetransmits), .tcp(.bytesSent),
        .tcp(.bytesReceived),
      ]
    }.inWatch(),
    Option(
      "memory", "m", topic: .columns, "add the memory of each socket",
      "Adds the columns `rmem_alloc`, `rcvbuf`, `wmem_alloc`, `sndbuf`, `drops`."
    )
    .inListing {
      $0.added += [.receiveAllocated, .receiveLimit, .sendAllocated, .sendLimit, .drops]
    }.inWatch(),
    Option(
      "timer", "o", aliases: ["options", "timers"], topic: .columns, "add timer and retransmits",
      "Adds the columns `timer`, `timer_expires_ms`, `retransmits`."
    )
    .inListing { $0.added += [.timer, .timerExpires, .retransmits] }.inWatch(),
    Option(
      "tos", topic: .columns, "add type of service and traffic class",
      "Adds the columns `tos` and `tclass`."
    )
    .inListing { $0.added += [.typeOfService, .trafficClass] }.inWatch(),
    Option("cgroup", topic: .columns, "add the control group", "Adds the column `cgroup`.")
      .inListing { $0.added.append(.cgroup) }.inWatch(),
    Option(
      "no-queues", "Q", topic: .columns, "leave the queues out",
      "Takes away the columns `recv_queue` and `send_queue`."
    )
    .inListing { $0.removed += [.receiveQueue, .sendQueue] }.inWatch { watch, typed in
      guard watch.shape != .view else { return }
      watch.asides.append("\(typed.spelling) changes the live view only: the lines of events have no queues")
    },
    Option(
      "processes", "p", aliases: ["owners"], topic: .columns, "the owning processes (the default)",
      "Shows the processes that own each socket. This is the default; it takes back `--no-owners`."
    )
    .inListing { $0.plan.owners = true }.inWatch(),
    Option(
      "no-owners", aliases: ["no-processes"], topic: .columns, "do not look for owners: faster",
      examples: [Example("--no-owners -ta", "a quick look at 100,000 connections")],
      "Does not look for the owners of the sockets, which on a large machine is most of the work."
    )
    .inListing { $0.plan.owners = false },
  ]

  /// Refuses an option that only the live view uses where lines are printed, with what to do
  /// instead.
  private static func needsView(_ hint: String) -> ListOption.WatchCheck {
    { (watch, typed) throws(UsageError) in
      guard watch.shape != .view, !watch.showsRates else { return }
      throw UsageError("\(typed.spelling) is for the live view", [hint])
    }
  }
}
