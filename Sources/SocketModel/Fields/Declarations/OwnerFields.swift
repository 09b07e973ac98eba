extension Field {
  /// The processes that have a socket: all fields but the attribution have one value per owner.
  static let ownerFields: [FieldDeclaration] = [
    FieldDeclaration(
      .owners, "owners", "OWNERS", .text, requiredDetails: .owners, priority: 85, json: JSONPlace("owners", 160),
      textForm: .process,
      .ownerName,
      "every owner: process, pid and descriptor"),
    FieldDeclaration(
      .pid, "pid", "PID", .number, requiredDetails: .owners, priority: 85, cut: .tail(least: 32), includedIn: .owners,
      json: JSONPlace("owners[].pid", 160),
      .ownerNumber { $0.pid.map { UInt64(max(0, $0)) } },
      "process id of an owner"),
    FieldDeclaration(
      .descriptor, "fd", "FD", .number, aliases: ["descriptor"], requiredDetails: .owners, priority: 40,
      cut: .tail(least: 32), includedIn: .owners, json: JSONPlace("owners[].fd", 160),
      .ownerNumber { $0.descriptor.map { UInt64(max(0, $0)) } },
      "descriptor number in the owner"),
    FieldDeclaration(
      .process, "process", "PROCESS", .text, aliases: ["comm", "name", "proc"], requiredDetails: .owners,
      priority: 85, cut: .tail(least: 32), includedIn: .owners, json: JSONPlace("owners[].name", 160),
      textForm: .process,
      .ownerName,
      "name of the owning process"),
    FieldDeclaration(
      .executable, "executable", "EXECUTABLE", .text, aliases: ["exe"], requiredDetails: [.owners, .executables],
      cut: .path(least: 30), json: JSONPlace("owners[].executable", 160),
      .process { $0.executable.map { .bytes($0) } ?? .absent },
      "program file of the owner"),
    FieldDeclaration(
      .processUser, "process_user", "PUSER", .user, requiredDetails: [.owners, .processUsers, .userNames],
      cut: .tail(least: 32), json: JSONPlace("owners[].user", 160),
      .processUser,
      "user that the owner runs as"),
    FieldDeclaration(
      .processStart, "process_start", "STARTED", .number, unit: "s", requiredDetails: [.owners, .startTimes],
      cut: .tail(least: 32), json: JSONPlace("owners[].start_time_s", 160), numberWords: .time,
      .processStart,
      "when the owner started; in JSON and CSV seconds since 1970"),
    FieldDeclaration(
      .age, "age", "AGE", .number, unit: "s", requiredDetails: [.owners, .startTimes], cut: .tail(least: 32),
      numberWords: .duration,
      .processAge,
      "how long the owner has been running: 3d4h; in JSON and CSV seconds"),
    FieldDeclaration(
      .parent, "parent", "PARENT", .number, aliases: ["ppid"], requiredDetails: [.owners, .families, .parentNames],
      cut: .tail(least: 32),
      .process { $0.parent.flatMap { $0 > 0 ? .number(UInt64($0)) : nil } ?? .absent },
      "the owner's parent: name and pid, in JSON and CSV the pid"),
    FieldDeclaration(
      .workingDirectory, "cwd", "CWD", .text, aliases: ["working_directory"],
      requiredDetails: [.owners, .workingDirectories], cut: .path(least: 30),
      .process { $0.workingDirectory.map { .bytes($0) } ?? .absent },
      "working directory of the owner"),
    FieldDeclaration(
      .command, "command", "COMMAND", .text, aliases: ["args", "arguments", "cmdline"],
      requiredDetails: [.owners, .arguments], cut: .tail(least: 24),
      .process { $0.commandLine.map { .bytes($0) } ?? .absent },
      "how the owner was called: program and arguments"),
    FieldDeclaration(
      .attribution, "attribution", "FOUND BY", .word, requiredDetails: .owners, json: JSONPlace("attribution", 170),
      .attribution(.attributions),
      "how the owners were found: fd, io_uring, in_flight, thread"),
    FieldDeclaration(
      .ownerReason, "owner_reason", "NO OWNER", .word, aliases: ["reason"], requiredDetails: [.owners, .ownerReasons],
      json: JSONPlace("owner_reason", 171),
      .ownerReason(.ownerReasons),
      "why no process is known to have it: not-permitted, kernel ..."),
  ]

  /// The unit, container or pod behind a socket, known even where its processes may not be read.
  static let workloadFields: [FieldDeclaration] = [
    FieldDeclaration(
      .workload, "workload", "WORKLOAD", .text, requiredDetails: .workloads, priority: 60, cut: .tail(least: 24),
      json: JSONPlace("workload", 380),
      .workload(.text),
      "unit, container, pod ... of the socket: unit:nginx.service, docker:web"),
    FieldDeclaration(
      .unit, "unit", "UNIT", .text, requiredDetails: .workloads, cut: .tail(least: 24),
      .workload(.unit),
      "systemd unit that the socket was made in: nginx.service"),
    FieldDeclaration(
      .container, "container", "CONTAINER", .text, requiredDetails: .workloads, cut: .tail(least: 24),
      .workload(.container),
      "container that the socket was made in: its name, or the start of its id"),
    FieldDeclaration(
      .pod, "pod", "POD", .text, requiredDetails: .workloads, cut: .tail(least: 24),
      .workload(.pod),
      "pod that the socket was made in: NAMESPACE/NAME, or its uid"),
  ]
}

extension ProcessInfo {
  /// The arguments with a blank between them; a blank within one, which would look the same, stays.
  /// `nil` when they are not known, and for a process without any, such as a thread of the kernel.
  package var commandLine: [UInt8]? {
    guard let arguments, let end = arguments.lastIndex(where: { $0 != 0 }) else { return nil }
    return arguments[...end].map { $0 == 0 ? UInt8(ascii: " ") : $0 }
  }
}
