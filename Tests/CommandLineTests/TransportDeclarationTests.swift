import Options
import Query
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

@Suite("The declarations of transports", .timeLimited)
struct TransportDeclarationTests {
  @Test(
    "a transport is found by its name in queries, options, help, manual page and completions",
    arguments: Transport.allCases)
  func names(transport: Transport) throws {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = Transport.allCases.map {
      SocketRecord(transport: $0, family: $0.description.families[0], state: .unconnected)
    }
    let row = UInt32(transport.rawValue)
    for text in ["transport = \(transport.name)", "proto = \(transport.name.uppercased())"] {
      #expect(try Query.parse(text).rows(of: snapshot) == [row])
    }
    #expect(try Query.reading(transport.name).query.rows(of: snapshot) == [row])
    let word = try #require(TransportWord(transport.name.uppercased()))
    #expect(word.transports == [transport] && word.isSingle)
    #expect(Words.transports.contains(transport.name))
    #expect(HelpText(.sockinspect).of(.topic(.transports)).contains("--\(transport.name)"))
    #expect(ManualPage(.sockinspect).text().contains("Fl \\-\(transport.name)"))
    for shell in Shell.allCases { #expect(shell.completions().contains(transport.name)) }
  }

  @Test("a word for one type of a transport's sockets means these alone")
  func types() throws {
    var words = 0
    for transport in Transport.allCases {
      for (names, type) in transport.description.typeNames {
        for name in names {
          words += 1
          let word = try #require(TransportWord(name), "\(name)")
          #expect(word.transports == [transport] && word.types == [type], "\(name)")
        }
      }
    }
    #expect(words == 19)
  }

  @Test("no two transports share a name, a table, a number or a name of the kernel's")
  func uniqueness() {
    let all = Transport.allCases.map(\.description)
    for names in [all.map(\.name), all.flatMap { $0.tables.map(\.name) }, all.flatMap(\.kernelNames)] {
      #expect(Set(names).count == names.count)
    }
    let numbers = all.map(\.protocolNumber).filter { $0 != 0 }
    // SMC has a family of its own instead of a number.
    #expect(Set(numbers).count == numbers.count && numbers.count == Transport.allCases.count(where: \.isInternet) - 1)
    let formats: [TransportDeclaration.Format] = [.internet, .sctp, .smc]
    #expect(Transport.allCases.allSatisfy { $0.isInternet == formats.contains($0.description.format) })
    #expect(Transport.allCases.allSatisfy { !$0.hasPorts || $0.description.portNames != nil })
  }
}
