package import SocketModel

/// The wording of problems: what each is about, what happened and what would help. Nothing here is
/// escaped.
extension ProblemText {
  /// What a problem is about: a file below the /proc root such as `net/tcp`, or a dump such as
  /// `sock_diag tcp ipv4`.
  package static func subject(of problem: Problem) -> String {
    switch problem.subject {
    case .table(_, let path): return path
    case .dump(let transport, let family):
      // A dump that returned nothing is named in the message.
      if case .unreadable(.dump) = problem.cause { return "sock_diag" }
      return "sock_diag \(dump(transport, family))"
    case .sockDiag: return "sock_diag"
    case .transports(let transports):
      if case .missing(.tables(let paths, _)) = problem.cause { return paths.joined(separator: ", ") }
      return names(transports)
    case .counters(let table): return "net/\(table.rawValue)"
    case .descriptors: return "the descriptors of processes"
    case .process(let pid, let name):
      if case .otherNamespace(.process) = problem.cause { return "process \(pid)" }
      return name == nil ? "process \(pid)" : process(pid, name)
    case .processes(let count): return "\(count) processes"
    case .fields(let names): return names.joined(separator: ", ")
    case .marks: return "marks"
    case .manifest: return "manifest"
    case .series(let path): return path
    case .tracepoint: return "the tracepoint"
    case .namespace(let label): return "network namespace \(String(decoding: label, as: UTF8.self))"
    case .namespaces(nil): return "other network namespaces"
    case .namespaces(let count?): return "\(count) network \(count == 1 ? "namespace" : "namespaces")"
    }
  }

  /// What happened, without the subject: "expected 8 hexadecimal digits and a colon as local
  /// address".
  package static func message(of problem: Problem) -> String {
    switch problem.cause {
    case .malformed(let reason, _, _, _): message(of: reason, problem)
    case .truncated(let reason, _, _): message(of: reason)
    case .missing(let absence): message(of: absence, problem)
    case .unreadable(let obstacle): message(of: obstacle, problem)
    case .forbidden(let refusal): message(of: refusal, problem)
    case .interrupted(let scans): "sockets came and went during each of \(scans) scans; some may be missing"
    case .inconsistent(.sharedInodes, _, _):
      "the inode is that of a row with other ends: both are shown, and each with the owners of both"
    case .inconsistent(.imitatedRows, _, _):
      "a line about a socket that sock_diag does not report was left out: a name may imitate a row"
    case .otherNamespace(let elsewhere): message(of: elsewhere, problem)
    case .unknown(let consequence, let root): message(of: consequence, root, problem)
    }
  }

  /// What would help, as an instruction with a command where there is one; `nil` when nothing is
  /// known to help.
  ///
  /// - Parameter command: the line that root should run, where that would help.
  package static func advice(for problem: Problem, command: String = "sockinspect") -> String? {
    switch problem.remedy {
    case nil: return nil
    case .runAsRoot(let gain):
      let purpose =
        switch gain {
        case .marks: "run it as root to see them"
        case .owners: "run it as root to see all owners"
        case .table: "read it as root"
        case .namespaces: "run it as root to see all"
        case .ends: "run it as root to see them"
        }
      return "\(purpose): sudo \(command)"
    case .captureAsRoot: return "capture again as root: sudo sockinspect capture DIR"
    case .grantPtrace:
      return "root lacks the capability CAP_SYS_PTRACE here, or those processes have more privileges than this one"
    case .allowMoreFiles: return "allow more open files: ulimit -n 4096"
    case .freeMachineFiles: return "the machine has no more open files: sysctl fs.file-nr fs.file-max"
    case .mountProc: return "mount it with: mount -t proc proc /proc"
    case .leaveContainer: return "run it outside, or where /proc shows all processes: docker run --pid=host"
    case .leaveUserNamespace:
      return "root of this user namespace has no rights over the rest; run it outside, as root: sudo \(command)"
    case .captureOutside:
      return "capture outside, or where /proc shows all processes: docker run --pid=host"
    case .enterNamespace(let process, let listed, let asRoot):
      return "to list them: \(asRoot ? "sudo " : "")sockinspect --netns \(process) --pid \(listed)"
    case .copyWithOtherTool: return "tar and rsync copy the files of /proc so; use cp -r, or sockinspect capture"
    case .askSockDiag: return "without --source proc sock_diag is asked, which reports it"
    }
  }

  // MARK: What does not parse, and what ends too early

