package import SocketModel

/// A choice of the terminal's 16 colours that can be read on its background.
///
/// Which colour a number stands for is the terminal's choice, and its themes differ: green is dark
/// in one and bright in another. The colours of each palette have a contrast of 3:1 at least, the
/// least that WCAG 2.1 asks of large text and of signs (1.4.3, 1.4.11), in the colours of xterm, of
/// the VGA and the Linux console, of macOS' Terminal and of Tango.
package enum Palette: String, Sendable, Hashable, CaseIterable {
  /// For a dark background: bright red and magenta, because the plain ones are too dark in some
  /// terminals.
  case dark
  /// For a light background: no green, cyan, yellow or bright colour.
  case light
  /// For a background that is not known: the two colours that can be read on black and white, and
  /// bold.
  case neutral

  /// The palette for a background, by its WCAG luminance: where black has as much contrast to it as
  /// white, one gives way to the other.
  ///
  /// - Parameters: red, green and blue of the background, 0...1, in sRGB.
  package init(forBackground red: Double, _ green: Double, _ blue: Double) {
    self = Self.luminance(red, green, blue) > 0.179 ? .light : .dark
  }

  /// The palette that the environment of a program suggests: by `COLORFGBG`, which rxvt and Konsole
  /// set to the numbers of the colours of text and background; the Linux console is dark.
  ///
  /// - Parameter variable: the value of a variable of the environment.
  package init(environment variable: (String) -> String?) {
    let number = variable("COLORFGBG")?.split(separator: ";").last.flatMap { Int($0) }
    switch number {
    case .some(0...6), .some(8): self = .dark
    case .some(7), .some(9...15): self = .light
    default: self = variable("TERM") == "linux" ? .dark : .neutral
    }
  }

  /// The relative luminance of a colour of sRGB (WCAG 2.1): 0 for black, 1 for white.
  ///
  /// A cubic stands for the power of 2.4 in the definition, which would need the C library; it is
  /// never more than 0.005 away from it.
  package static func luminance(_ red: Double, _ green: Double, _ blue: Double) -> Double {
    func linear(_ part: Double) -> Double {
      let part = min(max(part, 0), 1)
      return part * (part * (part * 0.305_306_011 + 0.682_171_111) + 0.012_522_878)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}

extension Palette {
  /// The escape sequence of the colour of a mark beside a row where something has just happened.
  package func start(ofMark kind: SocketEvent.Kind) -> String {
    switch (kind, self) {
    case (.opened, .dark): "\u{1B}[32m"
    case (.opened, .light): "\u{1B}[34m"
    case (.opened, .neutral): "\u{1B}[1m"
    case (.changed, _): Colour.passing.start(in: self)
    case (.closed, .light), (.missed, .light): "\u{1B}[31m"
    case (.closed, _), (.missed, _): "\u{1B}[91m"
    }
  }
}

extension Colour {
  /// The escape sequence that switches the colour on in a palette; empty where it has none.
  package func start(in palette: Palette) -> String {
    let (dark, light, neutral): (String, String, String) =
      switch self {
      case .plain: ("", "", "")
      case .heading: ("1;4", "1;4", "1;4")
      case .good: ("32", "", "")
      case .open: ("36", "34", "1")
      case .passing: ("95", "35", "35")
      case .attention: ("1;91", "1;31", "1;91")
      case .changed: ("1", "1", "1")
      // Faint (ECMA-48, 8.3.117) is the text's own colour at about two thirds: bright black is too
      // dark on black in half of the terminals.
      case .faint: ("2", "90", "2")
      }
    let parameters =
      switch palette {
      case .dark: dark
      case .light: light
      case .neutral: neutral
      }
    return parameters.isEmpty ? "" : "\u{1B}[\(parameters)m"
  }
}
