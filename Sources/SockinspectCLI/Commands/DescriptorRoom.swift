import LinuxSystem

extension OpenFileLimit {
  /// Makes room for a look through the processes: who is called from a program that leaks descriptors inherits them, and a small limit.
  ///
  /// The walk holds three descriptors a thread and one for each of some large processes. What stays within the limit costs nothing.
  static func raiseForWalk() { raise(to: 65_536) }
}
