import LinuxSystem

/// Reads a command line by lsof's own rules (`GetOpt` of its `main.c`): options are letters after
/// `-` or `+`, alone or in clusters. Many take a value that may be missing: in that case the code
/// that handles the option puts the value back, and its bytes are read as options. ``LsofOptions``
/// has the letters that exist and which of them may have a value.
///
/// `--root DIR` and `--netns NAMESPACE`, which are this program's own, may appear between the
/// options.
struct LsofScanner {
  /// The result of ``next()``.
  enum Event {
    /// An option.
    case option(UInt8)
    /// A letter that is not an option.
    case unknown(UInt8)
    /// The end of the options: the rest are names.
    case end
  }

  private let arguments: [[UInt8]]
  private var index = 0
  private var offset = 0
  private var valueIndex = 0
  private var valueOffset = 0
  /// `-` or `+`, whichever the option's argument began with.
  private(set) var sign: UInt8 = UInt8(ascii: "-")
  /// The possible value of the option; `nil` when nothing is left.
  private(set) var value: [UInt8]?
  /// The folder of `--root`.
  private(set) var root: String?
  /// The value of `--netns`.
  private(set) var netns: String?
  /// What is wrong with `--root` or `--netns`.
  private(set) var rootProblem: String?

  init(_ arguments: [String]) { self.arguments = arguments.map(\.rawBytes) }

  /// The arguments after the options.
  var names: ArraySlice<[UInt8]> { arguments[min(index, arguments.count)...] }

  /// The next option.
  mutating func next() -> Event {
    if offset == 0 {
      takeOwnOptions()
      guard index < arguments.count, arguments[index].count > 1, Self.isSign(arguments[index][0]) else { return .end }
      if arguments[index] == [UInt8(ascii: "-"), UInt8(ascii: "-")]
        || arguments[index] == [UInt8(ascii: "+"), UInt8(ascii: "+")]
      {
        index += 1
        return .end
      }
      sign = arguments[index][0]
      offset = 1
    }
    let letter = arguments[index][offset]
    value = nil
    guard let mayHaveValue = LsofOptions.mayHaveValue(letter) else {
      advance()
      return .unknown(letter)
    }
    if mayHaveValue { takeValue() } else { advance() }
    return .option(letter)
  }

  /// The value as text that does not begin with a sign. Most options take it like that, and treat
  /// anything else as the next option: that is put back.
  mutating func optionalValue() -> [UInt8]? {
    guard let value, value.first.map({ !Self.isSign($0) }) ?? true else {
      if value != nil { putBack(from: 0) }
      return nil
    }
    return value
  }

  /// Puts back the value's bytes from `start` on, to be read as options.
  mutating func putBack(from start: Int) {
    index = valueIndex
    offset = valueOffset + start
  }

  static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }

  private mutating func advance() {
    offset += 1
    if offset == arguments[index].count {
      index += 1
      offset = 0
    }
  }

  private mutating func takeValue() {
    if offset + 1 < arguments[index].count {
      valueIndex = index
      valueOffset = offset + 1
      value = Array(arguments[index][valueOffset...])
      index += 1
    } else {
      index += 1
      takeOwnOptions()
      valueIndex = index
      valueOffset = 0
      if index < arguments.count, arguments[index] != [UInt8(ascii: "-"), UInt8(ascii: "-")] {
        value = arguments[index]
        index += 1
      }
    }
    offset = 0
  }

  private mutating func takeOwnOptions() {
    while true {
      if let value = takeOwn("--root", of: "a folder") {
        root = value
      } else if let value = takeOwn("--netns", of: "a network namespace") {
        netns = value
      } else {
        return
      }
    }
  }

  /// Takes an option of this program with its value; `nil` when another argument is next. Without a
  /// value, which is a mistake, it is empty.
  private mutating func takeOwn(_ option: StaticString, of what: String) -> String? {
    let prefix = Array(option.description.utf8)
    guard index < arguments.count, arguments[index].starts(with: prefix) else { return nil }
    let rest = arguments[index].dropFirst(prefix.count)
    if rest.first == UInt8(ascii: "=") {
      index += 1
      return String(raw: Array(rest.dropFirst()))
    }
    if rest.isEmpty, index + 1 < arguments.count {
      index += 2
      return String(raw: arguments[index - 1])
    }
    rootProblem = "\(option) needs \(what) behind it"
    index += 1
    return ""
  }
}
