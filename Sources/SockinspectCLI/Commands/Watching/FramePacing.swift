/// When the next frame of a live view is due. Times and durations are milliseconds of the monotonic clock.
struct FramePacing {
  /// Whether something may differ from what the terminal shows.
  var isStale = true
  /// When the newest frame was made, and how long that took.
  private var last = 0
  private var cost = 0

  /// The least from one frame to the next that no key asked for.
  static let leastPause = 100
  /// How much longer a frame may wait for a reading.
  static let longestHold = 300
  /// Which share of the time may go into such frames: one of so many parts.
  static let share = 10
  /// After how long the clock is shown anew at the latest.
  static let tick = 1000

  /// Notes a frame that was drawn.
  mutating func drew(from start: Int, to end: Int) {
    last = end
    cost = end - start
    isStale = false
  }

  /// When a frame is to be drawn that no key asked for.
  ///
  /// - Parameter isBusy: whether a reading is nearly there. A frame waits for it: else two would be drawn, and what both need would be there at
  ///   one time.
  func deadline(isBusy: Bool) -> Int {
    let earliest = last + max(Self.leastPause, cost * Self.share) + (isBusy ? Self.longestHold : 0)
    return isStale ? earliest : max(earliest, last + Self.tick)
  }
}
