internal import Text

/// A unit that may follow a number, as a fraction of the field's own unit.
struct NumberScale: Sendable {
  let suffix: String
  let numerator: UInt64
  let denominator: UInt64

  private init(_ suffix: String, _ numerator: UInt64, per denominator: UInt64 = 1) {
    self.suffix = suffix
    self.numerator = numerator
    self.denominator = denominator
  }

  /// The suffixes that numbers of a field with this unit may have.
  ///
  /// For bytes `k`, `M`, `G` and `T` are powers of 1024, as in `ls -h` and `find -size`; `kB`, `MB`
  /// ... are powers of 1000.
  static func scales(for unit: String?) -> [NumberScale] {
    switch unit {
    case "bytes", "bytes/s": bytes
    case "us": time(microsecond: (1, 1))
    case "ms": time(microsecond: (1, 1000))
    case "s": time(microsecond: (1, 1_000_000))
    default: []
    }
  }

  private static let bytes: [NumberScale] = [
    .init("B", 1), .init("k", 1 << 10), .init("M", 1 << 20), .init("G", 1 << 30), .init("T", 1 << 40),
    .init("KiB", 1 << 10), .init("MiB", 1 << 20), .init("GiB", 1 << 30), .init("TiB", 1 << 40),
    .init("kB", 1000), .init("MB", 1_000_000), .init("GB", 1_000_000_000), .init("TB", 1_000_000_000_000),
  ]

  private static func time(microsecond: (UInt64, UInt64)) -> [NumberScale] {
    let (numerator, denominator) = microsecond
    let units: [(String, UInt64)] = [
      ("us", 1), ("ms", 1000), ("s", 1_000_000), ("m", 60_000_000), ("min", 60_000_000), ("h", 3_600_000_000),
      ("d", 86_400_000_000),
    ]
    return units.map { name, microseconds in NumberScale(name, microseconds * numerator, per: denominator) }
  }

  /// The result of parsing a number.
  enum Outcome: Equatable {
    case number(UInt64)
    case notANumber
    case negative
    case tooLarge
    case unknownSuffix(ArraySlice<UInt8>)
    /// The number is not a whole number of the field's unit.
    case tooFine
  }

  /// Parses a number with an optional suffix. Decimals are allowed with a suffix that makes the
  /// number whole.
  static func parse(_ bytes: [UInt8], scales: [NumberScale]) -> Outcome {
    if bytes.first == UInt8(ascii: "-"), bytes.count > 1, isDigit(bytes[1]) { return .negative }
    if bytes.count > 2, bytes[0] == UInt8(ascii: "0"), bytes[1] | ASCII.caseBit == UInt8(ascii: "x") {
      return hexadecimal(bytes[2...])
    }
    var value: UInt64 = 0
    var decimals: UInt64 = 1
    var index = 0
    var digits = 0
    var isBehindPoint = false
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "."), !isBehindPoint, digits > 0 {
        isBehindPoint = true
        index += 1
        continue
      }
      guard isDigit(bytes[index]) else { break }
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(UInt64(bytes[index] - UInt8(ascii: "0")))
      guard !overflow, !carry else { return .tooLarge }
      value = sum
      if isBehindPoint {
        let (product, isTooFine) = decimals.multipliedReportingOverflow(by: 10)
        guard !isTooFine else { return .tooFine }
        decimals = product
      }
      digits += 1
      index += 1
    }
    guard digits > 0, bytes[index - 1] != UInt8(ascii: ".") else { return .notANumber }
    let suffix = bytes[index...]
    guard !suffix.isEmpty else { return scaled(value, 1, decimals) }
    guard suffix.first != UInt8(ascii: ".") else { return .notANumber }
    guard let scale = find(suffix, scales) else { return .unknownSuffix(suffix) }
    let (denominator, overflow) = scale.denominator.multipliedReportingOverflow(by: decimals)
    return overflow ? .tooFine : scaled(value, scale.numerator, denominator)
  }

  /// Finds a suffix exactly as written or, if there is none, in any case; the order decides between
  /// several.
  private static func find(_ suffix: ArraySlice<UInt8>, _ scales: [NumberScale]) -> NumberScale? {
    let text = String(decoding: suffix, as: UTF8.self)
    return scales.first { $0.suffix == text } ?? scales.first { $0.suffix.lowercased() == text.lowercased() }
  }

  private static func scaled(_ value: UInt64, _ numerator: UInt64, _ denominator: UInt64) -> Outcome {
    let (high, low) = value.multipliedFullWidth(by: numerator)
    guard high < denominator else { return .tooLarge }
    let (quotient, remainder) = denominator.dividingFullWidth((high, low))
    return remainder == 0 ? .number(quotient) : .tooFine
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> Outcome {
    var value: UInt64 = 0
    for byte in digits {
      guard let digit = QueryLexer.hexadecimalDigit(byte) else { return .notANumber }
      guard value >> 60 == 0 else { return .tooLarge }
      value = value << 4 | UInt64(digit)
    }
    return .number(value)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
