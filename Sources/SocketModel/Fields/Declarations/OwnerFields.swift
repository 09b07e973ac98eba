extension Field {
  /// The processes that hold a socket: all fields but the attribution have one value per owner.
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
      .process, "process", "PROCESS", .text, aliases: ["comm", "command", "name", "proc"], requiredDetails: .owners,
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
      .attribution, "attribution", "FOUND BY", .word, requiredDetails: .owners, json: JSONPlace("attribution", 170),
      .attribution(.attributions),
      "how the owners were found: fd"),
  ]
}
