import Query
import Rendering
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import Lesson

@Suite("The report about held states", .timeLimited)
struct HoldTextTests {
  private static let text = HoldText(pid: 4_194_304)

  /// The line of a state with the longest ends that it can have.
  private static func line(_ state: SocketState, _ address: String = "127.0.0.11") throws -> HeldLine {
    let address = try #require(IPAddress(address))
    var line = HeldLine(state: state == .close ? .boundInactive : state, local: Endpoint(address: address, port: 12345))
    if state != .listen, state != .close { line.remote = Endpoint(address: address, port: 54321) }
    line.isClient = state == .synSent
    if state != .timeWait, state != .synRecv { line.descriptor = 1023 }
    return line
  }

  private static func widest(_ text: String) -> Int { text.split(separator: "\n").map(\.count).max() ?? 0 }

  @Test(
    "the page of a state fits 80 columns, says how it is made and ends, and names commands that are understood",
    arguments: HoldPlan.everyState)
  func page(state: SocketState) throws {
    let line = try HoldTextTests.line(state)
    let page = HoldTextTests.text.page(line, beside: [line, line], port: 12345)
    #expect(HoldTextTests.widest(page) <= 80, "\(page)")
    for part in ["  made  ", "  ends  ", "  with  ", "  look  "] { #expect(page.contains("\n\(part)"), "\(page)") }
    let commands = HoldLesson(state).commands(port: 12345)
    #expect(commands.allSatisfy { page.contains($0) })
    let words = try #require(commands.first).split(separator: " ").dropFirst().map(String.init)
    guard case .list(let plan) = try Plan(TypedArguments.parse(words, for: .listingAlone), in: .bare) else {
      Issue.record("\(words) is no listing")
      return
    }
    #expect(plan.selection.states == SocketStateSet(line.state))
  }

  @Test("a line shows both ends, who connected, and who holds it")
  func line() throws {
    let text = HoldTextTests.text
    #expect(
      text.line(try HoldTextTests.line(.synSent, "::1"))
        == "SYN_SENT  [::1]:12345 -> [::1]:54321  held by 4194304 fd 1023\n")
    #expect(
      text.line(try HoldTextTests.line(.timeWait))
        == "TIME_WAIT  127.0.0.11:12345 <- 127.0.0.11:54321  held by no process\n")
    #expect(text.line(try HoldTextTests.line(.close)) == "CLOSE  127.0.0.11:12345  held by 4194304 fd 1023\n")
  }

  @Test("the table of all states fits 80 columns", arguments: ["127.0.0.11", "::1", "::ffff:127.0.0.11"])
  func table(address: String) throws {
    let lines = try HoldPlan.everyState.map { try HoldTextTests.line($0, address) }
    let table = HoldTextTests.text.table(lines, ports: [1234])
    #expect(HoldTextTests.widest(table) <= 80, "\(table)")
    #expect(table.split(separator: "\n").count == 17, "\(table)")
    #expect(table.contains("bind(), listen()") != address.hasPrefix("::ffff"))
  }

  @Test("adjacent ports are a range, others a list")
  func ports() throws {
    let lines = [try HoldTextTests.line(.listen)]
    #expect(HoldTextTests.text.table(lines, ports: [1234, 1235, 1236]).contains("--port 1234-1236\n"))
    #expect(HoldTextTests.text.table(lines, ports: [9, 7]).contains("--port 7,9\n"))
    #expect(HoldTextTests.text.table(lines, ports: [7, 7]).contains("netstat -an | grep 7\n"))
  }

  @Test("where no table has a socket in CLOSE, it says so and names no command that would show it")
  func unlisted() throws {
    var line = try HoldTextTests.line(.close)
    line.isListed = false
    let page = HoldTextTests.text.page(line, beside: [], port: 1234)
    #expect(page.contains("TCP_INFO") && !page.contains("  look  "))
  }

  @Test("colour repeats the state, and nothing else changes")
  func colour() throws {
    var coloured = HoldTextTests.text
    coloured.usesColour = true
    let line = try HoldTextTests.line(.closeWait)
    let plain = HoldTextTests.text.line(line)
    #expect(coloured.line(line) == Colour.attention.start + "CLOSE_WAIT" + Colour.end + plain.dropFirst(10))
  }
}

extension Registry {
  /// The listing without any command, as the lesson's command lines need it.
  static let listingAlone = Registry(listing: ListingOptions.listing.table, commands: [], chapters: { _ in [] })
}

extension Environment {
  /// A pipe, no variables, no names.
  static let bare = Environment(variable: { _ in nil }, isTerminal: false, names: { NameTables() })
}
