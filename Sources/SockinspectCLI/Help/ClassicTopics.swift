extension Topic {
  static let netstat = Topic(
    .netstat, "netstat", "what netstat would print, byte for byte",
    examples: [
      Example("netstat -an | grep 1234", "the lesson's command"),
      Example("netstat -tulpn", "what this machine serves"),
      Example("netstat -anp", "every socket with its process"),
      Example("netstat -s", "the kernel's counters"),
    ],
    paragraphs: [
      """
      The command line, the output, the notes and the exit status are those of netstat (net-tools 2.10), for whoever has it in the fingers or in \
      scripts. Without `-a` and `-l` servers are left out. Letters can be clustered and long names shortened. It ends with 3 when the \
      command line is wrong, with 1 when the kernel lacks what was named, and otherwise with 0, also when nothing is shown.
      """,
      """
      It reads the tables of /proc/net, so bound sockets that do nothing else are not shown, nor more than one process a socket: \
      `sockinspect` by itself shows them. What is not about sockets is refused with the command that shows it: `-r` is `ip route`, `-i` is \
      `ip -s link`, `-g` is `ip maddress`, `-M` is `conntrack -L`.
      """,
    ])

  static let link = Topic(
    .link, "Called by name", "links by which it acts as netstat and lsof",
    examples: [
      Example("link /usr/local/bin", "netstat and lsof are this program now"),
      Example("link ~/bin", "for one user, with ~/bin in PATH"),
    ],
    paragraphs: [
      """
      Called by the name `netstat` or `lsof`, through a link or a copy, this program acts as they do. `link DIR` makes both links in a folder \
      that there is. A file that is there already is never replaced: the other link is made all the same, and the exit status is 1. The \
      option `--root` and the variable `SOCKINSPECT_ROOT` work there too.
      """
    ])
}
