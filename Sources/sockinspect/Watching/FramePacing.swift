/// When the next frame of a live view is due. Times and durations are milliseconds of the monotonic
/// clock.
struct FramePacing {
  /// Whether something may differ from what the terminal shows.
  var isStale = true
  /// When the newest frame was made, and how long that took.
  private var last = 0
  private var cost = 0

  /// The least time between two frames, unless a key asked for one.
  static let leastPause = 100
  /// How much longer a frame may wait for a scan.
  static let longestHold = 300
  /// The share of the time that such frames may use, as its denominator.
  static let share = 10
  /// The longest time until the clock is drawn again.
  static let tick = 1000

  /// Records a frame that was drawn.
  mutating func drew(from start: Int, to end: Int) {
    last = end
    cost = end - start
    isStale = false
  }

  /// When to draw the next frame, unless a key asks for one earlier.
  ///
  /// - Parameter isBusy: whether a scan is nearly finished. A frame waits for it: otherwise two
  ///   frames would be drawn, and the memory for both would be needed at once.
  func deadline(isBusy: Bool) -> Int {
    let earliest = last + max(Self.leastPause, cost * Self.share) + (isBusy ? Self.longestHold : 0)
    return isStale ? earliest : max(earliest, last + Self.tick)
  }
}
