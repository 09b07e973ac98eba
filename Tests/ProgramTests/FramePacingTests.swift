import TestSupport
import Testing

@testable import sockinspect

@Suite("When a live view draws", .timeLimited)
struct FramePacingTests {
  /// A frame drawn from 1000 on, in the milliseconds given, and something new since.
  private func drawn(in cost: Int, isStale: Bool = true) -> FramePacing {
    var pacing = FramePacing()
    pacing.drew(from: 1000, to: 1000 + cost)
    pacing.isStale = isStale
    return pacing
  }

  @Test("Something new is drawn a tenth of a second after the last frame, and otherwise the clock after a second")
  func pause() {
    #expect(drawn(in: 5).deadline(isBusy: false) == 1105)
    #expect(drawn(in: 5, isStale: false).deadline(isBusy: false) == 2005)
  }

  @Test("A frame waits for a scan that is nearly done, for at most 0.3 s more")
  func hold() {
    #expect(drawn(in: 5).deadline(isBusy: true) == 1405)
    #expect(drawn(in: 5, isStale: false).deadline(isBusy: true) == 2005)
  }

  @Test("Slow frames leave nine tenths of the time free, with something new or without")
  func slow() {
    #expect(drawn(in: 200).deadline(isBusy: false) == 3200)
    #expect(drawn(in: 200, isStale: false).deadline(isBusy: false) == 3200)
    #expect(drawn(in: 200).deadline(isBusy: true) == 3500)
  }

  @Test("The first frame is due at once")
  func first() { #expect(FramePacing().deadline(isBusy: true) < 1000) }
}
