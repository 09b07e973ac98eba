import CLinux
import Glibc

/// The sources of user and host names besides the files in /etc.
///
/// The C library asks modules that it loads when a name is looked up, according to
/// `/etc/nsswitch.conf`. In a fully static program that would load a second C library into the
/// process, which crashes with some modules. Such a program reads the files itself, and asks
/// getent(1) for the rest.
enum NameServices {
  /// Whether `getpwuid_r(3)`, `getaddrinfo(3)` and similar functions may be called.
  static let areInLibrary = sockinspect_is_static() == 0

  /// Whether the text of an nsswitch.conf(5) names a source besides `files` for a database, such as
  /// `passwd`.
  ///
  /// - Parameter unnamed: the answer for a database that the text does not name.
  static func hasMoreThanFiles(_ database: String, in text: [UInt8], unnamed: Bool) -> Bool {
    let name = Array(database.utf8)
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let parts = line.prefix { $0 != UInt8(ascii: "#") }.split(separator: UInt8(ascii: ":"), maxSplits: 1)
      guard parts.count == 2, parts[0].filter({ !isBlank($0) }) == name else { continue }
      // The part in brackets says what to do after an answer.
      let sources = parts[1].split(whereSeparator: isBlank).filter { $0.first != UInt8(ascii: "[") }
      return sources.contains { !$0.elementsEqual("files".utf8) }
    }
    return unnamed
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  /// The content of a file in /etc; empty when it cannot be read.
  static func file(_ path: String) -> [UInt8] {
    guard let file = try? Descriptor.open(path) else { return [] }
    var bytes: [UInt8] = []
    return (try? file.readAll(into: &bytes, limit: 16 << 20)) == nil ? [] : bytes
  }
}

/// getent(1) as a child process: it asks the C library's modules, without this program loading
/// them.
struct Getent: Sendable {
  /// Its file.
  let program: String

  /// The machine's own; `nil` when there is none, as in most container images.
  ///
  /// It is looked for only in the system's own folders, because PATH may lead to a program of any
  /// user.
  static let system: Getent? = ["/usr/bin/getent", "/bin/getent", "/run/current-system/sw/bin/getent"]
    .first { (path: String) in unsafe access(path, X_OK) == 0 }.map { Getent(program: $0) }

  /// The output, and whether the child ended in time.
  struct Answer {
    var text: [UInt8] = []
    var isLate = false
  }

  /// The most bytes that are read of one answer.
  private static let longest = 1 << 20

  /// Asks for the entries of some keys: `getent DATABASE KEY ...`.
  ///
  /// The child gets only a pipe of this process's descriptors, and has ended and been waited for
  /// when this returns.
  ///
  /// - Parameters:
  ///   - deadline: when to give up, in milliseconds of ``Clock/monotonicMilliseconds()``.
  func ask(_ database: String, for keys: [String], until deadline: Int) -> Answer {
    var answer = Answer()
    guard let pipe = try? Pipe(), let nothing = try? Descriptor.open("/dev/null"),
      let child = try? ChildProcess.start(
        program, arguments: ([program, database, "--"] + keys).map { Array($0.utf8) },
        descriptors: [(nothing.number, 0), (pipe.writing.number, 1), (nothing.number, 2)])
    else { return answer }
    defer { child.end() }
    let reading = pipe.intoReading()
    var buffer: [UInt8] = Array(repeating: 0, count: 4096)
    while answer.text.count < Self.longest {
      let left = deadline - Clock.monotonicMilliseconds()
      guard left > 0 else {
        answer.isLate = true
        break
      }
      var wait = pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&wait, 1, Int32(clamping: left))
      if ready == 0 || ready < 0 && errno == EINTR { continue }
      guard ready > 0, let count = try? reading.read(into: &buffer), count > 0 else { break }
      answer.text += buffer.prefix(count)
    }
    return answer
  }

  /// Whether a text can be a key: it must be one line, and not an option.
  static func canBeKey(_ text: String) -> Bool {
    !text.isEmpty
      && !text.utf8.contains { $0 <= UInt8(ascii: " ") || $0 == UInt8(ascii: "\u{7F}") || $0 == UInt8(ascii: ":") }
  }
}
