import Options
import Query
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

@Suite("What the help says about queries", .timeLimited)
struct QueryHelpTests {
  /// The text of the help with line breaks replaced by blanks.
  private var help: String { HelpText.of(.topic(.query)).split(separator: "\n").joined(separator: " ") }

  /// A TCP and a unix socket without any known field.
  private var blank: Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = [
      SocketRecord(transport: .tcp, family: .ipv4, state: .close),
      SocketRecord(transport: .unix, family: .unix, state: .unconnected),
    ]
    snapshot.records[1].nameIndex = SocketRecord.noIndex
    return snapshot
  }

  /// A value that some socket could have in the field.
  private func value(_ field: Field) -> String {
    switch field {
    case .socketType: "stream"
    case .timer: "off"
    case .shutdown: "r"
    case .attribution: "fd"
    case .ownerReason: "kernel"
    case .interface: "1"
    default:
      switch field.description.type {
      case .number, .port, .user: "1"
      case .address: "::/0"
      case .endpoint: "0.0.0.0/0"
      case .flag: "yes"
      default: "x"
      }
    }
  }

  @Test("a comparison with a field that a socket does not have is false; != and not make it true, as the help says")
  func absentValues() throws {
    #expect(
      help.contains("A comparison with a field that a socket does not have is false; != and not turn it true."))
    let snapshot = blank
    var absent = 0
    for row in snapshot.records.indices {
      for field in Field.all where snapshot.value(of: field, at: row) == .absent {
        let name = field.description.name
        var equal = ["\(name) = \(value(field))"]
        if field.description.type != .endpoint { equal.append("\(name) = *") }
        let isNumber = [.number, .port].contains(field.description.type)
        if isNumber { equal.append("\(name) = \(name)") }
        for text in equal {
          #expect(try !Query.parse(text).matches(snapshot, row: row), "\(text)")
          let opposite = text.replacingEqual()
          #expect(try Query.parse(opposite).matches(snapshot, row: row), "\(opposite)")
          #expect(try Query.parse("not \(text)").matches(snapshot, row: row), "not \(text)")
        }
        for order in isNumber ? ["< 2", "<= 1", "> 0", ">= 0", ">= \(name)"] : [] {
          #expect(try !Query.parse("\(name) \(order)").matches(snapshot, row: row), "\(name) \(order)")
          #expect(try Query.parse("not \(name) \(order)").matches(snapshot, row: row), "not \(name) \(order)")
        }
        absent += 1
      }
    }
    // Nearly every field of each of the two.
    #expect(absent > Field.all.count)
    #expect(help.contains("but src * and dst * hold for every socket"))
    for text in ["src *", "dst *", "peer = *", "local = *:*"] {
      #expect(try Query.parse(text).rows(of: snapshot).count == snapshot.records.count, "\(text)")
    }
  }
}

extension String {
  fileprivate func replacingEqual() -> String {
    split(separator: " ").map { $0 == "=" ? "!=" : String($0) }.joined(separator: " ")
  }
}
