package import SocketModel
import Text

extension UnixName {
  /// The arguments with which the listing shows the sockets of this name; for a name that needs
  /// quotes, those for all unix sockets.
  package var listingArguments: String {
    let isPlain = display.allSatisfy { byte in
      let character = Character(Unicode.Scalar(byte))
      return character.isASCII && (character.isLetter || character.isNumber || "@/._-".contains(character))
    }
    return isPlain ? "-x 'path = \(String(decoding: display, as: UTF8.self))'" : "-x"
  }
}
