internal import Text

extension TarEntry {
  /// The header of an entry, with its name and target where they are too long for that: what comes
  /// before its content.
  ///
  /// It is in the form of GNU tar, in which names are any bytes of any length. POSIX records would
  /// have to be text. Files and folders are for their owner only, who is root to a root that unpacks
  /// them.
  ///
  /// - Parameters:
  ///   - kind: a file, a folder or a symbolic link.
  ///   - path: its path in the archive, without a slash at the end.
  ///   - target: the target of a link.
  ///   - size: the size of a file in bytes, below 8 GiB.
  ///   - time: seconds since 1970.
  package static func header(
    _ kind: TarHeader.Kind, path: [UInt8], target: [UInt8] = [], size: Int = 0, time: Int64
  ) -> [UInt8] {
    var output: [UInt8] = []
    let path = kind == .folder ? path + [ASCII.slash] : path
    // A name may fill its member without a NUL.
    if target.count > targetSize { append(long: target, "K", to: &output) }
    if path.count > nameSize { append(long: path, "L", to: &output) }
    let (type, mode): (UInt8, Int) =
      switch kind {
      case .folder: (UInt8(ascii: "5"), 0o700)
      case .symbolicLink: (UInt8(ascii: "2"), 0o777)
      default: (UInt8(ascii: "0"), 0o600)
      }
    append(path: path, target: target, type: type, mode: mode, size: size, time: Int(clamping: time), to: &output)
    return output
  }

  /// How many zeros follow a content of a size.
  package static func padding(behind size: Int) -> Int {
    (TarHeader.blockSize - size % TarHeader.blockSize) % TarHeader.blockSize
  }

  /// The end of an archive with some bytes: two empty blocks, and more up to a whole record of
  /// 10 KiB.
  package static func end(of size: Int) -> [UInt8] {
    let record = 20 * TarHeader.blockSize
    let whole = (size + 2 * TarHeader.blockSize + record - 1) / record * record
    return Array(repeating: 0, count: whole - size)
  }

  private static let nameSize = 100
  private static let targetSize = 100

  private static func append(long text: [UInt8], _ type: Unicode.Scalar, to output: inout [UInt8]) {
    append(
      path: Array("././@LongLink".utf8), target: [], type: UInt8(ascii: type), mode: 0, size: text.count + 1, time: 0,
      to: &output)
    output += text
    output.append(0)
    output.append(contentsOf: repeatElement(0, count: padding(behind: text.count + 1)))
  }

  private static func append(
    path: [UInt8], target: [UInt8], type: UInt8, mode: Int, size: Int, time: Int, to output: inout [UInt8]
  ) {
    var block: [UInt8] = Array(repeating: 0, count: TarHeader.blockSize)
    func put(_ bytes: some Sequence<UInt8>, at offset: Int, most: Int) {
      for (index, byte) in bytes.prefix(most).enumerated() { block[offset + index] = byte }
    }
    func put(_ number: Int, at offset: Int, digits: Int) {
      let text = String(max(0, number), radix: 8)
      put((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8, at: offset, most: digits)
    }
    put(path, at: 0, most: nameSize)
    put(mode, at: 100, digits: 7)
    put(0, at: 108, digits: 7)
    put(0, at: 116, digits: 7)
    put(size, at: 124, digits: 11)
    put(time, at: 136, digits: 11)
    block[156] = type
    put(target, at: 157, most: targetSize)
    put("ustar  ".utf8, at: 257, most: 7)
    for index in TarHeader.checksumBytes { block[index] = ASCII.blank }
    put(block.reduce(0) { $0 + Int($1) }, at: TarHeader.checksumBytes.lowerBound, digits: 6)
    block[TarHeader.checksumBytes.lowerBound + 6] = 0
    output += block
  }
}
