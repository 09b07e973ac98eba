import Options

extension Topic {
  /// The chapter of `doctor`.
  package static let doctor = Topic(
    .doctor, "doctor", "what is wrong with the sockets of the machine",
    examples: [
      Example("doctor", "one look at everything"),
      Example("doctor --for 10s", "two scans: counters become rates"),
      Example("doctor --only close-wait --threshold close-wait-age=10s", "a step of CI that fails on a leak"),
      Example("doctor --root ./web1", "a captured machine"),
      Example("doctor --json --strict", "for a timer that logs it"),
    ],
    paragraphs: [
      """
      Makes 24 checks of the TCP and UDP sockets, of the kernel's counters and limits, and of the descriptors of all \
      processes, and prints what it finds: how bad it is, what it is about and who has it, the numbers that show it \
      with their ages and limits, what it means, the command that shows the rows, and what to do. It prints nothing \
      else but one line that says how many checks were made, and which were not and why: never that all is well. \
      `doctor --list` names the checks.
      """,
      """
      What it looks at are ages rather than counts: a connection in CLOSE_WAIT for an hour is a leak, a thousand of them \
      for a tenth of a second are load. Ages come from sock_diag; a copy of /proc without its answers has none, and the \
      checks that need them are skipped. Counters of the kernel are since boot, or between the scans of `--for`.
      """,
      """
      An `error` loses connections or data now, a `warning` costs something or soon will, a `note` may be meant so or \
      lie in the past. Without root most is seen: the owners of other users' sockets, sockets that were reset, inherited \
      listeners and sockets without an owner need it. With `--netns` another network namespace is examined; settings \
      and counters are those of one namespace, so that with `all` they are compared with the sockets of the own one only.
      """,
      """
      As the last step of CI `sockinspect doctor --only close-wait,reset-sockets --threshold close-wait-age=10s` fails \
      when what was tested left connections open. For a log, let a timer of systemd start a unit with \
      `ExecStart=/bin/sh -c 'sockinspect doctor --for 10s --json | logger -t sockets'`: a line for each finding.
      """,
      """
      Exit status 0 when nothing was found from the severity of `--fail-on` on, 1 when something was, 3 under `--strict` \
      when anything could not be read, 4 when there was nothing to read.
      """,
    ])
}
