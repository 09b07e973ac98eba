import Query
package import SocketModel

/// A search for the descriptors that a command line of `lsof` selects, over one snapshot or several
/// in a row. It remembers which of the requested things were found, because lsof's exit status
/// depends on it.
///
/// The order in which conditions are tested, and what counts as found, are lsof's (`is_proc_excl`,
/// `is_cmd_excl`, `process_proc_sock`, `is_nw_addr`, `is_file_sel`).
package struct LsofSearch: Sendable {
  /// Something that was requested and not found.
  package enum Missing: Sendable, Hashable {
    case command([UInt8])
    case expression([UInt8])
    case name([UInt8])
    case address(String)
    case internet
    case state(UInt8)
    case process(UInt32)
    case tasks
    case group(UInt32)
    case user(UInt32, login: String?)
  }

  private let criteria: LsofCriteria
  private let selectors: LsofSelectors
  private var foundCommands: [Bool]
  private var foundAddresses: [Bool]
  private var foundNames: Set<[UInt8]> = []
  private var foundInternet = false
  private var foundStates: Set<UInt8> = []
  private var foundProcesses: Set<UInt32> = []
  private var foundGroups: Set<UInt32> = []
  private var foundUsers: Set<UInt32> = []
  private var foundTasks = false
  /// For each process, in a search for threads with `-a`, the index of the first that is looked at
  /// of it and its threads: `-t` prints the process only when that one has a selected descriptor.
  package private(set) var leaders: [Int32: Int32] = [:]
  /// Whether a process or descriptor itself was selected, so that lsof would list its other files
  /// too.
  package private(set) var foundOtherFiles = false

  /// Begins a search for what the criteria select.
  package init(_ criteria: LsofCriteria) {
    self.criteria = criteria
    selectors = criteria.selectors
    foundCommands = Array(repeating: false, count: criteria.commands.count)
    foundAddresses = Array(repeating: false, count: criteria.addresses.count)
  }

  /// The selected descriptors of sockets: by process id, then descriptor.
  ///
  /// - Parameters:
  ///   - snapshot: the sockets.
  ///   - others: for each owner whether its descriptor is listed in any case; empty for none.
  package mutating func files(in snapshot: borrowing Snapshot, besides others: [Bool] = []) -> [OwnedSocket] {
    let processes = examineAll(snapshot.processes)
    if !criteria.isAnded, criteria.descriptors != nil || processes.contains(where: { !($0 ?? []).isEmpty }) {
      foundOtherFiles = true
    }
    var files: [OwnedSocket] = []
    files.reserveCapacity(snapshot.owners.count)
    var previous: UInt64?
    for (entry, row) in Self.descriptors(of: snapshot) {
      // A descriptor that two tables show (Multipath TCP and its subflow) is one file.
      guard entry.key != previous else { continue }
      previous = entry.key
      guard let selected = processes[Int(entry.key >> 32)] else { continue }
      if selected.contains(.task) { foundTasks = true }
      let descriptor = Int64(truncatingIfNeeded: entry.key & 0xFFFF_FFFF)
      guard isSelected(Int(row), of: snapshot, descriptor, selected) || !others.isEmpty && others[Int(entry.row)]
      else { continue }
      files.append(OwnedSocket(row: row, owner: entry.row))
    }
    return files
  }

  /// Every descriptor with the row of its socket, sorted by process (which are sorted by id), then
  /// number. The key is both.
  private static func descriptors(of snapshot: borrowing Snapshot) -> [(KeyedRow, UInt32)] {
    var rows = [UInt32](repeating: 0, count: snapshot.owners.count)
    var entries: [KeyedRow] = []
    entries.reserveCapacity(snapshot.owners.count)
    for row in snapshot.records.indices {
      for index in snapshot.ownerRange(at: row) {
        let owner = snapshot.owners[index]
        // lsof lists processes only.
        guard let process = owner.processIndex else { continue }
        let descriptor = UInt64(UInt32(bitPattern: owner.descriptor ?? -1))
        let key = UInt64(UInt32(bitPattern: process)) << 32 | descriptor
        rows[index] = UInt32(truncatingIfNeeded: row)
        entries.append(KeyedRow(key: key, row: UInt32(truncatingIfNeeded: index)))
      }
    }
    radixSort(&entries)
    return entries.map { ($0, rows[Int($0.row)]) }
  }
}

