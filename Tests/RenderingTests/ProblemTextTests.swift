import SocketModel
import TestSupport
import Testing

@testable import Rendering
@testable import SocketModel

@Suite("Words of problems", .timeLimited)
struct ProblemTextTests {
  private static let denied = CallFailure(call: "openat", subject: "net/tcp", code: 13, reason: "Permission denied")
  private static let tcp = Problem.Subject.table(.tcp, path: "net/tcp")
  private static let dump = Problem.Subject.dump(.tcp, .ipv4)
  private static let manifest = Problem.Subject.manifest

  /// Checks a problem as one line: the line number as `:3`, the message, and the advice after a
  /// semicolon.
  private func check(_ subject: Problem.Subject, _ cause: Problem.Cause, _ remedy: Problem.Remedy?, _ line: String) {
    let text = ProblemText.warnings([Problem(subject: subject, cause: cause, remedy: remedy)])
    #expect(String(decoding: text, as: UTF8.self) == "sockinspect: warning: \(line)\n")
  }

  @Test(
    "A row or record that does not parse names its file, line and expectation",
    arguments: [
      (tcp, .malformed(.column("st", .state(upTo: 13)), line: 3), "net/tcp:3: expected a state from 01 to 0D as st"),
      (
        tcp, .malformed(.column("local address", .hexadecimalDigitsAndColon(8)), line: 3, evidence: [0x1B]),
        "net/tcp:3: expected 8 hexadecimal digits and a colon as local address: \"\\e\""
      ),
      (tcp, .malformed(.column("Eth", .numberOfBits(16))), "net/tcp: expected a number below 65536 as Eth"),
      (tcp, .malformed(.column("Inode", .numberOfBits(64))), "net/tcp: expected a number below 2^64 as Inode"),
      (tcp, .malformed(.longLine(limit: 1_048_576)), "net/tcp: expected a line of at most 1048576 bytes"),
      (tcp, .malformed(.noRow), "net/tcp: it is no row"),
      (
        tcp, .malformed(.otherHeading),
        "net/tcp: expected rows, found the heading of another table; what follows is left out"
      ),
      (tcp, .malformed(.further, count: 7), "net/tcp: 7 more rows do not parse (7 times)"),
      (manifest, .malformed(.further, count: 7), "manifest: 7 more lines do not parse (7 times)"),
      (manifest, .malformed(.noEntry, line: 2), "manifest:2: expected a line of the form key=value"),
      (
        manifest, .malformed(.entry(key: "clock_ticks", .number(1...1_000_000))),
        "manifest: expected a number from 1 to 1000000 as clock_ticks"
      ),
      (
        manifest, .malformed(.entry(key: "byte_order", .either("little", "big"))),
        "manifest: expected little or big as byte_order"
      ),
      (
        manifest, .malformed(.noSchema("sockinspect.capture/1")),
        "manifest: expected the line schema=sockinspect.capture/1; read as if it were there"
      ),
      (
        .series(path: "/tmp/s"), .malformed(.capturesOutOfOrder(before: "0002", after: "0003")),
        "/tmp/s: 0003 is older than 0002: the clock was set back, or folders were renamed"
      ),
      (.counters(.snmp), .malformed(.counterWithoutColon), "net/snmp: expected a colon behind a name"),
      (dump, .malformed(.undecodable("stat at offset 0: bad")), "sock_diag tcp ipv4: stat at offset 0: bad"),
      (
        .tracepoint, .malformed(.undecodable("perf record at offset 0: bad")),
        "the tracepoint: perf record at offset 0: bad; what it reported is counted as missed"
      ),
    ] as [(Problem.Subject, Problem.Cause, String)])
  func malformed(subject: Problem.Subject, cause: Problem.Cause, line: String) { check(subject, cause, nil, line) }

  @Test(
    "What ends too early, contradicts itself or changes meanwhile is said with its place",
    arguments: [
      (tcp, .truncated(.row(isShown: false), line: 9), "net/tcp:9: the table ends in the middle of a row"),
      (tcp, .truncated(.row(isShown: true)), "net/tcp: the table ends in the middle of a row, which is shown"),
      (tcp, .truncated(.limit(bytes: 4096)), "net/tcp: only the first 4096 bytes were read"),
      (tcp, .truncated(.noHeader), "net/tcp: it begins without its header: rows may be missing"),
      (tcp, .truncated(.empty), "net/tcp: it is empty, without even its header"),
      (.counters(.netstat), .truncated(.lastGroup), "net/netstat: the values of the last group are missing"),
      (.dump(.unix, .unix), .truncated(.answer), "sock_diag unix: an answer was longer than the receive buffer"),
      (tcp, .interrupted(scans: 5), "net/tcp: sockets came and went during each of 5 scans; some may be missing"),
      (
        dump, .interrupted(scans: 4),
        "sock_diag tcp ipv4: sockets came and went during each of 4 scans; some may be missing (4 times)"
      ),
      (
        tcp, .inconsistent(.sharedInodes, line: 3, count: 2),
        "net/tcp:3: the inode is that of a row with other ends: both are shown, and each with the owners of both (2 times)"
      ),
      (
        .table(.unix, path: "net/unix"), .inconsistent(.imitatedRows, count: 1),
        "net/unix: a line about a socket that sock_diag does not report was left out: a name may imitate a row"
      ),
    ] as [(Problem.Subject, Problem.Cause, String)])
  func cut(subject: Problem.Subject, cause: Problem.Cause, line: String) { check(subject, cause, nil, line) }

