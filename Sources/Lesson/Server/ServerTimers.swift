import LinuxSystem

/// Times at which something must be done for a client, earliest first, in milliseconds of the
/// monotonic clock.
struct ServerTimers {
  private struct Entry {
    var due: Int
    var tag: UInt64
  }

  /// A binary heap: each entry is due no later than the two below it.
  private var heap: [Entry] = []

  /// How many times there are.
  var count: Int { heap.count }

  /// The earliest time.
  var next: Int? { heap.first?.due }

  /// Adds a time.
  mutating func add(_ tag: UInt64, due: Int) {
    heap.append(Entry(due: due, tag: tag))
    var index = heap.count - 1
    while index > 0, case let parent = (index - 1) / 2, heap[parent].due > heap[index].due {
      heap.swapAt(parent, index)
      index = parent
    }
  }

  /// Removes the earliest time if it has come, and returns its tag; `nil` when none has come.
  mutating func takeDue(at now: Int) -> UInt64? {
    guard let first = heap.first, first.due <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return first.tag
  }

  /// Removes the times of tags that no longer exist.
  mutating func keep(_ isKept: (UInt64) -> Bool) {
    let kept = heap.filter { isKept($0.tag) }
    heap.removeAll(keepingCapacity: false)
    for entry in kept { add(entry.tag, due: entry.due) }
  }

  private mutating func sink() {
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].due < heap[least].due {
        least = child
      }
      if least == index { return }
      heap.swapAt(least, index)
      index = least
    }
  }
}
