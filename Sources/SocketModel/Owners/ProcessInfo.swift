/// A process that owns at least one of the sockets shown.
///
/// Names are bytes that the process chose: they may hold anything but NUL and must be escaped
/// before they are shown.
public struct ProcessInfo: Sendable, Hashable {
  /// The process id.
  public var pid: Int32
  /// The command name of the main thread, `/proc/PID/comm`: at most 15 bytes for user processes.
  public var name: [UInt8]
  /// The whole name where the command name is only its beginning: that of the program file, or what
  /// the arguments call it; `nil` when the command name was not cut, or the rest is not known.
  public var longName: [UInt8]?
  /// The target of `/proc/PID/exe`; `nil` when it may not be read or there is none.
  public var executable: [UInt8]?
  /// The beginning of the arguments, `/proc/PID/cmdline`, with their NULs: at most
  /// ``mostArgumentBytes``; `nil` unless asked for.
  public var arguments: [UInt8]?
  /// When the process started, in clock ticks since boot (`/proc/PID/stat`, field 22); `nil` when
  /// it ended before this was read.
  public var startTime: UInt64?
  /// The effective user id of the process; `nil` when unknown.
  public var uid: UInt32?
  /// The process id of the parent, 0 for none; `nil` unless asked for.
  public var parent: Int32?
  /// The name to show of the parent; `nil` when it is not known, or unless asked for.
  public var parentName: [UInt8]?
  /// The process group id; `nil` unless asked for.
  public var group: Int32?
  /// The target of `/proc/PID/cwd`; `nil` when it may not be read, or unless asked for.
  public var workingDirectory: [UInt8]?
  /// The path of its control group, `/proc/PID/cgroup`; `nil` unless asked for.
  public var controlGroup: [UInt8]?
  /// What the control group stands for; `nil` when it stands for nothing, or unless asked for.
  public var workload: Workload?

  /// Which thread of the process it is, where threads are listed apart; `nil` for the process itself.
  package var task: TaskInfo?

  /// The name to show: the whole one where it is known.
  public var shownName: [UInt8] { longName ?? name }

  /// The most bytes that the kernel keeps of the name of a user process (`TASK_COMM_LEN` less the
  /// NUL).
  package static let mostNameBytes = 15

  /// The most bytes that are kept of ``arguments``: enough for the program's name.
  public static let mostArgumentBytes = 4096

  /// Makes a process of which only the id and name are known.
  public init(pid: Int32, name: [UInt8]) {
    self.pid = pid
    self.name = name
  }
}

/// A thread of a process other than the main one, with the table of descriptors that it uses.
package struct TaskInfo: Sendable, Hashable {
  /// The thread's id.
  package let id: Int32
  /// Its name, `/proc/PID/task/TID/comm`, which it can change: raw bytes, anything but NUL.
  package let name: [UInt8]
  /// Whether its descriptors could be read.
  package var isReadable = true

  package init(id: Int32, name: [UInt8]) {
    self.id = id
    self.name = name
  }
}