  @Test(
    "What is not there is said with where it was looked for",
    arguments: [
      (.transports([.udplite]), .transport(in: nil), "udplite: this kernel lists no udplite sockets"),
      (.transports([.mptcp]), .transport(in: .proc), "mptcp: this kernel lists no mptcp sockets in /proc"),
      (.transports([.icmp]), .transport(in: .sockDiag), "icmp: this kernel lists no icmp sockets in sock_diag"),
      (.transports([.udp]), .table(root: "/t", isNamed: true), "udp: /t has no table of udp sockets"),
      (.transports([.udp]), .table(root: "/t", isNamed: false), "udp: /t has no table of its sockets"),
      (.transports([.udp, .unix]), .table(root: "/t", isNamed: false), "udp, unix: /t has no table of their sockets"),
      (
        .transports([.tcp]), .tables(["net/tcp6"], root: "/t"),
        "net/tcp6: not in /t: nothing is known of the sockets in it"
      ),
      (
        .transports([.tcp, .udp]), .tables(["net/tcp6", "net/udp"], root: "/t"),
        "net/tcp6, net/udp: not in /t: nothing is known of the sockets in them"
      ),
      (tcp, .captured(name: "0002"), "net/tcp: 0002 lacks it, other captures have it"),
      (.counters(.snmp), .counters, "net/snmp: a single table has no counters"),
      (.counters(.sctp), .file(denied), "net/sctp/snmp: Permission denied"),
      (
        .descriptors, .processes(root: "-"),
        "the descriptors of processes: standard input has no processes, so owners are not known"
      ),
      (
        .descriptors, .descriptors(count: nil, of: 4, root: "/t"),
        "the descriptors of processes: /t does not have those of any process (PID/fd): owners are not known"
      ),
      (
        .descriptors, .descriptors(count: 3, of: 4, root: "/t"),
        "the descriptors of processes: /t does not have those of 3 of 4 processes (PID/fd): sockets may lack owners"
      ),
    ] as [(Problem.Subject, Problem.Absence, String)])
  func missing(subject: Problem.Subject, absence: Problem.Absence, line: String) {
    check(subject, .missing(absence), nil, line)
  }

  @Test(
    "What could not be read is said with the call and its reason",
    arguments: [
      (tcp, .call(denied), "net/tcp: Permission denied"),
      (
        tcp, .uncaptured(reason: "Input/output error", isPartial: false),
        "net/tcp: it was not captured: Input/output error"
      ),
      (
        tcp, .uncaptured(reason: "beyond 9 bytes", isPartial: true),
        "net/tcp: not all of it was captured: beyond 9 bytes"
      ),
      (
        dump, .dump(.notSupported(reason: "Invalid argument")),
        "sock_diag: tcp ipv4: not supported by this kernel (Invalid argument)"
      ),
      (dump, .dump(.failed(denied)), "sock_diag: tcp ipv4: openat net/tcp: Permission denied"),
      (dump, .dump(.foreignAnswers), "sock_diag: tcp ipv4: the answers belong to other requests"),
      (
        .sockDiag, .replaced(.cannotBeAsked(denied), of: .tcp, .ipv4, by: [.tcp, .udp]),
        "sock_diag: it cannot be asked (openat net/tcp: Permission denied); tcp, udp sockets are read from /proc, "
          + "which has no bound and idle ones, accept limits or tcp_info"
      ),
      (
        .sockDiag, .replaced(.failed(denied), of: .unix, .unix, by: [.unix]),
        "sock_diag: unix: openat net/tcp: Permission denied; unix sockets are read from /proc"
      ),
      (dump, .endedEarly(denied), "sock_diag tcp ipv4: the kernel ended the dump early: Permission denied"),
      (.marks, .capability("CAP_NET_ADMIN"), "marks: the kernel shows them only to holders of CAP_NET_ADMIN"),
      (
        .descriptors, .processList(denied),
        "the descriptors of processes: the list of processes: openat net/tcp: Permission denied"
      ),
      (
        .descriptors, .processes(count: 1, of: 2, denied),
        "the descriptors of processes: 1 of 2 could not be read (openat net/tcp: Permission denied): "
          + "sockets may lack owners"
      ),
      (
        .process(7, name: Array("nginx".utf8)), .ends(count: 52, denied),
        "nginx[7]: 52 sockets that no table lists are shown without ends (openat: Permission denied)"
      ),
      (
        .processes(count: 2), .ends(count: 1, denied),
        "2 processes: 1 socket that no table lists is shown without ends (openat: Permission denied)"
      ),
      (
        .series(path: "/tmp/s"), .noManifest(capture: "0002"),
        "/tmp/s: 0002 has no manifest that says when it was captured"
      ),
    ] as [(Problem.Subject, Problem.Obstacle, String)])
  func unreadable(subject: Problem.Subject, obstacle: Problem.Obstacle, line: String) {
    check(subject, .unreadable(obstacle), nil, line)
  }

