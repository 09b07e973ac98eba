package import Options
import Query
import Rendering

/// A letter of `sockinspect lsof` and its effect. The command line is read by lsof's own rules, see
/// ``LsofScanner``, which looks up here which letters exist and which of them may have a value;
/// help and manual look up what to explain.
struct LsofOption: Sendable {
  typealias Effect = @Sendable (inout LsofReader) -> Void

  /// The signs before the letter with which it has this effect. Most letters mean the same after
  /// both.
  enum Signs: Sendable { case minus, plus, both }

  /// Whether help and manual explain it.
  enum Standing: Sendable {
    case explained(Option)
    /// It is accepted but changes nothing in a listing of sockets, for a reason.
    case ineffective(String)
    /// It is refused, for a reason.
    case refused(String)
    /// It is another letter for an explained one.
    case alias(of: String)
  }

  let letter: UInt8
  let signs: Signs
  /// Whether a value may follow it.
  let mayHaveValue: Bool
  let standing: Standing
  let effect: Effect

  init(
    _ letter: Unicode.Scalar, behind signs: Signs = .both, mayHaveValue: Bool = false, _ standing: Standing,
    _ effect: @escaping Effect
  ) {
    self.letter = UInt8(ascii: letter)
    self.signs = signs
    self.mayHaveValue = mayHaveValue
    self.standing = standing
    self.effect = effect
  }

  /// The option to explain; `nil` for a letter that help and manual leave out.
  var option: Option? { if case .explained(let option) = standing { option } else { nil } }

  /// Whether this declares a letter after a sign.
  func isMeant(by letter: UInt8, behind sign: UInt8) -> Bool {
    guard letter == self.letter else { return false }
    return switch signs {
    case .minus: sign == UInt8(ascii: "-")
    case .plus: sign == UInt8(ascii: "+")
    case .both: true
    }
  }
}

extension Option {
  /// Declares the effect of a letter of lsof. It may have a value when one is explained.
  fileprivate func effect(
    behind signs: LsofOption.Signs = .both, mayHaveValue: Bool = false, _ effect: @escaping LsofOption.Effect
  ) -> LsofOption {
    LsofOption(
      spelling?.unicodeScalars.last ?? "?", behind: signs, mayHaveValue: mayHaveValue || value != nil, .explained(self),
      effect)
  }
}

