extension Timestamp {
  /// The moment as RFC 3339 text in UTC with nanoseconds: `2026-01-31T23:59:59.000000001Z`.
  ///
  /// Years outside 0-9999, which RFC 3339 cannot write, keep all of their digits.
  public var rfc3339: String {
    var text = dateAndTime
    text.append(UInt8(ascii: "."))
    Self.append(UInt64(min(max(nanoseconds, 0), 999_999_999)), digits: 9, to: &text)
    text.append(UInt8(ascii: "Z"))
    return String(decoding: text, as: UTF8.self)
  }

  /// The moment as RFC 3339 text in UTC without fractions of a second: `2026-01-31T23:59:59Z`.
  public var rfc3339Seconds: String { String(decoding: dateAndTime, as: UTF8.self) + "Z" }

  private var dateAndTime: [UInt8] {
    let (day, second) = Self.floorDivide(seconds, 86_400)
    let (year, month, dayOfMonth) = Self.civil(day)
    var text: [UInt8] = []
    text.reserveCapacity(30)
    if year < 0 { text.append(UInt8(ascii: "-")) }
    Self.append(year.magnitude, digits: 4, to: &text)
    let parts: [(separator: UInt8, number: Int64)] = [
      (UInt8(ascii: "-"), month), (UInt8(ascii: "-"), dayOfMonth), (UInt8(ascii: "T"), second / 3600),
      (UInt8(ascii: ":"), second / 60 % 60), (UInt8(ascii: ":"), second % 60),
    ]
    for part in parts {
      text.append(part.separator)
      Self.append(part.number.magnitude, digits: 2, to: &text)
    }
    return text
  }

  /// Appends a number with leading zeros up to `digits`.
  private static func append(_ number: UInt64, digits: Int, to text: inout [UInt8]) {
    var power: UInt64 = 1
    var count = 1
    while count < digits || number / power >= 10 {
      power *= 10
      count += 1
    }
    while power > 0 {
      text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / power % 10))
      power /= 10
    }
  }

  /// The Gregorian date of a day counted from 1970-01-01.
  ///
  /// Years are taken to begin in March, so that the leap day is the last of its year, and are
  /// counted in eras of 400 years, which all have 146,097 days.
  private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let (era, dayOfEra) = floorDivide(day + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  private static func floorDivide(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
