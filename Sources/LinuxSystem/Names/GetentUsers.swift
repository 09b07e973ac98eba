/// Looks up users that `/etc/passwd` does not have with getent(1): those of a directory service, of
/// systemd's DynamicUser ...
///
/// Each is asked for once. After an answer that did not arrive in time no other is waited for.
final class GetentUsers: Sendable {
  private struct State {
    var names: [UInt32: String] = [:]
    var uids: [String: UInt32] = [:]
    var askedUIDs: Set<UInt32> = []
    var askedNames: Set<String> = []
    var isLate = false
  }

  private let getent: Getent?
  private let patience: Int
  private let state = Locked(State())

  /// The one for this machine, where it can have users from other sources.
  static let system = GetentUsers(
    NameServices.hasMoreThanFiles("passwd", in: NameServices.file("/etc/nsswitch.conf"), unnamed: false)
      ? Getent.system : nil)

  /// How many users one child is asked for.
  private static let batch = 32

  /// - Parameter patience: how long to wait in total for the answers to one question, in
  ///   milliseconds.
  init(_ getent: Getent?, patience: Int = 2000) {
    self.getent = getent
    self.patience = patience
  }

  /// The names of user ids, for those that have one.
  func names(of uids: some Sequence<UInt32>) -> [UInt32: String] {
    state.withLock { state in
      let deadline = Clock.monotonicMilliseconds() + patience
      var left = uids.filter { !state.askedUIDs.contains($0) }.sorted()[...]
      while let getent, !state.isLate, !left.isEmpty {
        let batch = left.prefix(Self.batch)
        left = left.dropFirst(Self.batch)
        state.askedUIDs.formUnion(batch)
        let answer = getent.ask("passwd", for: batch.map { "\($0)" }, until: deadline)
        state.isLate = answer.isLate
        Users.forEachPasswordEntry(in: answer.text) { name, uid in
          if state.names[uid] == nil { state.names[uid] = name }
        }
      }
      return state.names.filter { uids.contains($0.key) }
    }
  }

  /// The user id that belongs to a name; `nil` when there is none.
  func uid(named name: String) -> UInt32? {
    // For a number it would return the user with that id.
    guard let getent, Getent.canBeKey(name), UInt64(name) == nil else { return nil }
    return state.withLock { state in
      if !state.isLate, state.askedNames.insert(name).inserted {
        let answer = getent.ask("passwd", for: [name], until: Clock.monotonicMilliseconds() + patience)
        state.isLate = answer.isLate
        // The entry may spell the name in another way, as those of a domain do.
        Users.forEachPasswordEntry(in: answer.text) { _, uid in state.uids[name] = uid }
      }
      return state.uids[name]
    }
  }
}
