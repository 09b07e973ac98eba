import LinuxSystem

@_silgen_name("setfsuid") private func setfsuid(_ uid: UInt32) -> Int32

/// Does what root may do as somebody who may not read other users' folders of `/proc`: on a thread of its own, whose user of file accesses is
/// another, and in a network namespace of its own.
func unprivileged<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
  try inNewNetworkNamespace {
    _ = setfsuid(65534)
    return Result { try body() }
  }.get()
}
