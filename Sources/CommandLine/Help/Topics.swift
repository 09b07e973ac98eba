import Options
import Text

extension Topic {
  /// The chapters before those of the commands, in the order of the manual.
  package static let ofListing: [Topic] = [selecting, transports, query, output, columns, sources]

  /// The chapters after those of the commands.
  package static let ofProgram: [Topic] = [exitStatus, security, habits, completions, general]

  private static let selecting = Topic(
    .selecting, "Selecting sockets", "ports, addresses, states, processes, users",
    examples: [
      Example("--port 1234", "who uses port 1234, at either end"),
      Example(":1234", "the same, shorter"),
      Example("1234 listen", "the server there"),
      Example("nginx", "what has nginx in a cell, such as its owner"),
      Example("--port 80,443,8000-8100 --state established", "open connections of web servers"),
      Example("-l --local 0.0.0.0,::", "what listens on every interface"),
      Example("--remote '!127.0.0.0/8,::1'", "all but what goes to this machine itself"),
      Example("--process 'nginx*' --state '!time_wait'", "nginx, without the connections it closed"),
    ],
    paragraphs: [
      """
      Without a selection all sockets of TCP and UDP are listed, in every state. Each option narrows the list, as does \
      a QUERY (`help query`): a socket is shown when all of them hold. A list with commas holds when one of its \
      members does; `!` before a list turns it round. The same option twice must hold twice.
      """
    ])

  private static let transports = Topic(
    .transports, "Transports", "TCP, UDP, unix, raw, packet, netlink and more",
    examples: [
      Example("-tulpn", "every TCP and UDP server and its process"),
      Example("-x --process dbus-daemon", "unix sockets of one program"),
      Example("-A tcp,mptcp", "TCP and Multipath TCP"),
      Example("-a", "every transport"),
    ],
    paragraphs: [
      """
      TCP and UDP are listed unless transports are named. `--port` looks at all transports that have ports, and a \
      QUERY that names a transport, or a field that only some have, at those. Transports that were named and that no \
      source has are said to be missing; others are passed over.
      """
    ])

  private static let query = Topic(
    .query, "Queries", "the filter language, that of ss with more fields",
    examples: [
      Example("'state established and dport = :443'", "connections to web servers"),
      Example("'sport >= 1024 and not src 127.0.0.0/8'", "high ports that are not local"),
      Example("'recv_queue > 0 and process = nginx*'", "data that nginx has not read yet"),
      Example("'accept_queue >= accept_limit'", "servers that accept too slowly"),
      Example("'rtt_us > 100ms or retrans > 0'", "slow or lossy connections"),
      Example("'( dport = 80 or sport = 53 ) user = dev'", "side by side means and"),
      Example("nginx established", "words alone: connections of nginx"),
    ],
    paragraphs: [
      """
      A QUERY is the filter language of `ss` over every column of `--list-columns`, and `port`, `address` and `host` \
      for either end. Conditions are `FIELD OP VALUE` with the operators `=`, `!=`, `<`, `>`, `<=`, `>=` or their \
      letters `eq`, `ne`, `lt`, `gt`, `le`, `ge`. A VALUE can be a list with commas, a range such as `8000-8100`, and \
      have a unit such as `100ms` or `1M`. Conditions side by side, or with `and` between them, must both hold; `or` \
      binds weaker, `not` and `!` stronger; parentheses group.
      """,
      """
      The words of `ss` are understood: `state` and `exclude` with the name of a state or of a group of them, `src` \
      and `dst` with an address, block and port, `sport` and `dport`, `dev`, `fwmark`, `cgroup`, `autobound`. An \
      address may be short before its length (`127/8`), have a zone (`fe80::1%eth0`), or be `localhost`. Ports may be \
      numbers, names and ranges, with or without the colon, and `inet:` or `inet6:` before them or before an address \
      for that family alone. `sport` also finds what stands in the place of a port: the protocol of a raw socket, the \
      identifier of an ICMP one, the port id of netlink and the interface of a packet socket. `dev 0` is bound to no \
      interface. A `cgroup` may be written as below /sys/fs/cgroup or with that folder. `autobound` asks the kernel \
      whether it chose the port; from /proc that is not known. Text is compared whole, or as a glob with `*`, `?` and \
      `[a-z]`; quotes take the special meaning from characters. A number may be compared with another field of the \
      same unit, a port with the other port: `recv_queue > send_queue`, `sport = dport`. A `state` or `exclude` that \
      begins the query limits all of the rest. Conditions on ports, addresses and states are tested inside the kernel \
      where it can, so that a question about one port costs little on a machine with many sockets.
      """,
      """
      A comparison with a field that a socket does not have is false; `!=` and `not` turn it true. `FIELD = *` asks \
      whether there is a value; but `src *` and `dst *` hold for every socket, as in `ss`. Several operands are joined \
      with blanks, so a query of plain words needs no quotes.
      """,
      """
      A word that stands alone is what it looks like: ports (`1234`, `:1234`, `80,443`, `1234/tcp`), an address, both \
      together (`127.0.0.1:1234`, `localhost`), a state in any spelling, a transport (`tcp`, `udp6`, `unix`). Any \
      other word is text, looked for in every cell that is shown, whatever the case, or a pattern (`nginx*`) that a \
      cell or the name of a process matches; `root` and `https` are the user and the port besides, and a line on \
      standard error says so. Words side by side must all hold; ports, states and transports side by side are \
      alternatives. A well-formed query goes first. The same holds for `--until`, `--until-gone` and `/` in the live \
      view.
      """,
    ])

