import Options

extension Topic {
  package static let demo = Topic(
    .demo, "Demos", "a server, a client and their flow, to see sockets live",
    examples: [
      Example("flow-demo", "the whole lesson in one run"),
      Example("listen-demo", "the server: bind, listen, accept"),
      Example("--port 1234", "in another terminal: its socket"),
      Example("connect-demo", "the client: connect, send, close"),
      Example("--port 1234 --state time-wait", "what is left behind"),
      Example("listen-demo --step", "the server, one call at a time"),
      Example("listen-demo --hold close-wait", "a state to look at"),
      Example("explain time_wait", "what a state means"),
    ],
    paragraphs: [
      """
      A program talks over a network by calls: `socket()` makes a socket, `bind()` gives it an address and port, \
      `listen()` lets clients connect, `accept()` takes one, `connect()` goes to a server, `send()` and `recv()` carry \
      bytes, `close()` ends it. Each call changes the kernel's table of sockets, and the demos show both: the call as \
      it is made, and the socket's row before and after.
      """,
      """
      `listen-demo` and `connect-demo` are server and client for two terminals, `flow-demo` is both in one. What the \
      programs of the lesson print goes to standard output, the narration to standard error, in English or Spanish \
      (`--lang es`). All of it happens by default on this machine's loopback address, at port 1234.
      """,
      """
      The lesson, step by step: start `listen-demo` in one terminal and look at its socket, in LISTEN, with \
      `sockinspect --port 1234` in another. Run `connect-demo` there: the greeting is printed by the server, the \
      answer by the client. Look again: the end that closed first is in TIME_WAIT. With `--step` on either side there \
      is time to look after every call.
      """,
    ])

  package static let listenDemo = Topic(
    .listenDemo, "listen-demo", "a server to look at, call by call",
    examples: [
      Example("listen-demo", "the lesson's server"),
      Example("listen-demo --once --quiet", "one client, no narration"),
      Example("listen-demo --backlog 1 --never-accept", "a full accept queue"),
      Example("listen-demo --never-close", "leaves CLOSE_WAIT behind"),
      Example("listen-demo --udp --port 0", "datagrams, any free port"),
      Example("listen-demo --hold all --for 60", "eleven states, a minute"),
      Example("listen-demo --scene inherited", "a trouble to find"),
    ],
    paragraphs: [
      """
      Serves any number of clients at once until Ctrl-C, `--once`, `--max-clients` or `--for`, and ends with an \
      account. Standard output has a line when it listens, one for each client and one for each message, as Python \
      prints them; standard error has each call with its arguments and result, and the socket's row in the kernel's \
      table.
      """,
      """
      Exit status 1 when it cannot be done, such as when the port is taken; it then says who holds it.
      """,
    ])

  package static let connectDemo = Topic(
    .connectDemo, "connect-demo", "a client for it, call by call",
    examples: [
      Example("connect-demo", "the lesson's client"),
      Example("connect-demo --host web1 --port 80 --timeout 3", "any server will do"),
      Example("connect-demo --count 1000 --parallel 50 --quiet", "many clients"),
      Example("connect-demo --never-close", "a connection that stays"),
      Example("connect-demo --udp --no-guarantee", "what UDP does not promise"),
    ],
    paragraphs: [
      """
      Connects, sends a message, reads the answer and closes. The answer goes to standard output as Python prints it, \
      the narration to standard error. Exit status 1 when it cannot be done, such as when nobody listens.
      """
    ])

  package static let flowDemo = Topic(
    .flowDemo, "flow-demo", "server and client side by side, in one run",
    examples: [
      Example("flow-demo", "the flow of a TCP connection"),
      Example("flow-demo --udp", "the flow of datagrams"),
      Example("flow-demo --step", "one row at a time"),
    ],
    paragraphs: [
      """
      Runs a server and a client on the loopback address and prints two lanes: the calls of each, the segments between \
      them (SYN, SYN-ACK, ACK, data, FIN) and the state of both sockets after each call, as the kernel has it. TCP \
      ends in TIME_WAIT with the time that it has left.
      """
    ])

  package static let explain = Topic(
    .explain, "explain", "what a state, a call, an error, a term, a column or a port means",
    examples: [
      Example("explain time_wait", "what it is, what to check"),
      Example("explain listen accept", "several in one go"),
      Example("explain EADDRINUSE", "an error: its cause, what to do"),
      Example("explain RECV-Q backlog", "a column, a term"),
      Example("explain :8080", "what runs at a port, and what that means"),
      Example("explain states", "the diagram of TCP's states"),
      Example("explain calls --lang es", "the calls of a socket, in Spanish"),
    ],
    paragraphs: [
      """
      A WORD is a state in any spelling (`TIME_WAIT`, `time-wait`), a call such as `accept`, an error by its name or \
      the message that programs print (`'connection refused'`), a term such as `backlog` or `accept-queue`, a column \
      by its name or title (`recv_queue`, `RECV-Q`), or `states` and `calls` for the overviews. Without any it says \
      what can be asked.
      """,
      """
      `:PORT`, a number or the name of a service, looks at the running kernel: which sockets have the port at either \
      end, of which processes, who can reach them, what their states mean, and what stands out, such as a full accept \
      queue. The exit status is 1 when nothing uses the port, and 4 when that cannot be known.
      """,
      """
      `close` and `listen` name a state and a call, and both are explained; in capital letters the word is the state \
      alone, with parentheses (`'close()'`) the call alone. A title in capital letters is the column alone.
      """,
    ])

  package static let lesson = Topic(
    .lesson, "lesson", "what the socket calls do, step by step",
    examples: [
      Example("lesson", "read it, with a terminal beside it"),
      Example("lesson --lang es", "in Spanish"),
      Example("lesson > lesson.txt", "as plain text"),
    ],
    paragraphs: [
      """
      Prints the lesson: sockets, a server and a client, what each call changes in the kernel's table, what closing \
      leaves behind, datagrams, every state of TCP, and troubles with what finds them, each with the commands to \
      type and what they print. It is also the manual page sockinspect-lesson(7), in English and in Spanish.
      """,
      """
      On a terminal it is shown by the pager that `PAGER` names, else by `less -R` or `more` where they are; with \
      `PAGER=cat`, or on a pipe, it is printed.
      """,
    ])
}
