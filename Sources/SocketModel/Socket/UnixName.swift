/// The name of a unix socket: raw bytes, of a path or of the abstract namespace.
///
/// `bytes` has the form of the kernel's `sun_path`: an abstract name begins with NUL and may hold
/// more of them; a path has none. Names need not be UTF-8 and may hold blanks, newlines and escape
/// sequences: they must be escaped before they are shown.
public struct UnixName: Sendable, Hashable {
  /// The raw bytes, at least one.
  public let bytes: [UInt8]

  /// Makes a name from its raw bytes.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Whether the name is in the abstract namespace.
  public var isAbstract: Bool { bytes.first == 0 }

  /// The bytes as every tool shows them before escaping: each NUL of an abstract name as `@`.
  public var display: [UInt8] { isAbstract ? bytes.map { $0 == 0 ? UInt8(ascii: "@") : $0 } : bytes }
}

/// Many unix names in one buffer.
public struct UnixNames: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [UInt32] = []

  /// Makes an empty store.
  public init() {}

  /// How many names there are.
  public var count: Int { ends.count }

  /// Adds a name and returns its index.
  public mutating func append(_ name: Span<UInt8>) -> UInt32 {
    for index in name.indices { bytes.append(name[index]) }
    ends.append(UInt32(bytes.count))
    return UInt32(ends.count - 1)
  }

  /// Drops all names but the first `count`.
  package mutating func truncate(to count: Int) {
    bytes.removeLast(bytes.count - (count == 0 ? 0 : Int(ends[count - 1])))
    ends.removeLast(ends.count - count)
  }

  /// The name with an index that ``append(_:)`` returned.
  public subscript(index: Int) -> UnixName {
    UnixName(bytes: Array(bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]))
  }
}
