import LinuxSystem

extension OpenFileLimit {
  /// Makes room for a walk through the processes: a program that leaks descriptors passes them on
  /// to the programs it starts, with a small limit.
  ///
  /// The walk holds three descriptors a thread and one for each of some large processes. What stays
  /// within the limit costs nothing.
  package static func raiseForWalk() { raise(to: 65_536) }
}
