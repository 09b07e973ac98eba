import KernelFormats
import LinuxSystem
import Text

/// A capture in a tar archive, written from its beginning to its end.
///
/// The entries are in the order in which they are written, belong to nobody in particular and have
/// one time.
final class CaptureArchive: CaptureOutput {
  /// Where the archive goes.
  enum Destination: ~Copyable {
    /// A new file.
    case file(Descriptor)
    /// Standard output.
    case standardOutput
  }

  private let destination: Destination
  /// The time of all entries: seconds since 1970.
  private let time: Int64
  /// What was not written yet.
  private var pending: [UInt8] = []
  /// How many bytes were written.
  private var written = 0
  /// The file that was begun. A header has the size of its file, so that it is written when that is
  /// known.
  private var file: (path: String, bytes: [UInt8])?

  /// How many bytes are written at once.
  private static let writeSize = 262_144

  init(_ destination: consuming Destination, time: Int64) {
    self.destination = destination
    self.time = time
  }

  func makeFolder(_ path: String) throws(SystemError) {
    pending += TarEntry.header(.folder, path: Array(path.utf8), time: time)
    try flush(beyond: Self.writeSize)
  }

  func write(_ path: String, _ bytes: Span<UInt8>) throws(SystemError) {
    pending += TarEntry.header(.file, path: Array(path.utf8), size: bytes.count, time: time)
    if bytes.count >= Self.writeSize {
      try flush(beyond: 0)
      try put(bytes)
    } else {
      pending.append(bytes)
    }
    pending.append(contentsOf: repeatElement(0, count: TarEntry.padding(behind: bytes.count)))
    try flush(beyond: Self.writeSize)
  }

  func makeLink(_ path: String, to target: [UInt8]) throws(SystemError) {
    pending += TarEntry.header(.symbolicLink, path: Array(path.utf8), target: target, time: time)
    try flush(beyond: Self.writeSize)
  }

  func begin(_ path: String) throws(SystemError) { file = (path, []) }

  func append(_ bytes: Span<UInt8>) throws(SystemError) { file?.bytes.append(bytes) }

  func finish() throws(SystemError) {
    guard let (path, bytes) = file else { return }
    file = nil
    try write(path, bytes.span)
  }

  /// Writes what is left, and the end of the archive.
  func close() throws(SystemError) {
    try flush(beyond: 0)
    let end = TarEntry.end(of: written)
    try put(end.span)
  }

  private func flush(beyond limit: Int) throws(SystemError) {
    guard pending.count > limit else { return }
    var bytes: [UInt8] = []
    swap(&bytes, &pending)
    try put(bytes.span)
    bytes.removeAll(keepingCapacity: true)
    swap(&bytes, &pending)
  }

  private func put(_ bytes: Span<UInt8>) throws(SystemError) {
    switch destination {
    case .file(let file): try file.writeAll(bytes)
    case .standardOutput: try StandardStream.output.write(bytes)
    }
    written += bytes.count
  }
}
