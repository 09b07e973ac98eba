package import SocketModel
internal import Text

/// How the time of an event is written at the beginning of its line. The raw value is the name
/// after `--timestamps`.
package enum TimestampStyle: String, CaseIterable, Sendable {
  /// The time of day with microseconds: `14:03:07.000123`.
  case local
  /// Date and time in UTC with nanoseconds: `2026-01-31T23:59:59.000000001Z`.
  case rfc3339
  /// Seconds since 1970 with microseconds.
  case epoch
  /// Seconds since the watch began with microseconds.
  case relative
}

/// Writes moments in one style.
package struct TimestampWriter: Sendable {
  /// The style.
  package var style: TimestampStyle
  /// The moment from which ``TimestampStyle/relative`` counts.
  package var beginning: Timestamp
  /// How many seconds local time is ahead of UTC at a moment given in seconds since 1970.
  package var utcOffset: @Sendable (Int64) -> Int

  /// Makes a writer; without an offset, the time of day is that of UTC.
  package init(
    _ style: TimestampStyle, since beginning: Timestamp = Timestamp(seconds: 0, nanoseconds: 0),
    utcOffset: @escaping @Sendable (Int64) -> Int = { _ in 0 }
  ) {
    self.style = style
    self.beginning = beginning
    self.utcOffset = utcOffset
  }

  package func append(_ time: Timestamp, to output: inout [UInt8]) {
    let microseconds = UInt64(min(max(time.nanoseconds, 0), 999_999_999) / 1000)
    switch style {
    case .local:
      let seconds = time.seconds &+ Int64(utcOffset(time.seconds))
      let ofDay = UInt64((seconds % 86_400 + 86_400) % 86_400)
      output.appendDecimal(ofDay / 3600, digits: 2)
      output.append(ASCII.colon)
      output.appendDecimal(ofDay / 60 % 60, digits: 2)
      output.append(ASCII.colon)
      output.appendDecimal(ofDay % 60, digits: 2)
      output.append(ASCII.period)
      output.appendDecimal(microseconds, digits: 6)
    case .rfc3339: output.append(ascii: time.rfc3339)
    case .epoch:
      output.appendDecimal(Int(time.seconds))
      output.append(ASCII.period)
      output.appendDecimal(microseconds, digits: 6)
    case .relative: appendDifference(time, to: &output)
    }
  }

  /// Seconds and microseconds since the beginning, right-aligned in a column that lasts for a day.
  private func appendDifference(_ time: Timestamp, to output: inout [UInt8]) {
    var seconds = time.seconds &- beginning.seconds
    var nanoseconds = Int64(time.nanoseconds) - Int64(beginning.nanoseconds)
    // The clock may have been set back.
    let isEarlier = seconds < 0 || (seconds == 0 && nanoseconds < 0)
    if isEarlier {
      seconds = 0 &- seconds
      nanoseconds = -nanoseconds
    }
    if nanoseconds < 0 {
      seconds &-= 1
      nanoseconds += 1_000_000_000
    }
    var text: [UInt8] = isEarlier ? [ASCII.hyphen] : []
    text.appendDecimal(seconds.magnitude)
    text.append(ASCII.period)
    text.appendDecimal(UInt64(clamping: nanoseconds / 1000), digits: 6)
    output.append(blanks: 12 - text.count)
    output.append(contentsOf: text)
  }
}
