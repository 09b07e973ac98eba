import CLinux
import Glibc

/// Runs `body` on a separate thread in a new network namespace whose loopback interface is up, and
/// waits for it.
///
/// The namespace exists as long as the thread, its sockets, and the processes it starts. Needs
/// CAP_SYS_ADMIN; the corresponding C call is `unshare(CLONE_NEWNET)`.
package func inNewNetworkNamespace<Value: Sendable>(
  _ body: @escaping @Sendable () -> Value
) throws(SystemError) -> Value {
  let result = onThreadOfItsOwn { () -> Result<Value, SystemError> in
    if sockinspect_unshare(newNetwork) != 0 { return .failure(SystemError("unshare", "CLONE_NEWNET")) }
    if sockinspect_loopback_up() != 0 { return .failure(SystemError("ioctl", "SIOCSIFFLAGS lo")) }
    return .success(body())
  }
  guard let result else { throw SystemError("pthread_create", code: EAGAIN) }
  return try result.get()
}

/// Moves this process into a new network namespace whose loopback interface is up. It ends with the
/// process.
///
/// Without CAP_SYS_ADMIN that takes a new user namespace too, which the kernel makes only for a
/// process of a single thread: call it before any thread is started. The corresponding C call is
/// `unshare(2)` with `CLONE_NEWNET`, and `CLONE_NEWUSER` where that is needed.
///
/// - Returns: whether a user namespace was made.
/// - Throws: EPERM, ENOSPC, EINVAL or EACCES where users may not have namespaces.
package func moveIntoNewNetworkNamespace() throws(SystemError) -> Bool {
  let isOfUser = !Capability.sysAdmin.isHeld
  guard sockinspect_unshare(isOfUser ? newUser | newNetwork : newNetwork) == 0 else {
    throw SystemError("unshare", isOfUser ? "CLONE_NEWUSER | CLONE_NEWNET" : "CLONE_NEWNET")
  }
  guard sockinspect_loopback_up() == 0 else { throw SystemError("ioctl", "SIOCSIFFLAGS lo") }
  return isOfUser
}

/// Moves the calling thread into the network namespace that a file such as `/proc/PID/ns/net`
/// stands for.
///
/// It stays there, so this is for a thread that does nothing else; see ``onThreadOfItsOwn(_:)``.
/// Needs CAP_SYS_ADMIN; the corresponding C call is `setns(2)` with `CLONE_NEWNET`.
package func enterNetworkNamespace(_ file: borrowing Descriptor) throws(SystemError) {
  guard sockinspect_setns(file.number, newNetwork) == 0 else { throw SystemError("setns", "CLONE_NEWNET") }
}

/// Moves the calling thread into the network namespace of a process, as above.
///
/// That costs less than opening `/proc/PID/ns/net`, for which the kernel makes an inode. Needs
/// Linux 5.8; before, `SystemError` with EINVAL.
package func enterNetworkNamespace(ofProcess pid: Int32) throws(SystemError) {
  let number = sockinspect_pidfd_open(pid)
  guard number >= 0 else { throw SystemError("pidfd_open", "\(pid)") }
  try enterNetworkNamespace(Descriptor(owning: number))
}

/// Runs `body` on a separate thread and waits for it; `nil` when the system has no thread for it.
package func onThreadOfItsOwn<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value? {
  let outcome = Locked<Value?>(nil)
  guard
    let thread = startThread({
      let value = body()
      outcome.withLock { $0 = value }
    })
  else { return nil }
  pthread_join(thread, nil)
  return outcome.withLock { $0 }
}

/// Runs `body` as another user on a separate thread, which ends with it, and waits for it.
///
/// The thread has that user's rights to make sockets, and no capabilities unless it is root. Needs
/// CAP_SETUID; the corresponding C call is `setresuid(2)`, of one thread.
package func asUser<Value: Sendable>(
  _ uid: UInt32, _ body: @escaping @Sendable () -> Value
) throws(SystemError) -> Value {
  let result = onThreadOfItsOwn { () -> Result<Value, SystemError> in
    if sockinspect_set_thread_user(uid) != 0 { return .failure(SystemError("setresuid", "\(uid)")) }
    return .success(body())
  }
  guard let result else { throw SystemError("pthread_create", code: EAGAIN) }
  return try result.get()
}

/// The corresponding C constant is `CLONE_NEWNET`, which Glibc's module does not show.
private let newNetwork: Int32 = 0x4000_0000
/// The corresponding C constant is `CLONE_NEWUSER`.
private let newUser: Int32 = 0x1000_0000