// Processes.
extension LsofSearch {
  /// The meaning of a process that is left out after some options have selected it.
  private func leavingOut(_ selected: LsofSelectors) -> LsofSelectors? {
    criteria.looksAtExcluded ? selected : nil
  }

  /// What selects each process or thread; `nil` when it is left out with all of its descriptors.
  private mutating func examineAll(_ processes: [ProcessInfo]) -> [LsofSelectors?] {
    guard criteria.tasks else { return processes.map { examine($0, asTask: false) } }
    var selected: [LsofSelectors?] = Array(repeating: nil, count: processes.count)
    var leading: Set<Int32> = []
    for index in processes.indices where processes[index].task != nil {
      selected[index] = examine(processes[index], asTask: true)
      guard let kinds = selected[index] else { continue }
      leading.insert(processes[index].pid)
      // lsof lists other files of a thread, and that its descriptors may not be read.
      let isListed = !criteria.isAnded || !(processes[index].task?.isReadable ?? true)
      if isListed, kinds.contains(.task) { foundTasks = true }
    }
    // With -a a process whose threads are listed is listed as if it were one.
    for index in processes.indices where processes[index].task == nil {
      selected[index] = examine(
        processes[index], asTask: criteria.isAnded && leading.contains(processes[index].pid))
    }
    leaders = [:]
    if criteria.isAnded {
      for index in processes.indices where selected[index] != nil && leaders[processes[index].pid] == nil {
        leaders[processes[index].pid] = Int32(truncatingIfNeeded: index)
      }
    }
    return selected
  }

  /// What selects a process; `nil` when it is left out with all of its descriptors.
  private mutating func examine(_ process: ProcessInfo, asTask: Bool) -> LsofSelectors? {
    guard criteria.looksAtProcesses else { return [] }
    let group = UInt32(bitPattern: process.group ?? 0)
    let pid = UInt32(bitPattern: process.pid)
    func excludes(_ list: [LsofNumber], _ number: UInt32) -> Bool {
      list.contains { $0.isExcluded && $0.number == number }
    }
    if let uid = process.uid, excludes(criteria.users, uid) { return leavingOut([]) }
    if excludes(criteria.groups, group) || excludes(criteria.processes, pid) { return leavingOut([]) }
    func includes(_ list: [LsofNumber], _ number: UInt32) -> Bool {
      list.contains { !$0.isExcluded && $0.number == number }
    }
    var selected: LsofSelectors = []
    if includes(criteria.groups, group) {
      foundGroups.insert(group)
      selected.insert(.group)
    }
    if includes(criteria.processes, pid) {
      foundProcesses.insert(pid)
      selected.insert(.process)
    }
    if let uid = process.uid, includes(criteria.users, uid) {
      foundUsers.insert(uid)
      selected.insert(.user)
    }
    if asTask { selected.insert(.task) }
    if criteria.isAnded, selectors.intersection(.identities) != selected { return leavingOut(selected) }
    return examineName(of: process, selected)
  }

  private mutating func examineName(of process: ProcessInfo, _ selected: LsofSelectors) -> LsofSelectors? {
    guard !criteria.commands.isEmpty else { return selected }
    let name = process.name
    if criteria.commands.contains(where: { $0.isExcluded && $0.matches(name) }) { return leavingOut(selected) }
    guard selectors.contains(.command) else { return selected }
    // The last name typed is tried first, and expressions come after names; only one of them counts
    // as found.
    let names = criteria.commands.indices.reversed().filter { criteria.commands[$0].expression == nil }
    let expressions = criteria.commands.indices.filter { criteria.commands[$0].expression != nil }
    for index in names + expressions
    where !criteria.commands[index].isExcluded && criteria.commands[index].matches(name) {
      foundCommands[index] = true
      return selected.union(.command)
    }
    return criteria.isAnded ? leavingOut(selected) : selected
  }
}

// Descriptors.
extension LsofSearch {
  private mutating func isSelected(
    _ row: Int, of snapshot: borrowing Snapshot, _ descriptor: Int64, _ process: LsofSelectors
  ) -> Bool {
    let record = snapshot.records[row]
    var selected = process
    if let ranges = criteria.descriptors,
      ranges.contains(where: { $0.contains(descriptor) }) != criteria.excludesDescriptors
    {
      selected.insert(.descriptor)
    }
    switch record.transport {
    case .tcp, .udp, .udplite:
      guard passesStates(record.state.tableNumber) else { return false }
      if isOfWantedFamily(record.family) {
        foundInternet = true
        selected.insert(.internet)
      }
      if !criteria.addresses.isEmpty, hasWantedEnd(record) { selected.insert(.address) }
    case .unix:
      if criteria.unix { selected.insert(.unix) }
      if !criteria.names.isEmpty, let name = snapshot.name(at: row)?.display, criteria.names.contains(name) {
        foundNames.insert(name)
        selected.insert(.name)
      }
    default: break
    }
    return criteria.isAnded ? selected.isSuperset(of: selectors) : !selected.isEmpty
  }

