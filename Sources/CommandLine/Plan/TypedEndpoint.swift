import Lesson
import Options
import SocketModel
import Text

/// An address and a port as they are typed after a command, `[ADDRESS:]PORT`: `8080`, `:8080`,
/// `*:8080`, `127.0.0.1:8080`, `[::1]:8080` or `[fe80::1%eth0]:http`.
struct TypedEndpoint {
  /// The address or name before the port; `nil` for every address.
  let host: String?
  /// The port: a number or the name of a service, which is not checked yet.
  let port: String

  /// Splits a word that was typed after a command.
  init(_ word: String, of command: String, in language: Language) throws(UsageError) {
    let bracketed = Self.withoutBrackets(word)
    if let address = bracketed.flatMap(Self.address) ?? IPAddress(word) {
      let bare = bracketed ?? word
      let host = address.isIPv4 ? bare : "[\(bare)]"
      throw UsageError(
        language("\(command): \(quoted(word)) has no port", "\(command): \(quoted(word)) no tiene puerto"),
        [language("type: ", "escribe: ") + "sockinspect \(command) '\(host):8080'"])
    }
    guard let colon = word.lastIndex(of: ":") else {
      (host, port) = (nil, word)
      return
    }
    port = String(word[word.index(after: colon)...])
    let name = String(word[..<colon])
    if let inner = Self.withoutBrackets(name) {
      guard let address = Self.address(inner), !address.isIPv4 else {
        throw UsageError(
          language(
            "\(command): \(quoted(inner)) is not an IPv6 address",
            "\(command): \(quoted(inner)) no es una dirección IPv6"))
      }
      host = inner
    } else if name.contains(where: { ":[]/ ".contains($0) }) {
      throw UsageError(
        language(
          "\(command): \(quoted(word)) is no address and port", "\(command): \(quoted(word)) no es dirección y puerto"),
        [language("an IPv6 address has brackets: [::1]:8080", "una dirección IPv6 lleva corchetes: [::1]:8080")])
    } else if name.contains(",") {
      throw UsageError(
        language("\(command): one address at a time", "\(command): una dirección cada vez"),
        [language("for example: ", "por ejemplo: ") + "sockinspect \(command) 127.0.0.1:8080"])
    } else {
      host = name.isEmpty || name == "*" ? nil : name
    }
  }

  /// Whether a text consists of digits.
  static func isNumber(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { ASCII.digits.contains($0) }
  }

  /// The text between brackets; `nil` without them.
  private static func withoutBrackets(_ text: String) -> String? {
    text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : nil
  }

  /// An address, behind which an interface may be named.
  private static func address(_ text: String) -> IPAddress? { IPAddress(String(text.prefix { $0 != "%" })) }
}