/// The options of `sockinspect lsof`. They are letters, and some have another meaning after `+`.
package enum LsofOptions {
  /// Every letter that is accepted.
  static let all: [LsofOption] = selecting + showing + repeating + messages + ends + unexplained

  /// The options in help, manual and completions.
  package static let explained: [Option] =
    (selecting + showing + repeating + messages).compactMap(\.option) + [root, netns] + ends.compactMap(\.option)

  /// Whether a letter may have a value; `nil` when there is no such letter.
  static func mayHaveValue(_ letter: UInt8) -> Bool? {
    let options = all.filter { $0.letter == letter }
    return options.isEmpty ? nil : options.contains(where: \.mayHaveValue)
  }

  /// The declaration of a letter after a sign.
  static func option(_ letter: UInt8, behind sign: UInt8) -> LsofOption? {
    all.first { $0.isMeant(by: letter, behind: sign) }
  }

  private static let selecting: [LsofOption] = [
    Option(
      spelling: "-i", value: OptionValue("[ADDRESS]", .text), topic: .lsof,
      "Internet sockets: all, or [46][PROTO][@HOST][:PORTS]",
      examples: [
        Example("lsof -i :1234", "who uses port 1234, at either end"),
        Example("lsof -i4tcp@127.0.0.1:80,8000-8100 -n", "TCP over IPv4 at one address and some ports"),
      ],
      """
      Lists the sockets of TCP, UDP and UDP-Lite: all of them, or those with an end that is \
      `[46][PROTOCOL][@HOST][:PORTS]`. HOST is a name, an IPv4 address or an IPv6 address between brackets; PORTS is a \
      list of numbers, ranges and services. It may stand more than once.
      """
    )
    .effect { $0.readInternet() },
    Option(
      spelling: "-U", topic: .lsof, "unix sockets",
      examples: [Example("lsof -U -a -c dbus", "unix sockets of one program")],
      "Lists unix sockets, with the address that the kernel's table has of them as DEVICE."
    )
    .effect { $0.plan.criteria.unix = true },
    Option(
      spelling: "-p", value: OptionValue("PIDS", .processIDs), topic: .lsof, "of these processes; ^ leaves out",
      "Selects by process id: a list with commas, in which `^` before an id leaves that process out."
    )
    .effect { $0.readProcesses() },
    Option(
      spelling: "-c", value: OptionValue("NAME", .processNames), topic: .lsof,
      "of processes named like this; ^ leaves out",
      examples: [Example("lsof -i -a -c /^ngi/", "Internet sockets of programs that match an expression")],
      """
      Selects by the beginning of the process's name; `^` before it leaves those processes out. Between slashes it is \
      a regular expression, behind which `b` makes it a basic one and `i` ignores case.
      """
    )
    .effect(behind: .minus) { $0.readCommand() },
    Option(
      spelling: "-u", value: OptionValue("USERS", .users), topic: .lsof, "of processes of these users; ^ leaves out",
      "Selects by user: a list of login names and user ids, in which `^` leaves out."
    )
    .effect { $0.readUsers() },
    Option(
      spelling: "-g", value: OptionValue("[PGIDS]", .number), topic: .lsof,
      "of these process groups, which get a column",
      "Shows the process group id of each process, and selects by it when a list stands behind; `^` leaves out."
    )
    .effect { $0.readGroups() },
    Option(
      spelling: "-K", value: OptionValue("[i]", .text), topic: .lsof, "threads too, each with its descriptors",
      examples: [Example("lsof -a -K -i -nP -p $$", "the Internet sockets of a process, for each of its threads")],
      """
      Lists the threads of processes besides, each with all of its sockets, in columns TID and TASKCMD; most have those \
      of the process. With `-a` only processes with threads are listed. `i` behind it takes it back.
      """
    )
    .effect { $0.readTasks() },
    Option(
      spelling: "-d", value: OptionValue("FDS", .number), topic: .lsof, "with these descriptors; ^ leaves out",
      "Selects by descriptor: a list of numbers and ranges, either of those to list or, each with `^`, of those to leave out."
    )
    .effect(behind: .minus) { $0.readDescriptors() },
    Option(
      spelling: "-a", topic: .lsof, "all kinds of options must hold",
      examples: [Example("lsof -i -a -p $$", "Internet sockets of one process")],
      """
      Lists what options of every kind select. Without it one is enough: `-i -p 1` lists all Internet sockets, and \
      those of every kind that process 1 has; the original lists its other files too, which a note says.
      """
    )
    .effect { $0.plan.criteria.isAnded = true },
    Option(
      spelling: "-s", value: OptionValue("[TCP:STATES]", .text), topic: .lsof, "in these states; ^ leaves out",
      examples: [Example("lsof -iTCP -sTCP:LISTEN -n -P", "what serves TCP")],
      """
      Lists sockets in some states of TCP only, named as in the output; `^` leaves out. UDP counts as `CLOSE`, or \
      `ESTABLISHED` with a peer. Without a value the column of sizes is SIZE, which sockets do not have.
      """
    )
    .effect { $0.readStates() },
  ]

  private static let showing: [LsofOption] = [
    Option(
      spelling: "-n", topic: .lsof, "addresses, not names of hosts",
      "Shows addresses as numbers, which asks no name server."
    )
    .effect { $0.plan.hostNames = $0.isPlus },
    Option(spelling: "-P", topic: .lsof, "numbers, not names of ports", "Shows ports as numbers.")
      .effect { $0.plan.portNames = $0.isPlus },
    Option(spelling: "-l", topic: .lsof, "numbers, not names of users", "Shows user ids instead of login names.")
      .effect { $0.plan.view.userNames = false },
    Option(
      spelling: "-t", topic: .lsof, "process ids only",
      examples: [Example("lsof -t -i :1234", "the ids to give to kill")],
      "Prints the id of each process once, and no warnings."
    )
    .effect {
      $0.plan.isTerse = true
      $0.plan.warns = false
    },
    Option(
      spelling: "-T", value: OptionValue("[fqs]", .text), topic: .lsof, "behind the name: q queues, s state",
      "Shows queues (`q`) and state (`s`) behind the name. Without letters neither, not even the state that is shown otherwise."
    )
    .effect { $0.readInformation() },
    Option(
      spelling: "-F", value: OptionValue("[FIELDS]", .text), topic: .lsof, "fields for other programs, one a line",
      examples: [Example("lsof -i -n -P -F pcn", "process id, name and ends")],
      """
      Prints each field on a line of its own behind a letter, those named or all: `-F?` lists the letters. `0` among \
      them ends fields with NUL and sets of fields with a newline.
      """
    )
    .effect { $0.readFields() },
    Option(
      spelling: "+c", value: OptionValue("WIDTH", .number), topic: .lsof, "as much of process names; 0 for all",
      "Shows up to WIDTH characters of process names, 9 by default, all with 0."
    )
    .effect(behind: .plus) { $0.readCommandWidth() },
    Option(
      spelling: "+f", value: OptionValue("g|G", .text), topic: .lsof, "flags of descriptors: g names, G hexadecimal",
      "Shows the flags of each descriptor, such as `ND` for one that does not block and `CX` for one that `exec` closes."
    )
    .effect { $0.readFlags() },
    Option(spelling: "-R", topic: .lsof, "the parent's process id", "Shows the process id of the parent.")
      .effect { $0.plan.view.parents = true },
    Option(
      spelling: "-o", value: OptionValue("[DIGITS]", .number), topic: .lsof, "a column of offsets instead of sizes",
      "Titles the column OFFSET. The offset of a socket is `0t0`."
    )
    .effect { $0.readOffset() },
    Option(
      spelling: "-E", topic: .lsof, "who has the other end of a socket on this machine",
      examples: [Example("lsof -E -U -a -c dbus", "unix sockets with the processes at the other ends")],
      """
      Shows behind the name who has the other end: `PID,COMMAND,FDu` for each descriptor, and the inode of a unix \
      socket. A listener of unix sockets shows the first client that waits. As in the original, Internet sockets of \
      different families are not joined, and no process is left out by `^`.
      """
    )
    .effect(behind: .minus) {
      $0.plan.endpoints = .named
      $0.plan.criteria.looksAtExcluded = true
    },
    Option(
      spelling: "+E", topic: .lsof, "the same, and the descriptors of the other ends",
      "Shows the same, and lists the descriptors of the other ends too."
    )
    .effect(behind: .plus) {
      $0.plan.endpoints = .listed
      $0.plan.criteria.looksAtExcluded = true
    },
    Option(
      spelling: "+L", topic: .lsof, "a column of link counts, empty for sockets",
      "Adds the column NLINK, which is empty."
    )
    .effect(mayHaveValue: true) { $0.readLinks() },
  ]

  private static let repeating: [LsofOption] = [
    Option(
      spelling: "-r", value: OptionValue("[SECONDS[mFORMAT]]", .text), topic: .lsof,
      "again and again, every 15 seconds",
      examples: [Example("lsof -i :1234 -r 1m%T", "every second, with the time between")],
      "Lists again and again, with `=======` between or the time as FORMAT, which strftime(3) writes."
    )
    .effect(behind: .minus) { $0.readRepetition() },
    Option(
      spelling: "+r", value: OptionValue("[SECONDS[mFORMAT]]", .text), topic: .lsof, "the same until nothing is listed",
      "Does the same and ends when nothing is listed; the exit status is then 0 if anything ever was."
    )
    .effect(behind: .plus) { $0.readRepetition() },
  ]

  private static let messages: [LsofOption] = [
    Option(
      spelling: "-V", topic: .lsof, "list what was not found",
      "Prints a line for each thing that was asked for and not found. Without it only the exit status shows it."
    )
    .effect { $0.plan.isVerbose = true },
    Option(
      spelling: "-Q", topic: .lsof, "what was not found is no failure",
      "Ends with status 0 though something that was asked for was not found."
    )
    .effect { $0.plan.allowsMissing = true },
    Option(
      spelling: "-w", topic: .lsof, "no warnings",
      "Gives no warnings about users without a name, nor the note about other files."
    )
    .effect {
      $0.plan.warns = $0.isPlus
      $0.plan.notesOtherFiles = $0.isPlus
    },
  ]

  /// `--root DIR` is this program's own and not a letter: ``LsofScanner`` takes it out of the line.
  private static let root =
    Option(
      spelling: "--root", value: OptionValue("PATH", .path), topic: .lsof,
      "read a captured /proc instead of the live one",
      examples: [Example("lsof --root ./web1 -i -n -P", "the sockets of a captured machine")],
      "Reads a folder shaped like /proc, as everywhere in this program. The variable `SOCKINSPECT_ROOT` does the same.")

  /// `--netns NAMESPACE` is this program's own too.
  private static let netns =
    Option(
      spelling: "--netns", value: OptionValue("NAMESPACE", .networkNamespace), topic: .lsof,
      "network namespace: all, a name, a pid",
      examples: [Example("lsof --netns all -i -n -P", "the internet sockets of all containers, as root")],
      "The network namespaces that are read, as with `--netns` of the listing.")

  private static let ends: [LsofOption] = [
    Option(spelling: "-h", topic: .lsof, "help", "Prints the options on standard error, then ends.")
      .effect { $0.wantsHelp = true },
    Option(spelling: "-v", topic: .lsof, "version", "Prints the version on standard error, then ends.")
      .effect { $0.wantsVersion = true },
  ]
  /// The letters that are not explained: aliases, letters without an effect on sockets, and letters
  /// for other files.
  private static let unexplained: [LsofOption] = [
    LsofOption("?", .alias(of: "-h")) { $0.wantsHelp = true },
    LsofOption("b", .ineffective("no call is made that could block on a file system")) { _ in },
    LsofOption("H", .ineffective("sockets have no sizes to write in larger units")) { _ in },
    LsofOption("O", .ineffective("no call is made in a child process")) { _ in },
    LsofOption("S", mayHaveValue: true, .ineffective("no stat(2) is made that could hang")) { $0.readTimeout() },
    LsofOption("e", mayHaveValue: true, .ineffective("no file system is looked at; a wrong path stays an error")) {
      $0.readExemptFileSystem()
    },
    LsofOption("M", .ineffective("programs of the portmapper are not named, which a line says")) {
      $0.plan.asksPortmapper = $0.isPlus
    },
    LsofOption("X", .ineffective("what it leaves out is listed for -i only, with which it is refused")) {
      $0.skipsInternet.toggle()
    },
    LsofOption("d", behind: .plus, mayHaveValue: true, .refused("files of a folder")) {
      $0.refuse("+d", LsofReader.otherFiles)
    },
    LsofOption("D", behind: .plus, mayHaveValue: true, .refused("files below a folder")) {
      $0.refuse("+D", LsofReader.otherFiles)
    },
    LsofOption("D", behind: .minus, mayHaveValue: true, .refused("a cache of devices, which Linux has no use for")) {
      $0.problems.append("-D is not supported")
    },
    LsofOption("m", behind: .plus, mayHaveValue: true, .refused("a supplement to the table of mounts")) {
      $0.refuse("+m", LsofReader.otherFiles)
    },
    LsofOption("m", behind: .minus, mayHaveValue: true, .refused("the kernel's memory, which Linux has no use for")) {
      $0.problems.append("-m is not supported")
    },
    LsofOption("N", .refused("files of NFS")) { $0.refuse("-N", LsofReader.otherFiles) },
    LsofOption("x", mayHaveValue: true, .refused("goes with +d or +D only")) { $0.readCrossing() },
    LsofOption("Z", mayHaveValue: true, .refused("contexts of SELinux")) {
      _ = $0.scanner.optionalValue()
      $0.problems.append("-Z needs SELinux")
    },
  ]
}