  @Test(
    "Refusals, other namespaces and unknown fields are whole sentences",
    arguments: [
      (
        .descriptors, .forbidden(.processes(count: 3, of: 9, hidesOthers: false)),
        "the descriptors of 3 of 9 processes may not be read: sockets may lack owners"
      ),
      (
        .descriptors, .forbidden(.processes(count: 3, of: 9, hidesOthers: true)),
        "the descriptors of 3 of 9 processes may not be read: sockets may lack owners; "
          + "processes of other users are hidden besides (hidepid)"
      ),
      (
        .descriptors, .forbidden(.processes(count: 0, of: 9, hidesOthers: true)),
        "processes of other users are hidden (/proc is mounted with hidepid): sockets may lack owners"
      ),
      (
        .descriptors, .forbidden(.process(7)),
        "the descriptors of process 7 may not be read: sockets may lack owners"
      ),
      (.descriptors, .forbidden(.noProc), "there is no /proc here: the owners of sockets are not known"),
      (
        .descriptors, .forbidden(.nestedPIDNamespace),
        "processes outside of this pid namespace (container) are not visible: sockets may lack owners"
      ),
      (
        .namespaces(count: nil), .forbidden(.namespacesOutside),
        "processes outside of this pid namespace (container) are not visible: other network namespaces may not be listed"
      ),
      (
        .process(7, name: Array("nginx".utf8)), .otherNamespace(.process(others: 0, netns: 42)),
        "nginx[7] is in another network namespace (42), whose sockets are not listed"
      ),
      (
        .process(7, name: Array("nginx".utf8)), .otherNamespace(.process(others: 0, netns: nil)),
        "nginx[7] is in another network namespace, whose sockets are not listed"
      ),
      (
        .process(7, name: nil), .otherNamespace(.process(others: 1, netns: 42)),
        "[7] and 1 more process are in other network namespaces, whose sockets are not listed"
      ),
      (
        .fields(["cookie"]), .unknown(.whichMatch, root: nil),
        "cookie is not known from /proc: which sockets match is unknown"
      ),
      (
        .fields(["cookie", "rtt"]), .unknown(.order, root: "/t"),
        "cookie, rtt are not known from /t: the order says nothing"
      ),
    ] as [(Problem.Subject, Problem.Cause, String)])
  func sentences(subject: Problem.Subject, cause: Problem.Cause, line: String) {
    check(subject, cause, nil, line)
    #expect(ProblemText.sentence(of: Problem(subject: subject, cause: cause)) == line)
  }

  @Test(
    "Advice is an instruction with a command where there is one",
    arguments: [
      (.runAsRoot(.marks), "run it as root to see them: sudo sockinspect -t"),
      (.runAsRoot(.owners), "run it as root to see all owners: sudo sockinspect -t"),
      (.runAsRoot(.table), "read it as root: sudo sockinspect -t"),
      (.runAsRoot(.ends), "run it as root to see them: sudo sockinspect -t"),
      (.captureAsRoot, "capture again as root: sudo sockinspect capture DIR"),
      (
        .grantPtrace,
        "root lacks the capability CAP_SYS_PTRACE here, or those processes have more privileges than this one"
      ),
      (.allowMoreFiles, "allow more open files: ulimit -n 4096"),
      (.freeMachineFiles, "the machine has no more open files: sysctl fs.file-nr fs.file-max"),
      (.mountProc, "mount it with: mount -t proc proc /proc"),
      (.leaveContainer, "run it outside, or where /proc shows all processes: docker run --pid=host"),
      (
        .leaveUserNamespace,
        "root of this user namespace has no rights over the rest; run it outside, as root: sudo sockinspect -t"
      ),
      (.captureOutside, "capture outside, or where /proc shows all processes: docker run --pid=host"),
      (
        .enterNamespace(of: 7, listing: 8, asRoot: false), "to list them: sockinspect --netns 7 --pid 8"
      ),
      (
        .enterNamespace(of: 7, listing: 7, asRoot: true), "to list them: sudo sockinspect --netns 7 --pid 7"
      ),
      (.copyWithOtherTool, "tar and rsync copy the files of /proc so; use cp -r, or sockinspect capture"),
      (.askSockDiag, "without --source proc sock_diag is asked, which reports it"),
    ] as [(Problem.Remedy, String)])
  func advice(remedy: Problem.Remedy, text: String) {
    let problem = Problem(subject: .marks, cause: .forbidden(.noProc), remedy: remedy)
    #expect(ProblemText.advice(for: problem, command: "sockinspect -t") == text)
  }
}
