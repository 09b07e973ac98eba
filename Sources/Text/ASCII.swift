/// ASCII bytes by name, for code that reads or writes text byte by byte.
///
/// A character that has no name here is written `UInt8(ascii: ",")`.
@usableFromInline
package enum ASCII {
  /// `\0`.
  @inlinable package static var null: UInt8 { 0x00 }
  /// `\t`.
  @inlinable package static var tab: UInt8 { 0x09 }
  /// `\n`.
  @inlinable package static var newline: UInt8 { 0x0A }
  /// `\r`.
  @inlinable package static var carriageReturn: UInt8 { 0x0D }
  /// ESC, with which a terminal's sequences begin.
  @inlinable package static var escape: UInt8 { 0x1B }
  /// The blank, the first of the bytes that are no controls.
  @inlinable package static var blank: UInt8 { 0x20 }
  /// `"`.
  @inlinable package static var quote: UInt8 { 0x22 }
  /// `'`.
  @inlinable package static var apostrophe: UInt8 { 0x27 }
  /// `,`.
  @inlinable package static var comma: UInt8 { 0x2C }
  /// `-`.
  @inlinable package static var hyphen: UInt8 { 0x2D }
  /// `.`.
  @inlinable package static var period: UInt8 { 0x2E }
  /// `/`.
  @inlinable package static var slash: UInt8 { 0x2F }
  /// `0`.
  @inlinable package static var zero: UInt8 { 0x30 }
  /// `:`.
  @inlinable package static var colon: UInt8 { 0x3A }
  /// `\`.
  @inlinable package static var backslash: UInt8 { 0x5C }
  /// DEL, the last of ASCII and a control as those below the blank.
  @inlinable package static var delete: UInt8 { 0x7F }

  /// `0` to `9`.
  @inlinable package static var digits: ClosedRange<UInt8> { 0x30...0x39 }
  /// `A` to `Z`.
  @inlinable package static var capitals: ClosedRange<UInt8> { 0x41...0x5A }
  /// `a` to `z`.
  @inlinable package static var smallLetters: ClosedRange<UInt8> { 0x61...0x7A }
  /// What is printed: from the blank to `~`.
  @inlinable package static var printable: ClosedRange<UInt8> { 0x20...0x7E }
}