  private static func message(of reason: Problem.Malformation, _ problem: Problem) -> String {
    switch reason {
    case .column(let name, let form): "expected \(text(form)) as \(name)"
    case .longLine(let limit): "expected a line of at most \(limit) bytes"
    case .noRow: "it is no row"
    case .otherHeading: "expected rows, found the heading of another table; what follows is left out"
    case .further: "\(problem.count) more \(problem.subject == .manifest ? "lines" : "rows") do not parse"
    case .noEntry: "expected a line of the form key=value"
    case .entry(let key, let form): "expected \(text(form)) as \(key)"
    case .noSchema(let schema): "expected the line schema=\(schema); read as if it were there"
    case .capturesOutOfOrder(let before, let after):
      "\(after) is older than \(before): the clock was set back, or folders were renamed"
    case .counterWithoutColon: "expected a colon behind a name"
    case .undecodable(let description):
      problem.subject == .tracepoint ? "\(description); what it reported is counted as missed" : description
    }
  }

  private static func text(_ form: Problem.ColumnForm) -> String {
    switch form {
    case .hexadecimalDigits(let count): "\(count) hexadecimal digits"
    case .hexadecimalDigitsAndColon(let count): "\(count) hexadecimal digits and a colon"
    case .hexadecimalNumber: "a hexadecimal number"
    case .hexadecimalNumberAndColon: "a hexadecimal number and a colon"
    case .twoHexadecimalNumbers: "two hexadecimal numbers with a colon between"
    case .number: "a decimal number"
    case .numberAndColon: "a number and a colon"
    case .numberOfBits(let bits): bits == 16 ? "a number below 65536" : "a number below 2^\(bits)"
    case .socketType: "a socket type"
    case .state(let last): "a state from 01 to \(last < 16 ? "0" : "")\(String(last, radix: 16, uppercase: true))"
    case .pointer: "a pointer"
    case .address: "an IPv4 or IPv6 address"
    case .bytes(let limit): "at most \(limit) bytes"
    case .line(let limit): "a line of at most \(limit) bytes"
    }
  }

  private static func text(_ form: Problem.EntryForm) -> String {
    switch form {
    case .either(let one, let other): "\(one) or \(other)"
    case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .numberOfBits(let bits): "a number below 2^\(bits)"
    case .secondsSince1970: "seconds since 1970"
    }
  }

  private static func message(of truncation: Problem.Truncation) -> String {
    switch truncation {
    case .row(let isShown): "the table ends in the middle of a row" + (isShown ? ", which is shown" : "")
    case .limit(let bytes): "only the first \(bytes) bytes were read"
    case .noHeader: "it begins without its header: rows may be missing"
    case .empty: "it is empty, without even its header"
    case .lastGroup: "the values of the last group are missing"
    case .answer: "an answer was longer than the receive buffer"
    case .undecodable(let description): description
    }
  }

  // MARK: What is not there

  private static func message(of absence: Problem.Absence, _ problem: Problem) -> String {
    switch absence {
    case .transport(let source):
      let place =
        switch source {
        case .sockDiag: " in sock_diag"
        case .proc: " in /proc"
        case nil: ""
        }
      return "this kernel lists no \(subject(of: problem)) sockets\(place)"
    case .table(let root, let isNamed):
      if isNamed { return "\(root) has no table of \(subject(of: problem)) sockets" }
      return "\(root) has no table of \(problem.transports.count == 1 ? "its" : "their") sockets"
    case .tables(let paths, let root):
      return "not in \(root): nothing is known of the sockets in \(paths.count == 1 ? "it" : "them")"
    case .captured(let name): return "\(name) lacks it, other captures have it"
    case .counters: return "a single table has no counters"
    case .file(let failure): return failure.reason
    case .processes(let root):
      return "\(root == "-" ? "standard input" : root) has no processes, so owners are not known"
    case .descriptors(let count, let all, let root):
      let whose = count.map { "\($0) of \(all) processes" } ?? "any process"
      let consequence = count == nil ? "owners are not known" : "sockets may lack owners"
      return "\(root) does not have those of \(whose) (PID/fd): \(consequence)"
    }
  }

  // MARK: What could not be read

