import Inspection
import KernelFormats
import Options

/// The options for where sockets come from and how the program behaves.
enum GeneralOptions {
  static let all: [ListOption] = [
    Option(
      "source", value: OptionValue("SOURCE", .choice(["auto", "diag", "proc"])), topic: .sources,
      "ask the kernel by: auto, diag, proc",
      examples: [Example("--source proc --port 1234", "from the /proc tables only")],
      """
      Where sockets are read: `diag` asks the kernel's sock_diag, which reports most; `proc` reads the tables of \
      /proc/net; `auto`, the default, takes sock_diag where the kernel has it for a transport and /proc elsewhere.
      """
    )
    .inListing { (list, typed) throws(UsageError) in
      list.plan.source = InspectionRequest.Source(rawValue: try typed.choice()) ?? .auto
    },
    Option(
      "root", value: OptionValue("PATH", .path), topic: .sources, common: true,
      "read a captured /proc, one table file, or - (stdin)",
      examples: [
        Example("--root ./proc-of-web1 --port 443", "look at a capture of another machine"),
        Example("--root /proc/4321 -tl", "the network namespace of a process, such as a container's"),
        Example("--root web1.tar --netns all", "an archive that capture or tar made of such a folder"),
        Example("--root tcp.txt", "a copy of /proc/net/tcp"),
        Example("--root - < tcp.txt", "the same, from standard input"),
      ],
      """
      Reads a folder shaped like /proc instead of the live kernel: one made by `capture`, or any copy. `/proc/PID` is \
      the network namespace that a process is in. A tar archive of such a folder is read as it is, without being \
      unpacked; decompress one that is compressed first. Any other file is read as one table, recognised by its header line, as is a pipe; \
      `-` is a table or archive on standard input. Several tables may be joined, with other text between: each begins \
      with its header line. The variable `SOCKINSPECT_ROOT` does the same.
      """
    )
    .inListing { (list, typed) throws(UsageError) in list.plan.root = try typed.path() }
    .inCapture { $0.root = $1.value },
    Option(
      "netns", "N", value: OptionValue("NAMESPACE", .networkNamespace), topic: .sources,
      "network namespace: all, a name, a pid, here",
      examples: [
        Example("--netns all -tln", "every TCP server of the machine, containers included, as root"),
        Example("--netns 4321 -tan", "the namespace that a process is in"),
        Example("--netns blue --port 80", "a namespace that ip netns made"),
      ],
      """
      The network namespaces whose sockets are listed: `here`, the default; `all` that this user can find; or one: the \
      name of a file in `/run/netns`, another file, the id of a process in it, its number, or the name in the column \
      `netns`, such as a container's. Root asks the kernel in each namespace. Without root the tables of a process in \
      it are read, `/proc/PID/net`, which everyone may read; a namespace without a process needs root. It is found by \
      a file that it is mounted on or, in a listing, by a descriptor that refers to it; where only sockets keep it, \
      those are listed with `-a`, `--pid` and `--process`. The owners of all sockets are looked for at once. With \
      `all` the column `netns` is shown, and `watch` shows the name of another namespace behind an event.
      """
    )
    .inListing { (list, typed) throws(UsageError) in list.plan.namespaces = NamespaceSelection(typed.text) }
    .inCapture { $0.namespaces = NamespaceSelection($1.text) }
    .inWatch(),
    Option(
      "byte-order", value: OptionValue("ORDER", .choice(["little", "big"])), topic: .sources,
      "of --root: read addresses as little, big",
      examples: [Example("--root router-tcp.txt --byte-order big", "a table of a big-endian machine")],
      """
      The order of bytes of the machine that the tables of `--root` are of, which their addresses depend on. Captures \
      record it. For other copies it is inferred from addresses such as 127.0.0.1 and ::1 when this option is not \
      given; where they say nothing, that of this machine is assumed, and a note says so.
      """
    )
    .inListing { (list, typed) throws(UsageError) in list.plan.byteOrder = ByteOrder(rawValue: try typed.choice()) }
    .inCapture { (capture, typed) throws(UsageError) in capture.byteOrder = ByteOrder(rawValue: try typed.choice()) },
    Option(
      "strict", topic: .exitStatus, "exit status 3 when anything could not be seen",
      "Exit status 3 when the listing is incomplete: a row that does not parse, a process that may not be read, a missing table."
    )
    .inListing { $0.plan.strict = true }.inCapture { $0.strict = true },
    Option(
      "quiet", "q", topic: .exitStatus, "no notes on standard error",
      examples: [Example("-q --port 1234 > /dev/null", "only the exit status says whether it is in use")],
      "Says nothing on standard error but errors that end the program."
    )
    .inListing { $0.plan.quiet = true }.inCapture { $0.quiet = true }.inLink { $0.quiet = true },
    Option(
      "redact", topic: .capture, "replace addresses, names and arguments",
      examples: [Example("capture --redact ./for-the-ticket", "a capture that can be given away")],
      """
      Of `capture`: replaces addresses, paths, arguments and the names of processes, units, containers, pods and \
      interfaces by others, the same each time, so that the capture can be shared and still shows who talks with \
      whom. The kernel's pointers, the memory of processes and the time of the boot are left out, so it does not show \
      when a process started. Ports, inodes, process ids and the kernel's version stay.
      """
    )
    .ofCommandsOnly().inCapture { $0.redact = true },
    Option(
      "archive", topic: .capture, "write one file, a tar archive; - is stdout",
      examples: [
        Example("capture --archive web1.tar", "one file to send away"),
        Example("capture --archive - | ssh desk sockinspect --root -", "looked at elsewhere, nothing written here"),
      ],
      """
      Of `capture`: writes a tar archive instead of a folder; what is named is the file, which must not exist, or `-` \
      for standard output, unless that is a terminal. `--root FILE` reads it as it is, and so does any tar: unpacked \
      it is the folder that `capture` makes.
      """
    )
    .ofCommandsOnly().inCapture { $0.archive = true },
    Option(
      "every", value: OptionValue("SECONDS", .number), topic: .capture,
      "a capture each so often: 1, 0.5, 500ms",
      examples: [Example("capture --every 1s --for 60s ./minute", "a series of sixty captures")],
      """
      Of `capture`: a series of captures in folders `0001`, `0002` ... of DIR, one each SECONDS, until Ctrl-C or for \
      the time of `--for`. With `--redact` the same has the same substitute in all of them. `watch --root DIR` replays \
      them.
      """
    )
    .ofCommandsOnly().inCapture { (capture, typed) throws(UsageError) in
      capture.interval = try typed.duration(from: 10, to: 86_400_000)
    },
    Option(
      "for", value: OptionValue("SECONDS", .number), topic: .capture,
      "of a series: end by itself after so long",
      examples: [Example("capture --every 500ms --for 1m ./minute", "two a second, for a minute")],
      "Of `capture --every`: ends the series after so many seconds. Decimals and `ms`, `s`, `m`, `h` are allowed."
    )
    .ofCommandsOnly().inCapture { (capture, typed) throws(UsageError) in capture.lifetime = try typed.duration(from: 1)
    },
    Option(
      "help", "h", topic: .general, "this help; --help TOPIC or `help TOPIC` for more",
      examples: [Example("--help query", "how to write a query")],
      "Prints a short help, or that of a topic, then ends."
    )
    .inListing { _ in },
    Option("version", "V", topic: .general, "name and version", "Prints name and version, then ends.")
      .inListing { _ in },
  ]
}
