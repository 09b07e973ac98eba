internal import Text

/// The file `interfaces` of a captured tree, beside the folder of tables: the names of the network
/// interfaces of the namespace, `INDEX NAME` in a line each, in the form of ``CapturedControlGroups``.
package enum CapturedInterfaces {
  /// The name of the file.
  package static let fileName = "interfaces"
  /// The most bytes of the file that are read.
  package static let longest = 4 << 20

  /// Parses the file. Lines of another form are left out.
  package static func parse(_ bytes: Span<UInt8>) -> [UInt32: [UInt8]] {
    var names: [UInt32: [UInt8]] = [:]
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != ASCII.newline { end += 1 }
      let words = CapturedWord.words(of: bytes.extracting(start..<end)) ?? []
      start = end + 1
      guard words.count == 2, let index = words[0], let name = words[1],
        let index = decimalNumber(index.span).flatMap({ UInt32(exactly: $0) })
      else { continue }
      names[index] = name
    }
    return names
  }

  /// The content of the file.
  package static func encoded(_ names: [UInt32: [UInt8]]) -> [UInt8] {
    var output: [UInt8] = []
    for (index, name) in names.sorted(by: { $0.key < $1.key }) {
      output.append(contentsOf: "\(index)".utf8)
      CapturedWord.append(name, to: &output)
      output.append(ASCII.newline)
    }
    return output
  }
}

extension Redaction {
  /// The names of interfaces with substitutes; `lo`, which every machine has, stays.
  package mutating func interfaces(_ names: [UInt32: [UInt8]]) -> [UInt32: [UInt8]] {
    var output: [UInt32: [UInt8]] = [:]
    for (index, name) in names.sorted(by: { $0.key < $1.key }) {
      output[index] = name.elementsEqual("lo".utf8) ? name : text(.interface, name)
    }
    return output
  }
}
