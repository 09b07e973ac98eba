import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("The tracked sockets", .timeLimited)
struct TrackedSocketsTests {
  private static let start = Timestamp(seconds: 1, nanoseconds: 0)

  @Test("a socket is found by its current record, and not by an earlier one")
  func identify() {
    var sockets = TrackedSockets()
    let id = sockets.begin(Script.tcp(.synSent, 0), at: Self.start, wasThere: false)
    #expect(sockets.id(withEndsOf: Script.tcp(.synSent, 0)) == id)
    sockets.identify(id, Script.tcp(.synSent, 40000, cookie: 5))
    #expect(sockets.id(withEndsOf: Script.tcp(.synSent, 0)) == nil)
    #expect(sockets.id(withEndsOf: Script.tcp(.synSent, 40000)) == id)
    #expect(sockets.id(identifiedBy: Script.tcp(.established, 1, cookie: 5)) == id)
    #expect(sockets.id(withoutCookieWithEndsOf: Script.tcp(.synSent, 40000)) == nil, "its cookie is known")
  }

  @Test("sockets enter and leave the tables of ports with their state")
  func states() {
    var sockets = TrackedSockets()
    let id = sockets.begin(Script.tcp(.boundInactive, 80), at: Self.start, wasThere: false)
    #expect(sockets.boundSockets(at: 80) == [id] && sockets.listeners(at: 80).isEmpty)
    sockets.enter(id, .listen, at: Self.start)
    #expect(sockets.boundSockets(at: 80).isEmpty && sockets.listeners(at: 80) == [id])
    #expect(sockets[id]?.history.map(\.state) == [.boundInactive, .listen])
  }

  @Test("a socket that has ended is no longer found, and stays until it is forgotten")
  func close() {
    var sockets = TrackedSockets()
    let record = Script.tcp(.established, cookie: 5)
    let id = sockets.begin(record, at: Self.start, wasThere: false)
    sockets.attach(id, to: 0xABC, at: 7)
    #expect(sockets.id(at: 0xABC) == id && sockets[id]?.lastTransition == 7)
    sockets.close(id, at: Timestamp(seconds: 9, nanoseconds: 0))
    #expect(sockets.id(at: 0xABC) == nil && sockets.id(identifiedBy: record) == nil)
    #expect(sockets.id(withEndsOf: record) == nil)
    #expect(sockets[id]?.isClosed == true && sockets[id]?.pointer == 0)
    sockets.forget(closedBefore: Timestamp(seconds: 9, nanoseconds: 0), keeping: .max, closedSince: nil)
    #expect(sockets.count == 1)
    sockets.forget(closedBefore: Timestamp(seconds: 10, nanoseconds: 0), keeping: .max, closedSince: nil)
    #expect(sockets.count == 0)
  }

  @Test("the other end of a connection is found unless there is one here and one elsewhere")
  func mirrors() {
    var sockets = TrackedSockets()
    let near = sockets.begin(Script.tcp(.established, 80, 40000), at: Self.start, wasThere: false)
    #expect(sockets.mirror(of: Script.tcp(.established, 40000, 80))?.id == near)
    #expect(sockets.mirror(of: Script.tcp(.established, 40001, 80)) == nil)
    _ = sockets.begin(Script.tcp(.established, 80, 40000), at: Self.start, wasThere: false, scope: .other)
    #expect(sockets.mirror(of: Script.tcp(.established, 40000, 80)) == nil)
  }

  @Test("what is in the watched namespace is in one, whether or not its number is known")
  func namespaces() {
    var sockets = TrackedSockets()
    sockets.ownNamespace = Script.ownNamespace
    func namespace(_ scope: NamespaceScope, _ number: NetworkNamespaceID?) -> TrackedNamespace? {
      var record = Script.tcp(.established)
      record.networkNamespace = number
      let id = sockets.begin(record, at: Self.start, wasThere: false, scope: scope)
      return sockets[id].map { sockets.namespace(of: $0) }
    }
    #expect(namespace(.watched, nil) == .watched && namespace(.likelyWatched, Script.ownNamespace) == .watched)
    #expect(namespace(.unknown, Script.ownNamespace) == .watched && namespace(.unknown, nil) == .unknown)
    #expect(namespace(.other, Script.otherNamespace) == .other(Script.otherNamespace))
    #expect(namespace(.other, nil) == .unknown)
  }

  @Test("a change in place reaches the socket, and no socket for a forgotten number")
  func update() {
    var sockets = TrackedSockets()
    let id = sockets.begin(Script.tcp(.established), at: Self.start, wasThere: false)
    let copy = sockets[id]
    #expect(sockets.update(id) { $0.bytesSent = 5 } != nil)
    #expect(sockets[id]?.bytesSent == 5 && copy?.bytesSent == nil, "a copy keeps what it had")
    #expect(sockets.update(99) { $0.bytesSent = 5 } == nil)
  }
}