  private static let output = Topic(
    .output, "Output", "table, JSON, CSV, counts, names, colour",
    examples: [
      Example("--port 1234 --json", "one document for a script"),
      Example("--ndjson | jq -r .state", "one value of each socket"),
      Example("--csv --columns local,peer,process", "a table for a spreadsheet"),
      Example("--count-by state,process", "how many sockets each process has in each state"),
      Example("-s", "totals by transport and state"),
    ],
    paragraphs: [
      """
      On a terminal the table fits its width. What gives way first are columns without a value in any row, then the \
      descriptors of owners, the middle of IPv6 addresses and of paths (never the port), queues that are all 0, and \
      then other columns. The state stays, the peer where a row has one, the protocol where there are two. One row of \
      many may be longer than the others. A last line names what is hidden. On a pipe nothing is hidden or cut, and \
      there is no colour. Unknown is `-` in the table, null in JSON and empty in CSV; it is never shown as 0.
      """,
      """
      LOCAL is written as in `ss`: `*:8080` takes IPv6 and IPv4 connections, `[::]:8080` IPv6 alone (or it is not \
      known, as from /proc); `0.0.0.0%lo:8001` takes only what comes by the interface `lo`; a link-local address has \
      its interface in the brackets, `[fe80::1%eth0]:8002`, as programs want it who connect to it. A netlink socket \
      shows its protocol and port id (`rtnl:1234`, `uevent:kernel`), a packet socket its protocol and interface \
      (`arp:eth0`, `*:lo` for all protocols).
      """,
      """
      Data goes to standard output, notes and errors to standard error. Names of JSON members are those of \
      `--list-columns` where a value has one; numbers are numbers, 64-bit identifiers are strings, and inodes from \
      2^53 on. `owners` is `[]` when no process was found that has the socket open, and null when none could be looked \
      at. `local` and `peer` of internet sockets are objects with `address` and `port`; other sockets have `path`, \
      `port_id`, `interface` and the like. A text that is not UTF-8 is followed by its bytes, as `path_hex`; so is an \
      abstract name with NUL bytes inside. `abstract` distinguishes an abstract name `@x` from a file `@x`, which \
      table and CSV write `\\x40x`.
      """,
      """
      `--columns +time,hostname` adds to each row, in every format, when it was read and on which machine.
      """,
    ])

  private static let columns = Topic(
    .columns, "Columns and order", "which columns, sorted how",
    examples: [
      Example("--columns +rtt_us,snd_cwnd", "the default columns and two of tcp_info"),
      Example("--columns state,local,process", "these three only"),
      Example("--sort -recv_queue --limit 10", "the ten fullest receive queues"),
      Example("--list-columns", "all there are"),
    ],
    paragraphs: [
      """
      Names may be written with `-` or `_`, and those of `ss`, `netstat` and `lsof` are understood. A column that \
      needs more to be asked for, such as those of tcp_info, is asked for when it is shown, sorted by or queried.
      """
    ])

