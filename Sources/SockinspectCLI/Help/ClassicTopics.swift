extension Topic {
  static let lsof = Topic(
    .lsof, "lsof", "what lsof would print of sockets, byte for byte",
    examples: [
      Example("lsof -i -n", "all Internet sockets with their processes"),
      Example("lsof -i :1234", "who uses port 1234, at either end"),
      Example("lsof -iTCP -sTCP:LISTEN -n -P", "what serves TCP"),
      Example("lsof -t -i :1234", "only the ids of the processes"),
      Example("lsof -U -a -c dbus", "unix sockets of one program"),
      Example("lsof -i -a -u root -r 5", "those of root's processes, every 5 seconds"),
    ],
    paragraphs: [
      """
      Prints what `lsof` 4.95 prints of sockets: the same bytes, in the same order, with the same exit status, in a fraction of the time. A link named \
      `lsof` to this program behaves so without the word in front. Sockets that no process has open, such as those in TIME_WAIT, are never \
      listed; `sockinspect` without `lsof` lists them.
      """,
      """
      Files other than sockets are the work of the original. Without `-i` or `-U` nothing is listed and the exit status is 1, as it is for options that \
      are about files: `+d`, `+D`, `-N`, `-E`, `-K`, `+L` with a number, names. Where `-p`, `-c`, `-u`, `-g` or `-d` stand beside `-i` or `-U` without `-a`, the \
      original lists every file of those processes; here it is every socket, and a note on standard error says so. Sockets that the kernel has in \
      none of its tables, which the original lists then as "sock", are not among them.
      """,
      """
      The exit status is 1 when anything that was asked for was not found, be it one process or port of several, and for a command line that is wrong; \
      otherwise 0. `-V` tells what was not found.
      """,
      """
      It differs from the original where that is wrong: names of processes with unequal parentheses are shown and do not hide the process; a user \
      that was asked for and has no process counts as not found; warnings about file systems are not given.
      """,
    ])
}
