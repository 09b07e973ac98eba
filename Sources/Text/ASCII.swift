/// ASCII bytes by name, for code that reads or writes text byte by byte.
///
/// A character that has no name here is written `UInt8(ascii: ",")`.
@usableFromInline
package enum ASCII {
  /// `\0`.
  @inlinable package static var null: UInt8 { UInt8(ascii: "\0") }
  /// BEL, which ends a command to a terminal.
  @inlinable package static var bell: UInt8 { UInt8(ascii: "\u{07}") }
  /// `\t`.
  @inlinable package static var tab: UInt8 { UInt8(ascii: "\t") }
  /// `\n`.
  @inlinable package static var newline: UInt8 { UInt8(ascii: "\n") }
  /// `\r`.
  @inlinable package static var carriageReturn: UInt8 { UInt8(ascii: "\r") }
  /// ESC, which begins the control sequences of a terminal.
  @inlinable package static var escape: UInt8 { UInt8(ascii: "\u{1B}") }
  /// The blank, the first byte that is not a control character.
  @inlinable package static var blank: UInt8 { UInt8(ascii: " ") }
  /// `"`.
  @inlinable package static var quote: UInt8 { UInt8(ascii: "\"") }
  /// `'`.
  @inlinable package static var apostrophe: UInt8 { UInt8(ascii: "'") }
  /// `,`.
  @inlinable package static var comma: UInt8 { UInt8(ascii: ",") }
  /// `-`.
  @inlinable package static var hyphen: UInt8 { UInt8(ascii: "-") }
  /// `.`.
  @inlinable package static var period: UInt8 { UInt8(ascii: ".") }
  /// `/`.
  @inlinable package static var slash: UInt8 { UInt8(ascii: "/") }
  /// `0`.
  @inlinable package static var zero: UInt8 { UInt8(ascii: "0") }
  /// `:`.
  @inlinable package static var colon: UInt8 { UInt8(ascii: ":") }
  /// `\`.
  @inlinable package static var backslash: UInt8 { UInt8(ascii: "\\") }
  /// DEL, the last byte of ASCII; a control character like those below the blank.
  @inlinable package static var delete: UInt8 { UInt8(ascii: "\u{7F}") }

  /// `0` to `9`.
  @inlinable package static var digits: ClosedRange<UInt8> { UInt8(ascii: "0")...UInt8(ascii: "9") }
  /// `A` to `Z`.
  @inlinable package static var capitals: ClosedRange<UInt8> { UInt8(ascii: "A")...UInt8(ascii: "Z") }
  /// `a` to `z`.
  @inlinable package static var smallLetters: ClosedRange<UInt8> { UInt8(ascii: "a")...UInt8(ascii: "z") }
  /// The bit that a small letter has and its capital lacks.
  @inlinable package static var caseBit: UInt8 { UInt8(ascii: "a") ^ UInt8(ascii: "A") }
  /// The printable bytes, from the blank to `~`.
  @inlinable package static var printable: ClosedRange<UInt8> { UInt8(ascii: " ")...UInt8(ascii: "~") }
}