  private static let sources = Topic(
    .sources, "Sources", "the live kernel, a captured /proc, a single table",
    examples: [
      Example("--source proc", "from /proc/net only"),
      Example("--root ./proc-of-web1 --port 443", "a captured machine"),
      Example("--root - < tcp.txt", "one table on standard input"),
    ],
    paragraphs: [
      """
      sock_diag reports more than /proc: accept queue limits, cookies, tcp_info, bound sockets that do not listen. \
      /proc is there on every kernel and in every copied tree.
      """,
      """
      Where sock_diag is refused or missing, as in a sandbox, /proc is read in its place and one line says so; \
      `--source diag` then ends with status 4. A table that a copy lacks, or that is empty or lacks its header, is \
      reported too, and `--strict` ends with status 3: that nothing matches is said only of tables that were read to \
      their end, and "looked at" names them. Where processes may not be read, no socket "is known to match" a query \
      about owners.
      """,
      """
      What only sock_diag reports is not known from /proc or a copy of it: a query about it, such as `rtt_us > 10ms`, \
      or an order by it, is a warning, and `--strict` ends with status 3. A port that nothing uses is looked for in \
      the network namespaces of other processes too, as far as the right (CAP_SYS_ADMIN) goes, and the command that \
      shows it there is named; the others are counted.
      """,
    ])

  package static let capture = Topic(
    .capture, "Captures", "copy what a listing reads, look at it elsewhere",
    examples: [
      Example("capture ./web1", "copy the tables and the owners of sockets"),
      Example("capture --redact ./web1", "the same, with addresses and names replaced"),
      Example("capture --archive web1.tar", "the same as one file"),
      Example("--root ./web1 --state close-wait", "look at it, on any machine"),
      Example("capture --netns all ./web1", "containers too, as root"),
      Example("capture --every 1s --for 60s ./minute", "a series: one each second"),
      Example("watch --root ./minute", "what happened in it"),
    ],
    paragraphs: [
      """
      `capture DIR` makes the folder DIR, which must be new, or empty, yours and closed to the writing of others, and \
      writes into it a tree shaped like /proc: the tables of /proc/net and, of each process that may be read, its \
      name, arguments, program and the links of its descriptors that are sockets; and the kernel's settings and \
      counters of networking. A manifest says when, on which kernel, by which user, and what could not be read. \
      Nothing is written elsewhere, and only you can read what was captured.
      """,
      """
      With `--every` it makes a series: DIR holds the captures `0001`, `0002` and so on, until Ctrl-C or for the time \
      of `--for`. Each can be looked at by itself with `--root DIR/0001`; `watch --root DIR` shows what changed from \
      one to the next.
      """,
      """
      Besides the tables, what sock_diag reports is recorded as the kernel sent it: limits of accept queues, \
      tcp_info, cookies, control groups, the peers of unix sockets, and TCP sockets that are bound and idle. On a \
      machine of the same byte order a capture is listed as the machine was; `--source proc` reads its tables alone. On \
      an idle machine a capture is some hundred small files and a few megabytes.
      """,
      """
      The file `cgroups` says what the control groups of its sockets and processes stand for, so that the columns \
      `workload`, `unit`, `container` and `pod` show what they showed on the machine; `interfaces` names its network \
      interfaces. `capture --redact` replaces those names too, as it does addresses, users and processes: \
      `unit1.service`, `docker:container2`. Of the answers of sock_diag a redacted capture keeps figures, options, \
      ports and inodes; what else a kernel may put into one is left out.
      """,
      """
      `capture --archive FILE` writes the same as a tar archive, under its own name only once it is whole. \
      `--root FILE` reads it without unpacking it, as it does any tar archive of such a folder, also with the \
      folder's name before its paths, or a series for `watch`. `--archive -` writes to standard output, and `--root -` \
      reads that, without a file in between.
      """,
      """
      With `--netns all` it has the tables and answers of all network namespaces that have sockets, each in a folder \
      of its own; `--root DIR --netns all` lists them, and `--netns NAME` one.
      """,
    ])

  private static let exitStatus = Topic(
    .exitStatus, "Exit status", "what a script can rely on",
    examples: [
      Example("-q --port 1234 >/dev/null || start-server", "start it unless the port is in use")
    ],
    terms: [
      Term("0", "At least one socket was shown, or the command did what it was asked to do."),
      Term(
        "1",
        "No socket matched; `watch` saw no event, or not what it waited for; or a command could not do what it was asked to do."
      ),
      Term("2", "What was typed is wrong. Nothing was printed on standard output."),
      Term("3", "The listing is incomplete, under `--strict` only."),
      Term("4", "The source could not be read, or the output could not be written."),
    ])

