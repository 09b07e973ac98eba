import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("Pending and expected notices", .timeLimited)
struct PendingNoticesTests {
  private func expectation(
    _ socket: UInt64, cookie: UInt64, until deadline: UInt64 = 100
  ) -> PendingNotices.Expectation {
    PendingNotices.Expectation(socket: socket, event: 1, cookie: cookie, deadline: deadline)
  }

  @Test("a notice goes to the socket with its ends and cookie")
  func expected() {
    var notices = PendingNotices()
    let record = Script.tcp(.close)
    #expect(notices.expect(expectation(1, cookie: 5), of: record) == nil)
    #expect(notices.expect(expectation(2, cookie: 6), of: record) == nil)
    #expect(notices.takeExpectation(Script.tcp(.close, cookie: 6))?.socket == 2)
    #expect(notices.takeExpectation(Script.tcp(.close, cookie: 6)) == nil, "once")
    #expect(notices.takeExpectation(Script.tcp(.close, 40001, cookie: 5)) == nil, "other ends")
    #expect(notices.takeExpectation(Script.tcp(.close, cookie: 5))?.socket == 1)
  }

  @Test("a notice that came before its socket ended is there when it is expected")
  func early() {
    var notices = PendingNotices()
    notices.keep(DestroyNotice(Script.tcp(.close, cookie: 5), nil), until: 100)
    #expect(notices.expect(expectation(1, cookie: 5), of: Script.tcp(.close))?.record.cookie == 5)
    #expect(notices.takeExpectation(Script.tcp(.close, cookie: 5)) == nil, "it is settled")
  }

  @Test("what has waited long enough is dropped")
  func deadlines() {
    var notices = PendingNotices()
    _ = notices.expect(expectation(1, cookie: 5, until: 100), of: Script.tcp(.close))
    notices.keep(DestroyNotice(Script.tcp(.close, 40001, cookie: 6), nil), until: 110)
    notices.forget(at: 99)
    #expect(notices.takeExpectation(Script.tcp(.close, cookie: 5)) != nil)
    _ = notices.expect(expectation(1, cookie: 5, until: 120), of: Script.tcp(.close))
    notices.forget(at: 120)
    #expect(notices.takeExpectation(Script.tcp(.close, cookie: 5)) == nil)
    #expect(notices.expect(expectation(2, cookie: 6), of: Script.tcp(.close, 40001)) == nil)
  }

  @Test("the memory of notices does not grow")
  func bounded() {
    var notices = PendingNotices()
    for cookie in 1...100_000 as ClosedRange<UInt64> { notices.noteEnd(of: cookie, at: cookie) }
    #expect(notices.hasEnded(100_000))
    #expect(!notices.hasEnded(1))
    #expect(notices.hasEnded(100_000, since: 100_000))
    #expect(!notices.hasEnded(100_000, since: 100_001))
    #expect(!notices.hasEnded(0), "0 is no cookie")
  }
}
