import Foundation
import Glibc
import LinuxSystem

/// Repeats a look until it succeeds, at most for `seconds`; the last outcome counts.
///
/// For what causes no event only: a row of a table of the kernel, the state of a process in /proc,
/// what another program lists. What can be waited for with `poll(2)` is waited for with that.
package func eventually<Value>(
  within seconds: Double = 30, _ look: () throws -> Value, until good: (Value) -> Bool
) throws -> Value {
  try eventually(within: seconds, look, until: good) { _ in usleep(20_000) }
}

/// Repeats a look each time that a file in a folder changes, which inotify(7) reports, until it
/// succeeds, at most for `seconds`; the last outcome counts.
package func eventually<Value>(
  changing folder: String, within seconds: Double = 30, _ look: () throws -> Value, until good: (Value) -> Bool
) throws -> Value {
  let changes = Descriptor(owning: inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)))
  guard inotify_add_watch(changes.number, folder, UInt32(IN_MODIFY | IN_CREATE)) >= 0 else {
    throw SystemError("inotify_add_watch", folder)
  }
  return try eventually(within: seconds, look, until: good) { left in
    var wait = pollfd(fd: changes.number, events: Int16(POLLIN), revents: 0)
    poll(&wait, 1, Int32(left * 1000) + 1)
    var events: [UInt8] = Array(repeating: 0, count: 4096)
    _ = try? changes.read(into: &events)
  }
}

/// Repeats a look with a wait after each, which gets the remaining seconds.
private func eventually<Value>(
  within seconds: Double, _ look: () throws -> Value, until good: (Value) -> Bool, wait: (Double) -> Void
) throws -> Value {
  let end = Date().addingTimeInterval(seconds)
  while true {
    let value = try look()
    let left = end.timeIntervalSinceNow
    if good(value) || left < 0 { return value }
    wait(left)
  }
}