  private static let security = Topic(
    .security, "Security", "what may be seen, and what is done with it",
    examples: [
      Example("--port 1234", "works for every user; owners of one's own sockets"),
      Example("-tulpn --strict", "fails when an owner could not be seen"),
    ],
    paragraphs: [
      """
      Root is never needed. Every user sees all sockets; whose they are is seen of one's own processes only, and of \
      all with root or the capabilities `CAP_SYS_PTRACE` and `CAP_DAC_READ_SEARCH`; the tracepoint of `watch` needs \
      root, or `CAP_PERFMON` too where tracefs is mounted. When a socket is shown without owner for that reason, one \
      line on standard error says so.
      """,
      """
      What a process can choose (its name, arguments, the path of a unix socket) is escaped before it is shown, so it \
      cannot move the cursor or imitate a row. Names of unix sockets in a table of /proc are checked against \
      sock_diag, when it is read and when it is captured; a name can pass for a row only in a table that was copied by \
      hand, in that of another network namespace (`--root /proc/PID`), and where sock_diag may not be asked. In CSV, \
      text that a spreadsheet would take for a formula has its first character escaped; numbers and identifiers are \
      not quoted, so have a spreadsheet import columns as text where that matters. Captured trees are read as hostile \
      input. But do not make the program set-user-id, and give file capabilities only to a copy that a trusted group \
      alone may run: `--root` shows lines of any file that it may read, and `capture` writes wherever it may. Sockets \
      inherited from the process that started the program are closed at its start.
      """,
      """
      But for the demos nothing is sent anywhere except to the kernel, unless `--resolve`, or `netstat` or `lsof` \
      without `-n`, asks the system's resolver. The fully static program asks it, and directories of users, through \
      the machine's `getent`. Files are written by `capture` and `link` only, in the folder that they were given, by \
      the demos' `--unix`, and by the live view's `w` at the path that is typed there. The live view's `K` sends a \
      signal to a process or closes a connection in the kernel (SOCK_DESTROY), both after a question.
      """,
    ])

  private static let habits = Topic(
    .habits, "Coming from netstat, lsof or ss", "the same questions in old and new words",
    examples: [
      Example("--port 1234", "lsof -i :1234; netstat -anp | grep"),
      Example("-tulpn", "netstat -tulpn; ss -tulpn"),
      Example("-tanp", "netstat -tanp; ss -tanp"),
      Example("--pid 4112", "lsof -i -a -p 4112"),
      Example("--process 'nginx*'", "lsof -i -a -c nginx"),
      Example("'state time-wait sport = :80'", "ss state time-wait sport = :80"),
      Example("-s", "ss -s"),
    ],
    paragraphs: [
      """
      The letters mean what they mean in `ss`; those that ask for what is the default, such as `-n` and `-p`, are \
      accepted, and one that is not there is answered with what serves. Unlike in `ss`, all states are listed without \
      `-a`.
      """,
      """
      In a query `and` binds stronger than `or`, as the manual of `ss` says; `ss` itself reads from left to right. A \
      socket without a peer has no remote port and no remote address here, where `ss` takes them for 0: `dport < :100` \
      and `dst 0.0.0.0/0` leave servers out.
      """,
      """
      Where a script wants the very bytes that it is used to, `sockinspect netstat` and `sockinspect lsof` print them \
      (`help netstat`), also when they are called by those names (`help link`).
      """,
    ])

  private static let completions = Topic(
    .completions, "Shell completions", "for bash, zsh and fish",
    examples: [
      Example("completions bash >> ~/.bash_completion", "bash"),
      Example("completions zsh > ~/.zfunc/_sockinspect", "zsh, with ~/.zfunc in fpath"),
      Example("completions fish > ~/.config/fish/completions/sockinspect.fish", "fish"),
    ])

  private static let general = Topic(
    .general, "General", "help, version, environment",
    examples: [Example("help query", "how to write a query"), Example("help options", "every option in one list")],
    terms: [
      Term("SOCKINSPECT_ROOT", "What `--root` is when it is not given."),
      Term(
        "SOCKINSPECT_CONFIG", "The file with settings of the live view of `watch`; none when empty (`help watch`)."),
      Term("NO_COLOR", "No colour unless `--color always`, when set to anything but nothing."),
      Term("TERM", "`dumb` stands for a terminal without colour."),
      Term("LC_ALL, LC_CTYPE, LANG", "Where the locale is not UTF-8, only ASCII is written."),
      Term("PAGER", "What `lesson` is shown with on a terminal; a shell runs it."),
      Term(
        "LC_ALL, LC_MESSAGES, LANG",
        "The language of `doctor`, `explain`, `lesson` and the demos when `--lang` is not given."),
    ])
}
