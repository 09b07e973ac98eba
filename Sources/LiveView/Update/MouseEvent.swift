internal import Text

/// A button of the mouse that was pressed or let go, or a step of its wheel.
package struct MouseEvent: Sendable, Hashable {
  /// A button.
  package enum Button: Sendable, Hashable {
    case left, middle, right
  }

  /// What was done with the mouse.
  package enum Kind: Sendable, Hashable {
    /// A button was pressed.
    case press(Button)
    /// A button was let go.
    case release
    /// The wheel was turned by one step: up is away from the user.
    case wheelUp, wheelDown
  }

  /// The keys that were held down.
  package struct Modifiers: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Shift. Most terminals keep it for a selection of their own.
    package static let shift = Modifiers(rawValue: 1 << 0)
    /// Alt, or Meta.
    package static let alt = Modifiers(rawValue: 1 << 1)
    /// Ctrl.
    package static let control = Modifiers(rawValue: 1 << 2)
  }

  /// What was done.
  package var kind: Kind
  /// Where, from 0 at the left and at the top.
  package var column, row: Int
  /// The keys that were held down.
  package var modifiers: Modifiers

  package init(_ kind: Kind, column: Int, row: Int, modifiers: Modifiers = []) {
    self.kind = kind
    self.column = column
    self.row = row
    self.modifiers = modifiers
  }

  /// The event of a code as xterm reports it (ctlseqs, "Mouse Tracking"): the button in bits 0 and
  /// 1, modifiers in bits 2 to 4, 32 for a movement, 64 for the wheel, 128 for more buttons.
  ///
  /// `nil` for what is no event here: movements, the wheel to the side, more buttons.
  ///
  /// - Parameters:
  ///   - isRelease: whether a button was let go, where the code does not say so itself.
  ///   - column: the column, from 1.
  ///   - row: the row, from 1.
  init?(code: Int, isRelease: Bool, column: Int, row: Int) {
    guard column > 0, row > 0, code & ~0x7F == 0, code & 32 == 0 else { return nil }
    let number = code & 3
    if code & 64 != 0 {
      guard !isRelease, number < 2 else { return nil }
      kind = number == 0 ? .wheelUp : .wheelDown
    } else if isRelease || number == 3 {
      kind = .release
    } else {
      kind = .press([.left, .middle, .right][number])
    }
    modifiers = Modifiers(rawValue: UInt8(code >> 2 & 7))
    self.column = column - 1
    self.row = row - 1
  }
}

extension MouseEvent {
  /// The event of an SGR report of the mouse (DECSET 1006): `ESC [ < code ; column ; row`, then `M`,
  /// or `m` when a button was let go. `nil` for what is none.
  init?(report parameters: ArraySlice<UInt8>, final: UInt8) {
    guard final == UInt8(ascii: "M") || final == UInt8(ascii: "m") else { return nil }
    let numbers = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { digits in
      digits.isEmpty || digits.count > 5 || !digits.allSatisfy(ASCII.digits.contains)
        ? -1 : digits.reduce(0) { $0 * 10 + Int($1 - ASCII.zero) }
    }
    guard numbers.count == 3, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    self.init(code: numbers[0], isRelease: final == UInt8(ascii: "m"), column: numbers[1], row: numbers[2])
  }
}