  private static func message(of obstacle: Problem.Obstacle, _ problem: Problem) -> String {
    switch obstacle {
    case .call(let failure): return failure.reason
    case .uncaptured(let reason, let isPartial):
      return (isPartial ? "not all of it was captured: " : "it was not captured: ") + reason
    case .dump(let failure):
      guard case .dump(let transport, let family) = problem.subject else { return "" }
      return message(of: failure, dump(transport, family))
    case .replaced(let failure, let transport, let family, let transports):
      // TCP sockets that /proc does not list; for other transports little is missing.
      let lacking =
        transports.contains(.tcp) ? ", which has no bound and idle ones, accept limits or tcp_info" : ""
      let cause = message(of: failure, dump(transport, family))
      return "\(cause); \(names(transports)) sockets are read from /proc\(lacking)"
    case .endedEarly(let failure): return "the kernel ended the dump early: \(failure.reason)"
    case .capability(let name): return "the kernel shows them only to holders of \(name)"
    case .processList(let failure): return "the list of processes: \(text(failure))"
    case .processes(let count, let all, let failure):
      return "\(count) of \(all) could not be read (\(text(failure))): sockets may lack owners"
    case .ends(let count, let failure):
      let sockets = count == 1 ? "1 socket that no table lists is" : "\(count) sockets that no table lists are"
      return "\(sockets) shown without ends (\(failure.call): \(failure.reason))"
    case .noManifest(let capture): return "\(capture) has no manifest that says when it was captured"
    }
  }

  private static func message(of failure: DumpFailure, _ name: String) -> String {
    switch failure {
    case .notSupported(let reason): "\(name): not supported by this kernel (\(reason))"
    case .cannotBeAsked(let failure): "it cannot be asked (\(text(failure)))"
    case .failed(let failure): "\(name): \(text(failure))"
    case .foreignAnswers: "\(name): the answers belong to other requests"
    }
  }

  private static func message(of refusal: Problem.Refusal, _ problem: Problem) -> String {
    switch refusal {
    case .processes(0, _, true):
      return "processes of other users are hidden (/proc is mounted with hidepid): sockets may lack owners"
    case .processes(let count, let all, let hidesOthers):
      return "the descriptors of \(count) of \(all) processes may not be read: sockets may lack owners"
        + (hidesOthers ? "; processes of other users are hidden besides (hidepid)" : "")
    case .process(let pid): return "the descriptors of process \(pid) may not be read: sockets may lack owners"
    case .noProc: return "there is no /proc here: the owners of sockets are not known"
    case .nestedPIDNamespace:
      return "processes outside of this pid namespace (container) are not visible: sockets may lack owners"
    case .namespacesOutside:
      return "processes outside of this pid namespace (container) are not visible: "
        + "other network namespaces may not be listed"
    case .namespaces:
      return "\(subject(of: problem)) without a process may be entered only by root: their sockets are not listed"
    case .namespacesOfProcesses(0, _):
      return "processes of other users are hidden (hidepid): other network namespaces may not be listed"
    case .namespacesOfProcesses(let count, let hidesOthers):
      return "the network \(count == 1 ? "namespace of 1 process" : "namespaces of \(count) processes") may not be read"
        + (hidesOthers ? "; processes of other users are hidden besides (hidepid)" : "")
    }
  }

  private static func message(of elsewhere: Problem.Elsewhere, _ problem: Problem) -> String {
    switch elsewhere {
    case .process(let others, let netns):
      guard case .process(let pid, let name) = problem.subject else { return "" }
      let more = others == 1 ? "1 more process are" : "\(others) more processes are"
      let place =
        others == 0
        ? "is in another network namespace\(netns.map { " (\($0))" } ?? "")" : "and \(more) in other network namespaces"
      return "\(process(pid, name)) \(place), whose sockets are not listed"
    }
  }

  private static func message(
    of consequence: Problem.Consequence, _ root: String?, _ problem: Problem
  ) -> String {
    var isOne = false
    if case .fields(let names) = problem.subject { isOne = names.count == 1 }
    let effect =
      switch consequence {
      case .whichMatch: "which sockets match is unknown"
      case .order: "the order says nothing"
      }
    return "\(subject(of: problem)) \(isOne ? "is" : "are") not known from \(root ?? "/proc"): \(effect)"
  }

  // MARK: Parts

  /// A dump: its transport and, for the internet transports, family, such as `tcp ipv4`.
  private static func dump(_ transport: Transport, _ family: AddressFamily) -> String {
    transport.isInternet ? "\(transport.name) \(family.name)" : transport.name
  }

  private static func names(_ transports: [Transport]) -> String {
    transports.map(\.name).joined(separator: ", ")
  }

  private static func process(_ pid: Int32, _ name: [UInt8]?) -> String {
    "\(String(decoding: name ?? [], as: UTF8.self))[\(pid)]"
  }

  private static func text(_ failure: CallFailure) -> String {
    failure.subject.isEmpty
      ? "\(failure.call): \(failure.reason)" : "\(failure.call) \(failure.subject): \(failure.reason)"
  }
}
