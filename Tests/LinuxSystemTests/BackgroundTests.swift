import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

@Suite("Work beside the main thread, and what ends it", .timeLimited)
struct BackgroundTests {
  @Test("the outcome of background work is there when the work is done, once")
  func backgroundWork() {
    let work = BackgroundWork { 42 }
    var outcome = work.take()
    while outcome == nil { outcome = work.take() }
    #expect(outcome == 42)
    #expect(work.take() == nil)
  }

  @Test("a separate thread returns its result, and is another one")
  func ownThread() {
    let here = pthread_self()
    #expect(onThreadOfItsOwn { pthread_self() != here } == true)
  }

  @Test("the first signal asks to end, and only another one to end at once")
  func secondSignal() throws {
    let outcome = onThreadOfItsOwn { () -> [Bool]? in
      guard let signals = try? SignalWatch() else { return nil }
      var reported = [signals.arrived() != nil, signals.arrivedAgain()]
      // To this thread only: others of this process do not wait for it.
      pthread_kill(pthread_self(), SIGTERM)
      reported += [signals.arrived() == SIGTERM, signals.arrivedAgain()]
      pthread_kill(pthread_self(), SIGINT)
      reported += [signals.arrivedAgain(), signals.arrivedAgain(), signals.arrived() == SIGTERM]
      return reported
    }
    #expect(outcome == [false, false, true, false, true, true, true])
  }

  @Test(
    "the offset of a time namespace is read in seconds and nanoseconds, as either kernel writes it",
    arguments: [
      ("monotonic           0         0\nboottime            0         0\n", 0),
      ("monotonic        5000       250\nboottime            0         0\n", 5_000_000_000_250),
      ("monotonic       -3000         0\n", -3_000_000_000_000), ("7 1 0\n1 12 5\n", 12_000_000_005), ("", nil),
      ("boottime 5 0\n", nil), ("monotonic x 0\n", nil),
    ])
  func timeNamespace(text: String, offset: Int64?) { #expect(Clock.offset(ofMonotonicIn: text) == offset) }
}
