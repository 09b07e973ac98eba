import Glibc

/// The user database: names of user ids and the other way round.
///
/// `/etc/passwd` is read first, because it costs only one file; `getpwuid_r(3)` and `getpwnam_r(3)`
/// are asked only for what it does not have (LDAP, systemd-homed ...). A fully static program asks
/// getent(1) instead.
package enum Users {
  /// The names of the user ids, for those that have one.
  package static func names(of uids: Set<UInt32>) -> [UInt32: String] {
    guard !uids.isEmpty else { return [:] }
    var names: [UInt32: String] = [:]
    forEachPasswordEntry { name, uid in
      if uids.contains(uid), names[uid] == nil { names[uid] = name }
    }
    let others = uids.filter { names[$0] == nil }
    guard !others.isEmpty else { return names }
    guard NameServices.areInLibrary else {
      return names.merging(GetentUsers.system.names(of: others)) { first, _ in first }
    }
    for uid in others { names[uid] = lookedUpName(of: uid) }
    return names
  }

  /// The user id that belongs to a name; `nil` when there is none.
  package static func uid(named name: String) -> UInt32? {
    var found: UInt32?
    forEachPasswordEntry { entry, uid in
      if found == nil, entry == name { found = uid }
    }
    if let found { return found }
    guard NameServices.areInLibrary else { return GetentUsers.system.uid(named: name) }
    var entry = unsafe passwd()
    return unsafe withPasswordBuffer { (buffer) -> UInt32? in
      guard let base = buffer.baseAddress else { return nil }
      var result: UnsafeMutablePointer<passwd>?
      guard unsafe getpwnam_r(name, &entry, base, buffer.count, &result) == 0, unsafe result != nil else {
        return nil
      }
      return unsafe entry.pw_uid
    }
  }

  /// The names in `/etc/passwd`, in its order, for suggestions: not all names there are, when users
  /// come from elsewhere.
  package static func knownNames() -> [String] {
    var names: [String] = []
    forEachPasswordEntry { name, _ in names.append(name) }
    return names
  }

  /// The effective user id of this process.
  package static var effectiveUID: UInt32 { geteuid() }

  /// Calls `body` with each name and user id of `/etc/passwd`. Lines of another form are skipped.
  static func forEachPasswordEntry(in bytes: [UInt8], _ body: (String, UInt32) -> Void) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count >= 3, !parts[0].isEmpty, let uid = UInt32(String(decoding: parts[2], as: UTF8.self)) else {
        continue
      }
      body(String(decoding: parts[0], as: UTF8.self), uid)
    }
  }

  private static func forEachPasswordEntry(_ body: (String, UInt32) -> Void) {
    forEachPasswordEntry(in: NameServices.file("/etc/passwd"), body)
  }

  private static func lookedUpName(of uid: UInt32) -> String? {
    var entry = unsafe passwd()
    return unsafe withPasswordBuffer { (buffer) -> String? in
      guard let base = buffer.baseAddress else { return nil }
      var result: UnsafeMutablePointer<passwd>?
      guard unsafe getpwuid_r(uid, &entry, base, buffer.count, &result) == 0, unsafe result != nil,
        let name = unsafe entry.pw_name
      else { return nil }
      return unsafe String(cString: name)
    }
  }

  private static func withPasswordBuffer<Result>(_ body: (UnsafeMutableBufferPointer<CChar>) -> Result) -> Result {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { unsafe body($0) }
  }
}
