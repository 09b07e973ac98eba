import Glibc

/// A POSIX regular expression: `regcomp(3)` and `regexec(3)`.
@safe package final class RegularExpression: Sendable {
  /// Why a text is not a regular expression.
  package struct CompileError: Error, Sendable, Hashable {
    /// The C library's text, such as `Unmatched ( or \(`.
    package let reason: String
  }

  private let compiled: Locked<regex_t>

  /// Compiles an expression.
  ///
  /// - Parameters:
  ///   - text: the expression, which ends at its first NUL.
  ///   - isExtended: whether it is extended (`REG_EXTENDED`) rather than basic.
  ///   - ignoresCase: whether upper and lower case are the same (`REG_ICASE`).
  package init(_ text: [UInt8], isExtended: Bool, ignoresCase: Bool) throws(CompileError) {
    var expression = unsafe regex_t()
    let flags = REG_NOSUB | (isExtended ? REG_EXTENDED : 0) | (ignoresCase ? REG_ICASE : 0)
    let pattern = text.map { CChar(bitPattern: $0) } + [0]
    let code = unsafe regcomp(&expression, pattern, flags)
    guard code == 0 else {
      var buffer: [CChar] = Array(repeating: 0, count: 256)
      _ = unsafe regerror(code, &expression, &buffer, buffer.count)
      throw CompileError(
        reason: String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    unsafe compiled = Locked(expression)
  }

  deinit {
    unsafe compiled.withLock { unsafe regfree(&$0) }
  }

  /// Whether the expression matches anywhere in a text, which ends at its first NUL.
  package func matches(_ text: [UInt8]) -> Bool {
    let subject = text.map { CChar(bitPattern: $0) } + [0]
    return unsafe compiled.withLock { unsafe regexec(&$0, subject, 0, nil, 0) == 0 }
  }
}
