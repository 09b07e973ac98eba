/// Bytes that are not in the form that the kernel gives them: what was being read, what is wrong
/// with it, and the bytes.
package struct DecodeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was being read, such as `netlink message` or `stat`.
  package let subject: String
  /// What is wrong with it, in words: "its length of 4 is less than that of its header".
  package let message: String
  /// The offset at which the thing begins in the bytes.
  package let offset: Int
  /// The bytes from there on, at most the first 120. They may hold anything.
  package let evidence: [UInt8]

  /// Makes an error about the thing that begins at an offset of the bytes.
  package init(_ subject: String, _ message: String, in bytes: Span<UInt8>, at offset: Int = 0) {
    self.subject = subject
    self.message = message
    self.offset = offset
    let start = max(0, min(offset, bytes.count))
    evidence = (start..<min(bytes.count, start + 120)).map { bytes[$0] }
  }

  /// The subject, the offset and the message in one line, without the bytes.
  package var description: String { "\(subject) at offset \(offset): \(message)" }
}
