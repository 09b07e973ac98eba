import Foundation
import Glibc
import LinuxSystem
import Synchronization

/// Runs a test's body in a network namespace of its own, so that only its own sockets are there.
///
/// The namespace belongs to one thread. Programs that the body runs inherit it; other threads of the test do not have it.
func isolated<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
  try inNewNetworkNamespace { Result { try body() } }.get()
}

/// A new folder with a short path, removed with everything in it when `body` is done.
func withFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
  var template = Array("/tmp/sit-XXXXXX".utf8CString)
  guard unsafe mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
  let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  chmod(folder, 0o755)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// Repeats a look until it succeeds, at most for `seconds`; the last outcome counts.
func eventually<Value>(within seconds: Double = 5, _ look: () throws -> Value, until good: (Value) -> Bool) throws
  -> Value
{
  let end = Date().addingTimeInterval(seconds)
  while true {
    let value = try look()
    if good(value) || Date() > end { return value }
    usleep(20_000)
  }
}
