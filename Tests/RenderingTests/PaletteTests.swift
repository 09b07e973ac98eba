import Foundation
import Rendering
import SocketModel
import TestSupport
import Testing

/// The palettes on the backgrounds that they are for, in the colours of the terminals in use.
///
/// The values are those of `xterm`'s XTerm-col.ad, of the VGA's palette, of the Linux console
/// (`default_red` and so on in drivers/tty/vt/vt.c), of macOS' Terminal ("Basic") and of Tango
/// (GNOME Terminal), in the order of SGR 30 to 37 and 90 to 97.
@Suite("Palettes", .timeLimited)
struct PaletteTests {
  typealias RGB = (Int, Int, Int)

  struct Terminal: Sendable, CustomStringConvertible {
    let description: String
    let colours: [RGB]
  }

  static let terminals = [
    Terminal(
      description: "xterm",
      colours: [
        (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
        (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
        (255, 255, 255),
      ]),
    Terminal(
      description: "VGA",
      colours: [
        (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
        (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255),
        (255, 255, 255),
      ]),
    Terminal(
      description: "macOS Terminal",
      colours: [
        (0, 0, 0), (153, 0, 0), (0, 166, 0), (153, 153, 0), (0, 0, 178), (178, 0, 178), (0, 166, 178), (191, 191, 191),
        (102, 102, 102), (230, 0, 0), (0, 217, 0), (230, 230, 0), (0, 0, 255), (230, 0, 230), (0, 230, 230),
        (230, 230, 230),
      ]),
    Terminal(
      description: "Tango",
      colours: [
        (46, 52, 54), (204, 0, 0), (78, 154, 6), (196, 160, 0), (52, 101, 164), (117, 80, 123), (6, 152, 154),
        (211, 215, 207), (85, 87, 83), (239, 41, 41), (138, 226, 52), (252, 233, 79), (114, 159, 207), (173, 127, 168),
        (52, 226, 226), (238, 238, 236),
      ]),
  ]

  private static let black: RGB = (0, 0, 0)
  private static let darkGrey: RGB = (30, 30, 30)
  private static let white: RGB = (255, 255, 255)
  private static let ivory: RGB = (255, 255, 240)

  private static func backgrounds(_ palette: Palette) -> [RGB] {
    switch palette {
    case .dark: [black, darkGrey]
    case .light: [white, ivory]
    case .neutral: [black, white]
    }
  }

  /// WCAG 2.1, "relative luminance".
  private static func luminance(_ colour: RGB) -> Double {
    func linear(_ part: Int) -> Double {
      let part = Double(part) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
  }

  /// WCAG 2.1, "contrast ratio".
  private static func contrast(_ one: RGB, _ other: RGB) -> Double {
    let (a, b) = (luminance(one), luminance(other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// The colours that a sequence may give text on a background: bold makes a plain colour bright in
  /// some terminals; faint text is mixed with the background, two parts to one (VTE).
  private static func colours(_ sequence: String, _ terminal: Terminal, on background: RGB) -> [RGB] {
    let numbers = sequence.dropFirst(2).dropLast().split(separator: ";").compactMap { Int($0) }
    var colours: [RGB] = []
    for number in numbers {
      switch number {
      case 30...37:
        colours.append(terminal.colours[number - 30])
        if numbers.contains(1) { colours.append(terminal.colours[number - 30 + 8]) }
      case 90...97: colours.append(terminal.colours[number - 90 + 8])
      case 2:
        let isLight = luminance(background) > 0.5
        let text = isLight ? black : terminal.colours[7]
        func mix(_ one: Int, _ other: Int) -> Int { (2 * one + other) / 3 }
        colours.append((mix(text.0, background.0), mix(text.1, background.1), mix(text.2, background.2)))
      default: break
      }
    }
    return colours
  }

  private static func sequences(_ palette: Palette) -> [String] {
    Colour.allCases.map { $0.start(in: palette) } + SocketEvent.Kind.allCases.map { palette.start(ofMark: $0) }
  }

  @Test("each colour of a palette has a contrast of 3:1 on its backgrounds", arguments: Palette.allCases, terminals)
  func contrasts(_ palette: Palette, _ terminal: Terminal) {
    var count = 0
    for background in Self.backgrounds(palette) {
      for sequence in Self.sequences(palette) {
        for colour in Self.colours(sequence, terminal, on: background) {
          count += 1
          let contrast = Self.contrast(colour, background)
          #expect(contrast >= 3, "\(sequence.dropFirst()) on \(background): \(contrast)")
        }
      }
    }
    #expect(count >= 8)
  }

  @Test("the measure finds what cannot be read: the yellow of listings' forebears on white")
  func measure() {
    #expect(Self.contrast(Self.black, Self.white) == 21)
    for terminal in Self.terminals { #expect(Self.contrast(terminal.colours[3], Self.white) < 5.5) }
    #expect(Self.contrast(Self.terminals[0].colours[3], Self.white) < 2)
    #expect(Self.contrast(Self.terminals[0].colours[2], Self.white) < 3)
  }

  @Test("a light background has no yellow and no bright colour but the grey of what hardly matters")
  func light() {
    let codes = Set(Self.sequences(.light).flatMap { $0.dropFirst(2).dropLast().split(separator: ";") })
    #expect(codes.isDisjoint(with: ["33", "91", "92", "93", "94", "95", "96", "97"]))
  }

  @Test("states that differ in kind differ in each palette, except those that are plain")
  func different() {
    for palette in Palette.allCases {
      let sequences = [Colour.good, .open, .passing, .attention, .faint].map { $0.start(in: palette) }
      #expect(Set(sequences).count == sequences.count)
    }
  }

  @Test("the luminance without the power is near that of the definition")
  func approximate() {
    for part in 0...255 {
      for colour: RGB in [(part, part, part), (part, 0, 0), (0, part, 0), (0, 0, part)] {
        let near = Palette.luminance(Double(colour.0) / 255, Double(colour.1) / 255, Double(colour.2) / 255)
        #expect(abs(near - Self.luminance(colour)) < 0.005)
      }
    }
  }

  @Test(
    "the palette follows the background",
    arguments: [
      ((0, 0, 0), Palette.dark), ((46, 52, 54), .dark), ((0, 43, 54), .dark), ((255, 255, 255), .light),
      ((253, 246, 227), .light), ((255, 255, 221), .light), ((48, 10, 36), .dark),
    ])
  func background(_ colour: RGB, _ expected: Palette) {
    let (red, green, blue) = (Double(colour.0) / 255, Double(colour.1) / 255, Double(colour.2) / 255)
    #expect(Palette(forBackground: red, green, blue) == expected)
  }

  @Test(
    "without an answer of the terminal the environment decides, or nothing does",
    arguments: [
      ("15;0", "xterm", Palette.dark), ("0;15", "xterm", .light), ("0;default;15", "rxvt", .light),
      ("15;default;0", "rxvt", .dark), ("12;8", "xterm", .dark), ("0;7", "linux", .light), ("", "linux", .dark),
      ("", "xterm-256color", .neutral), ("0;default", "rxvt", .neutral), ("rubbish", "screen", .neutral),
    ])
  func environment(_ colours: String, _ kind: String, _ expected: Palette) {
    let variables = ["COLORFGBG": colours, "TERM": kind]
    #expect(Palette(environment: { variables[$0] }) == expected)
  }
}
