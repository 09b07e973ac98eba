import Options

extension Topic {
  package static let netstat = Topic(
    .netstat, "netstat", "what netstat would print, byte for byte",
    examples: [
      Example("netstat -an | grep 1234", "the lesson's command"),
      Example("netstat -tulpn", "what this machine serves"),
      Example("netstat -anp", "every socket with its process"),
      Example("netstat -s", "the kernel's counters"),
    ],
    paragraphs: [
      """
      The command line, the output, the notes and the exit status are those of netstat (net-tools 2.10), for those who \
      have it in their fingers or scripts. Without `-a` and `-l` servers are left out. Letters can be clustered and \
      long names shortened. It ends with 3 when the command line is wrong, with 1 when the kernel lacks what was \
      named, and otherwise with 0, also when nothing is shown.
      """,
      """
      It reads the tables of /proc/net, so bound sockets that do nothing else are not shown, nor more than one process \
      a socket: `sockinspect` by itself shows them. What a terminal would obey or cannot show of a unix path is a dot, \
      as is what is not printable ASCII in the name of a program: netstat 2.10 prints both as they are. What is not \
      about sockets is refused with the command that shows it: `-r` is `ip route`, `-i` is `ip -s link`, `-g` is `ip \
      maddress`, `-M` is `conntrack -L`.
      """,
    ])

  package static let link = Topic(
    .link, "Called by name", "links by which it acts as netstat and lsof",
    examples: [
      Example("link /usr/local/bin", "netstat and lsof are this program now"),
      Example("link ~/bin", "for one user, with ~/bin in PATH"),
    ],
    paragraphs: [
      """
      Called by the name `netstat` or `lsof`, through a link or a copy, this program acts as they do. `link DIR` makes \
      both links in a folder that there is. A file that is there already is never replaced: the other link is made all \
      the same, and the exit status is 1. The option `--root` and the variable `SOCKINSPECT_ROOT` work there too.
      """
    ])

  package static let lsof = Topic(
    .lsof, "lsof", "what lsof would print of sockets, byte for byte",
    examples: [
      Example("lsof -i -n", "all Internet sockets with their processes"),
      Example("lsof -i :1234", "who uses port 1234, at either end"),
      Example("lsof -iTCP -sTCP:LISTEN -n -P", "what serves TCP"),
      Example("lsof -t -i :1234", "only the ids of the processes"),
      Example("lsof -U -a -c dbus", "unix sockets of one program"),
      Example("lsof -t --root ./web1 /run/docker.sock", "who has a unix socket open, on a captured machine"),
      Example("lsof -i -a -u root -r 5", "those of root's processes, every 5 seconds"),
    ],
    paragraphs: [
      """
      Prints what `lsof` 4.95 prints of sockets: the same bytes, in the same order, with the same exit status, in a \
      fraction of the time. A link named `lsof` to this program behaves so without the word in front. Sockets that no \
      process has open, such as those in TIME_WAIT, are never listed; `sockinspect` without `lsof` lists them.
      """,
      """
      Files other than sockets are the work of the original. Without `-i` or `-U` nothing is listed and the exit \
      status is 1, as it is for options that are about files: `+d`, `+D`, `-N`, `+L` with a number, and \
      names of files that are no sockets; the same line for the original is printed when there is one in PATH. The \
      path of a unix socket lists who has it open, when it is written as the socket was bound. Where `-p`, `-c`, `-u`, \
      `-g`, `-d` or `-K` stand beside `-i` or `-U` without `-a`, the original lists every file of those processes or \
      threads; here it is every socket, and a note on standard error says so. Sockets that the kernel has in none of its tables, which \
      the original lists then as "sock", are not among them.
      """,
      """
      The exit status is 1 when anything that was asked for was not found, even if only one process or port of \
      several, and for a command line that is wrong; otherwise 0. `-V` lists what was not found.
      """,
      """
      It differs from the original where that is wrong: names of processes with unequal parentheses are shown and do \
      not hide the process; a user that was asked for and has no process counts as not found; a process whose main \
      thread has ended is listed; warnings about file systems are not given, and `+M` names no registered programs, \
      which a line says where there is a portmapper.
      """,
    ])
}
