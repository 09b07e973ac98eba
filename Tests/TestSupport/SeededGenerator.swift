import Foundation
import SocketModel

/// Random numbers that are the same for the same seed (SplitMix64).
///
/// A failing test prints the seed; with it in the environment as `SOCKINSPECT_SEED` the run is
/// repeated.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// The seed.
  package let seed: UInt64
  private var state: UInt64

  /// Begins with a seed: the given one, or otherwise a new one.
  package init(seed: UInt64 = SeededGenerator.newSeed) {
    self.seed = seed
    state = seed
  }

  /// The environment's seed, or otherwise a different one each time.
  package static var newSeed: UInt64 {
    ProcessInfo.processInfo.environment["SOCKINSPECT_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max))
  }

  /// The next number, of 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension SeededGenerator {
  /// Bytes of the kind that breaks output: control bytes, UTF-8 of awkward characters, its pieces,
  /// and plain letters.
  package mutating func hostileBytes(upTo length: Int) -> [UInt8] {
    let pieces: [[UInt8]] = [
      [0x1B, 0x5B, 0x32, 0x4A], [0x0A], [0x0D], [0x09], [0x00], [0x7F], [0x80], [0x9B], [0xC2, 0x9B], [0xFF, 0xFE],
      [0xE2, 0x80, 0xAE], [0xE2, 0x80, 0x8B], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF], [0xE2, 0x80],
      [0x22], [0x2C], [0x5C], [0x3B], [0x20], [0x2D], [0x5B], [0x3D], Array("é".utf8), Array("漢字".utf8),
      Array("e\u{301}".utf8),
      Array("👩‍💻".utf8), Array("name".utf8), Array("\u{FFFD}".utf8), Array("\u{2028}".utf8), Array("\u{E0041}".utf8),
    ]
    var bytes: [UInt8] = []
    let wanted = Int.random(in: 0...length, using: &self)
    while bytes.count < wanted {
      if Int.random(in: 0..<4, using: &self) == 0 {
        bytes.append(UInt8.random(in: 0...255, using: &self))
      } else {
        bytes += pieces[Int.random(in: 0..<pieces.count, using: &self)]
      }
    }
    return bytes
  }
}
