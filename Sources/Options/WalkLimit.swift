import LinuxSystem

extension OpenFileLimit {
  /// Raises the limit of descriptors for a walk through the processes: a program that leaks
  /// descriptors passes a small limit on to the programs it starts.
  ///
  /// The walk holds three descriptors per thread and one for each of some large processes. Raising
  /// the limit costs nothing when it is high enough already.
  package static func raiseForWalk() { raise(to: 65_536) }
}