  private mutating func passesStates(_ number: UInt8) -> Bool {
    if criteria.excludedStates.contains(number) { return false }
    guard !criteria.states.isEmpty else { return true }
    if criteria.states.contains(number) { foundStates.insert(number) }
    return criteria.states.contains(number)
  }

  private func isOfWantedFamily(_ family: AddressFamily) -> Bool {
    switch criteria.internet {
    case .none: false
    case .all: true
    case .ipv4: family == .ipv4
    case .ipv6: family == .ipv6
    }
  }

  private mutating func hasWantedEnd(_ record: SocketRecord) -> Bool {
    let isMapped = record.hasMappedEnd
    let family = isMapped ? .ipv4 : record.family
    let mask: UInt128 = isMapped ? 0xFFFF_FFFF : .max
    var isWanted = false
    for (bits, port) in [(record.remoteBits, record.remotePort), (record.localBits, record.localPort)]
    where bits != 0 || port != 0 {
      // As with names: the last option is tried first and only one counts as found.
      for index in criteria.addresses.indices.reversed()
      where criteria.addresses[index].matches(record.transport, family, bits & mask, port) {
        foundAddresses[index] = true
        isWanted = true
        break
      }
    }
    return isWanted
  }
}

// MARK: What was not found
extension LsofSearch {
  /// What was requested and not found, in the order in which lsof looks. The exit status is 1 when
  /// there is any.
  package var missing: [Missing] {
    var missing: [Missing] = []
    let commands = criteria.commands
    // A name to leave out never counts as found.
    for index in commands.indices.reversed() where commands[index].expression == nil && !foundCommands[index] {
      missing.append(.command(commands[index].text))
    }
    for index in commands.indices where commands[index].expression != nil && !foundCommands[index] {
      missing.append(.expression(commands[index].text))
    }
    // The last name typed is the first that lsof looks at.
    for name in criteria.names.reversed() where !foundNames.contains(name) { missing.append(.name(name)) }
    missing += missingAddresses
    if criteria.internet != .none, !foundInternet { missing.append(.internet) }
    for number in Self.stateOrder where criteria.states.contains(number) && !foundStates.contains(number) {
      missing.append(.state(number))
    }
    for process in criteria.processes where !process.isExcluded && !foundProcesses.contains(process.number) {
      missing.append(.process(process.number))
    }
    if criteria.tasks, !foundTasks { missing.append(.tasks) }
    for group in criteria.groups where !group.isExcluded && !foundGroups.contains(group.number) {
      missing.append(.group(group.number))
    }
    for user in criteria.users where !user.isExcluded && !foundUsers.contains(user.number) {
      missing.append(.user(user.number, login: user.login))
    }
    return missing
  }

  /// The order of lsof's table of states: by the kernel's number, with `CLOSED` as 0.
  private static let stateOrder: [UInt8] = Array(0...13)

  /// An option that gave several addresses counts as found with any of them, and is reported once.
  private var missingAddresses: [Missing] {
    var found: Set<String> = []
    for index in criteria.addresses.indices where foundAddresses[index] {
      found.insert(criteria.addresses[index].argument)
    }
    var missing: [Missing] = []
    for address in criteria.addresses.reversed() where found.insert(address.argument).inserted {
      missing.append(.address(address.argument))
    }
    return missing
  }
}

extension SocketState {
  /// The number of the state of an Internet socket in the tables of `/proc/net`, even for one
  /// without TCP's states.
  package var tableNumber: UInt8 {
    switch self {
    case .unconnected: SocketState.close.rawValue
    case .connected: SocketState.established.rawValue
    default: rawValue
    }
  }
}

extension SocketRecord {
  /// Whether lsof shows the ends of an IPv6 socket as IPv4: when one of them is an IPv4-mapped
  /// address.
  package var hasMappedEnd: Bool {
    family == .ipv6 && (localBits >> 32 == 0xFFFF || remoteBits >> 32 == 0xFFFF)
  }
}
