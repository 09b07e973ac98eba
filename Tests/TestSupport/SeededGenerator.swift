import Foundation

/// Random numbers that come out the same for the same seed (SplitMix64).
///
/// A failing test prints the seed; with it in the environment as `SOCKINSPECT_SEED` the run is repeated.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// What the numbers begin with.
  public let seed: UInt64
  private var state: UInt64

  /// Begins with a seed: the one given, or else a new one.
  public init(seed: UInt64 = SeededGenerator.newSeed) {
    self.seed = seed
    state = seed
  }

  /// The environment's seed, or else another one each time.
  public static var newSeed: UInt64 {
    ProcessInfo.processInfo.environment["SOCKINSPECT_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max))
  }

  /// The next number, of 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
