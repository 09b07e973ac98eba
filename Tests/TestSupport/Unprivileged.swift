import LinuxSystem

@_silgen_name("setfsuid") private func setfsuid(_ uid: UInt32) -> Int32

/// Runs `body` with root's privileges, but as a user who may not read other users' folders of
/// `/proc`.
///
/// It runs on a thread with another user for file accesses (`setfsuid(2)`), in a separate network
/// namespace.
package func unprivileged<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
  try inNewNetworkNamespace {
    _ = setfsuid(65534)
    return Result { try body() }
  }.get()
}
