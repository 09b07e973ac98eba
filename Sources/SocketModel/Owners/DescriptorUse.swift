/// How many descriptors a process has open, and how many it may have.
package struct DescriptorUse: Sendable, Hashable {
  /// The process id.
  package var pid: Int32
  /// The name of the process; empty unless at least half of the limit is used.
  package var name: [UInt8] = []
  /// How many descriptors it has open: the size of `/proc/PID/fd`, which everyone may ask for
  /// (`proc_fd_getattr`, `fs/proc/fd.c`, since Linux 6.2).
  package var used: UInt64
  /// How many it may have: the soft limit `RLIMIT_NOFILE`, as in `/proc/PID/limits`.
  package var limit: UInt64

  package init(pid: Int32, used: UInt64, limit: UInt64) {
    self.pid = pid
    self.used = used
    self.limit = limit
  }
}

/// The use of descriptors of the processes of a machine.
package struct DescriptorUses: Sendable, Hashable {
  /// Those that are known.
  package var processes: [DescriptorUse] = []
  /// How many processes did not let it be known.
  package var unknown = 0
  /// Whether the source reports it at all: a kernel before Linux 6.2 and an older capture do not.
  package var isReported = false

  package init() {}
}
