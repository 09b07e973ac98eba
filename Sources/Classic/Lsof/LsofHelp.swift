import Options

/// What `sockinspect lsof` says about itself, on standard error as lsof does.
enum LsofHelp {
  /// Printed after the message about a wrong command line.
  static let usage = """
    usage: lsof [-abEhKlnOPQRtUvVX] [+c WIDTH] [-c NAME] [-d FDS] [+f g] [-F [FIELDS]] [-g [PGIDS]]
                [-i [ADDRESS]] [-o] [-p PIDS] [-r [SECONDS]] [-s [TCP:STATES]] [-T [fqs]] [-u USERS] [-w]
    -h shows more

    """

  /// For `-h`.
  static let text =
    usage.split(separator: "\n").dropLast().joined(separator: "\n") + "\n" + """
      sockets of processes, as lsof lists them; files are the work of the original lsof
        -i [46][PROTOCOL][@HOST][:PORTS]  Internet sockets           -U  unix sockets
        -p PIDS  -c NAME  -u USERS  -g PGIDS  -d FDS   by process, name (or /REGEX/), user, group, descriptor; ^ \
      excludes
        -a  all of them must hold, where otherwise one is enough
        -s TCP:STATES  states to list; ^ excludes       -T [fqs]  queues and state behind the name; none without letters
        -n -P -l  numbers for hosts, ports, users       +c N  N characters of a process's name, 0 for all
        -t  process ids only                            -F [FIELDS]  fields for programs; -F? lists them, 0 ends them \
      with NUL
        -K  threads too, each with its descriptors; -K i takes it back
        -R -g  parent and group                         +fg +fG  flags of the descriptor
        -r [N] +r [N]  repeat every N seconds; + until nothing is listed; Nc3 three times, NmFORMAT with a line of the \
      time
        -E +E  who has the other end of a socket; + its descriptors too
        -V  list what was not found                     -w  no warnings
        --root DIR  a captured /proc instead of the live one
        --netns NAMESPACE  all network namespaces, or one by its name or a process id
      sockinspect help lsof shows more

      """

  /// For `-F?`.
  static let fields = """
    lsof: fields of -F
      p  process id            g  process group         R  parent           c  name
      K  thread id             M  name of the thread
      u  user id               L  login name            f  descriptor       a  access
      l  lock                  t  type                  G  flags            d  device
      o  offset                i  inode                 P  protocol         n  name
      T  state and queues      m  marker of -r          0  NUL behind each field

    """

  /// For `-v`.
  static let version = """
    sockinspect \(ProgramVersion.text), as lsof 4.95.0 for sockets

    """
}
