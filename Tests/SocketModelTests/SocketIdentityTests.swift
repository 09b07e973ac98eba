import TestSupport
import Testing

@testable import SocketModel

@Suite("The identity of a socket", .timeLimited)
struct SocketIdentityTests {
  private func record(
    cookie: UInt64 = 0, inode: UInt64 = 0, port: UInt16 = 80, _ transport: Transport = .tcp,
    in namespace: NetworkNamespaceID? = nil
  ) -> SocketRecord {
    var record = SocketRecord(transport: transport, family: transport == .unix ? .unix : .ipv4, state: .established)
    record.localPort = port
    record.cookie = cookie
    record.inode = inode
    if cookie != 0 { record.known.insert(.cookie) }
    if inode != 0 { record.known.insert(.inode) }
    record.networkNamespace = namespace
    return record
  }

  @Test("the cookie identifies a socket, or else the inode; without both there is no identity")
  func identity() {
    #expect(record(cookie: 5, inode: 6, in: 7).identity == .cookie(5, 7))
    #expect(record(inode: 6).identity == .inode(6, .tcp, nil))
    #expect(record().identity == nil)
    var unreported = record(cookie: 5)
    unreported.known.remove(.cookie)
    #expect(unreported.identity == nil && unreported.knownCookie == 0)
  }

  @Test(
    "identities match in one namespace; one that is not known can be any",
    arguments: [
      (SocketIdentity.cookie(5, 7), SocketIdentity.cookie(5, 7), true), (.cookie(5, 7), .cookie(5, nil), true),
      (.cookie(5, 7), .cookie(5, 8), false), (.cookie(5, nil), .cookie(6, nil), false),
      (.inode(5, .tcp, 7), .inode(5, .tcp, nil), true), (.inode(5, .tcp, nil), .inode(5, .udp, nil), false),
      (.inode(5, .tcp, nil), .cookie(5, nil), false),
    ])
  func matching(_ first: SocketIdentity, _ second: SocketIdentity, isMatch: Bool) {
    #expect(first.matches(second) == isMatch && second.matches(first) == isMatch)
  }

  @Test("two records are of one socket by the best that both have")
  func sameSocket() {
    // A cookie decides, whatever the ends and inodes are now.
    #expect(record(cookie: 5, inode: 6).isSameSocket(as: record(cookie: 5, port: 81)))
    #expect(!record(cookie: 5).isSameSocket(as: record(cookie: 6)))
    #expect(!record(cookie: 5, in: 7).isSameSocket(as: record(cookie: 5, in: 8)))
    // The tables of /proc have no cookies.
    #expect(record(cookie: 5, inode: 6).isSameSocket(as: record(inode: 6, port: 81)))
    #expect(!record(inode: 6).isSameSocket(as: record(inode: 7)))
    #expect(!record(inode: 6).isSameSocket(as: record(inode: 6, .udp)))
    // A TIME_WAIT has only its ends.
    #expect(record(cookie: 5).isSameSocket(as: record()) && !record().isSameSocket(as: record(port: 81)))
    #expect(!record(.unix).isSameSocket(as: record(.unix)), "a unix socket has no ends")
  }

  @Test("two records are known to be of two sockets only by something that both have")
  func distinct() {
    #expect(!record(cookie: 5).isDistinct(from: record(inode: 6)))
    #expect(record(cookie: 5).isDistinct(from: record(cookie: 6)))
    #expect(record(inode: 5).isDistinct(from: record(inode: 6)))
    #expect(record(in: 7).isDistinct(from: record(in: 8)) && !record(in: 7).isDistinct(from: record()))
  }

  @Test("a namespace is set and taken away together with the mark that it is known")
  func namespace() {
    var record = record()
    record.networkNamespace = 7
    #expect(record.netns == 7 && record.known.contains(.netns))
    record.networkNamespace = nil
    #expect(record.networkNamespace == nil && !record.known.contains(.netns))
  }

  @Test("ends are equal whichever record has them, and mirrored once more are what they were")
  func ends() {
    var client = record(port: 40000)
    client.localBits = 1
    client.remoteBits = 2
    client.remotePort = 80
    var server = record(port: 80)
    server.localBits = 2
    server.remoteBits = 1
    server.remotePort = 40000
    #expect(client.ends.mirrored == server.ends && client.ends.mirrored.mirrored == client.ends)
    #expect(client.ends.mirrored.key == server.ends.key && client.ends.key != server.ends.key)
    var copy = record()
    copy.ends = server.ends
    #expect(copy.hasEnds(of: server) && !copy.hasEnds(of: client))
  }

  @Test("only sockets of which the kernel knows the cookie can be destroyed", arguments: Transport.allCases)
  func destruction(_ transport: Transport) {
    let isClosable = [.tcp, .udp, .udplite].contains(transport)
    #expect(record(cookie: 5, transport).canBeDestroyed == isClosable && !record(transport).canBeDestroyed)
  }
}
