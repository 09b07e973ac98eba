import CLinux
import Glibc

/// Character classes of the user's locale.
package enum CharacterClasses {
  /// Adopts the character set that the environment asks for (`LC_ALL`, `LC_CTYPE`, `LANG`), and
  /// returns whether it is UTF-8.
  ///
  /// The C function is `setlocale`; before it is called the C library knows ASCII only.
  package static func adoptEnvironment() -> Bool {
    guard unsafe setlocale(LC_CTYPE, "") != nil, let name = unsafe nl_langinfo(nl_item(CODESET)) else { return false }
    return unsafe String(cString: name) == "UTF-8"
  }

  /// Whether the adopted locale can print a character. The C function is `iswprint`.
  package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool { sockinspect_is_printable(scalar.value) != 0 }
}
