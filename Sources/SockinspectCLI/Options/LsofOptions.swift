/// The options of `sockinspect lsof`. They are letters, and some have another meaning behind `+`.
///
/// Help, manual and completions are made from this table; the command line is read by lsof's own rules, see ``LsofReader``.
enum LsofOptions {
  static let table = OptionTable(.lsof, selecting + showing + repeating + others)

  private static func option(
    _ spelling: String, value: OptionValue? = nil, _ summary: String, examples: [Example] = [],
    _ documentation: String
  ) -> Option {
    Option(
      spelling: spelling, value: value, topic: .lsof, summary, examples: examples, documentation)
  }

  private static let selecting: [Option] = [
    option(
      "-i", value: OptionValue("[ADDRESS]", .text),
      "Internet sockets: all, or [46][PROTO][@HOST][:PORTS]",
      examples: [
        Example("lsof -i :1234", "who uses port 1234, at either end"),
        Example("lsof -i4tcp@127.0.0.1:80,8000-8100 -n", "TCP over IPv4 at one address and some ports"),
      ],
      """
      Lists the sockets of TCP, UDP and UDP-Lite: all of them, or those with an end that is `[46][PROTOCOL][@HOST][:PORTS]`. HOST is a name, \
      an IPv4 address or an IPv6 address between brackets; PORTS is a list of numbers, ranges and services. It may stand more than once.
      """),
    option(
      "-U", "unix sockets", examples: [Example("lsof -U -a -c dbus", "unix sockets of one program")],
      "Lists unix sockets, with the address that the kernel's table has of them as DEVICE."),
    option(
      "-p", value: OptionValue("PIDS", .processIDs), "of these processes; ^ leaves out",
      "Selects by process id: a list with commas, in which `^` before an id leaves that process out."),
    option(
      "-c", value: OptionValue("NAME", .processNames), "of processes named like this; ^ leaves out",
      examples: [Example("lsof -i -a -c /^ngi/", "Internet sockets of programs that match an expression")],
      """
      Selects by the beginning of the process's name; `^` before it leaves those processes out. Between slashes it is a regular expression, \
      behind which `b` makes it a basic one and `i` ignores case.
      """),
    option(
      "-u", value: OptionValue("USERS", .users), "of processes of these users; ^ leaves out",
      "Selects by user: a list of login names and user ids, in which `^` leaves out."),
    option(
      "-g", value: OptionValue("[PGIDS]", .number), "of these process groups, which get a column",
      "Shows the process group id of each process, and selects by it when a list stands behind; `^` leaves out."),
    option(
      "-d", value: OptionValue("FDS", .number), "with these descriptors; ^ leaves out",
      "Selects by descriptor: a list of numbers and ranges, either of those to list or, each with `^`, of those to leave out."
    ),
    option(
      "-a", "all kinds of options must hold",
      examples: [Example("lsof -i -a -p $$", "Internet sockets of one process")],
      """
      Lists what options of every kind select. Without it one is enough: `-i -p 1` lists all Internet sockets, and those of every kind that \
      process 1 has; the original lists its other files too, which a note says.
      """),
    option(
      "-s", value: OptionValue("[TCP:STATES]", .text), "in these states; ^ leaves out",
      examples: [Example("lsof -iTCP -sTCP:LISTEN -n -P", "what serves TCP")],
      """
      Lists sockets in some states of TCP only, named as in the output; `^` leaves out. UDP counts as `CLOSE`, or `ESTABLISHED` with a peer. Without a \
      value the column of sizes is SIZE, which sockets do not have.
      """),
  ]

  private static let showing: [Option] = [
    option(
      "-n", "addresses, not names of hosts", "Shows addresses as numbers, which asks no name server."
    ),
    option("-P", "numbers, not names of ports", "Shows ports as numbers."),
    option("-l", "numbers, not names of users", "Shows user ids instead of login names."),
    option(
      "-t", "process ids only", examples: [Example("lsof -t -i :1234", "the ids to give to kill")],
      "Prints the id of each process once, and no warnings."),
    option(
      "-T", value: OptionValue("[fqs]", .text), "behind the name: q queues, s state",
      "Shows queues (`q`) and state (`s`) behind the name. Without letters neither, not even the state that is shown otherwise."
    ),
    option(
      "-F", value: OptionValue("[FIELDS]", .text), "fields for other programs, one a line",
      examples: [Example("lsof -i -n -P -F pcn", "process id, name and ends")],
      """
      Prints each field on a line of its own behind a letter, those named or all: `-F?` lists the letters. `0` among them ends fields \
      with NUL and sets of fields with a newline.
      """),
    option(
      "+c", value: OptionValue("WIDTH", .number), "as much of process names; 0 for all",
      "Shows up to WIDTH characters of process names, 9 by default, all with 0."),
    option(
      "+f", value: OptionValue("g|G", .text), "flags of descriptors: g names, G hexadecimal",
      "Shows the flags of each descriptor, such as `ND` for one that does not block and `CX` for one that `exec` closes."
    ),
    option("-R", "the parent's process id", "Shows the process id of the parent."),
    option(
      "-o", value: OptionValue("[DIGITS]", .number), "a column of offsets instead of sizes",
      "Titles the column OFFSET. The offset of a socket is `0t0`."),
    option("+L", "a column of link counts, empty for sockets", "Adds the column NLINK, which is empty."),
  ]

  private static let repeating: [Option] = [
    option(
      "-r", value: OptionValue("[SECONDS[mFORMAT]]", .text), "again and again, every 15 seconds",
      examples: [Example("lsof -i :1234 -r 1m%T", "every second, with the time between")],
      "Lists again and again, with `=======` between or the time as FORMAT, which strftime(3) writes."),
    option(
      "+r", value: OptionValue("[SECONDS[mFORMAT]]", .text), "the same until nothing is listed",
      "Does the same and ends when nothing is listed; the exit status is then 0 if anything ever was."),
  ]

  private static let others: [Option] = [
    option(
      "-V", "list what was not found",
      "Prints a line for each thing that was asked for and not found. Without it only the exit status shows it."),
    option(
      "-Q", "what was not found is no failure",
      "Ends with status 0 though something that was asked for was not found."),
    option(
      "-w", "no warnings",
      "Gives no warnings about users without a name, nor the note about other files."),
    option(
      "--root", value: OptionValue("PATH", .path), "read a captured /proc instead of the live one",
      examples: [Example("lsof --root ./web1 -i -n -P", "the sockets of a captured machine")],
      "Reads a folder shaped like /proc, as everywhere in this program. The variable `SOCKINSPECT_ROOT` does the same."),
    option("-h", "help", "Prints the options on standard error, then ends."),
    option("-v", "version", "Prints the version on standard error, then ends."),
  ]
}
