import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("The index of tracked sockets", .timeLimited)
struct SocketIndexTests {
  private func index(watching namespace: NetworkNamespaceID? = Script.ownNamespace) -> SocketIndex {
    var index = SocketIndex()
    index.watched = namespace
    return index
  }

  @Test("a cookie finds its socket in its namespace alone: other namespaces may have the same number")
  func cookies() {
    var index = index()
    let own = Script.tcp(.established, cookie: 5)
    var other = own
    other.networkNamespace = Script.otherNamespace
    index.insert(1, own)
    index.insert(2, other)
    #expect(index.id(of: .cookie(5, Script.ownNamespace)) == 1)
    #expect(index.id(of: .cookie(5, nil)) == 1)
    #expect(index.id(of: .cookie(5, Script.otherNamespace)) == 2)
    #expect(index.id(of: .cookie(5, 99)) == nil)
    index.remove(1, own)
    #expect(index.id(of: .cookie(5, nil)) == nil && index.id(of: .cookie(5, Script.otherNamespace)) == 2)
    index.remove(2, other)
    #expect(index.id(of: .cookie(5, Script.otherNamespace)) == nil)
  }

  @Test("without a cookie the inode finds a socket, of its transport")
  func inodes() {
    var index = index(watching: nil)
    var record = Script.tcp(.established)
    record.inode = 77
    record.known.insert(.inode)
    index.insert(1, record)
    #expect(index.id(of: .inode(77, .tcp, nil)) == 1)
    #expect(index.id(of: .inode(77, .udp, nil)) == nil)
    #expect(index.id(of: .inode(78, .tcp, nil)) == nil)
  }

  @Test("the ends find a connection, and all others with the same ends")
  func ends() {
    var index = index()
    let record = Script.tcp(.established)
    let key = record.ends.key
    for id in 1...3 as ClosedRange<UInt64> { index.insert(id, record) }
    #expect(index.newest(withEnds: key) == 3 && index.others(withEnds: key) == [1, 2])
    index.remove(1, record)
    #expect(index.newest(withEnds: key) == 3 && index.others(withEnds: key) == [2])
    index.remove(3, record)
    #expect(index.newest(withEnds: key) == 2 && index.others(withEnds: key).isEmpty)
    // Its mirror has different ends.
    #expect(index.newest(withEnds: record.ends.mirrored.key) == nil)
    index.remove(2, record)
    #expect(index.newest(withEnds: key) == nil)
  }

  @Test("a socket whose place another one has taken takes nothing away with it")
  func replaced() {
    var index = index()
    let record = Script.tcp(.established, cookie: 5)
    index.insert(1, record)
    index.insert(1, at: 0xABC)
    index.insert(2, record)
    index.insert(2, at: 0xABC)
    index.remove(1, record)
    index.remove(1, at: 0xABC)
    #expect(index.id(of: .cookie(5, nil)) == 2 && index.id(at: 0xABC) == 2)
    #expect(index.newest(withEnds: record.ends.key) == 2)
    index.remove(2, at: 0xABC)
    #expect(index.id(at: 0xABC) == nil)
  }

  @Test("listeners and bound sockets are found by their ports")
  func ports() {
    var index = index()
    let listener = Script.tcp(.listen, 80)
    let bound = Script.tcp(.boundInactive, 80)
    index.insert(1, listener)
    index.insert(2, listener)
    index.insert(3, bound)
    #expect(index.listeners(at: 80) == [1, 2] && index.boundSockets(at: 80) == [3])
    #expect(Set(index.allListeners) == [1, 2])
    index.remove(1, listener)
    index.remove(3, bound)
    #expect(index.listeners(at: 80) == [2] && index.boundSockets(at: 80).isEmpty && index.listeners(at: 81).isEmpty)
  }
}
