import Options
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect
@testable import Text

@Suite("Which options of the demos go together", .timeLimited)
struct DemoRuleTests {
  /// An option as it is typed, with a value that it takes.
  private func typed(_ id: OptionID, of table: OptionTable) -> [String] {
    guard let option = table.option(id) else { return [] }
    guard let value = option.value else { return ["--\(option.long)"] }
    let text = id == "host" ? "web1" : id == "unix" ? "@x" : value.kind.words.first ?? "10"
    return ["--\(option.long)", text]
  }

  private func error(_ arguments: [String]) -> UsageError? {
    do throws(UsageError) {
      _ = try Plan(TypedArguments.parse(arguments), in: .test)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "two options that exclude each other are refused in either order, each is taken alone",
    arguments: Registry.sockinspect.commandTables)
  func pairs(table: OptionTable) throws {
    let command = try #require(table.command)
    for rule in table.rules {
      guard case .none(let others) = rule.requirement else { continue }
      for other in others {
        let (one, two) = (typed(rule.subject, of: table), typed(other, of: table))
        for arguments in [one + two, two + one] {
          #expect(error([command] + arguments)?.message.contains(" exclude each other") == true, "\(arguments)")
        }
      }
    }
  }

  @Test(
    "any two options of a table are understood or refused with a hint", arguments: Registry.sockinspect.commandTables)
  func everyPair(table: OptionTable) throws {
    let command = try #require(table.command)
    for one in table.options {
      for two in table.options where one.id != two.id {
        let arguments = [command] + typed(one.id, of: table) + typed(two.id, of: table)
        if let error = error(arguments) {
          #expect(!error.details.isEmpty, "\(arguments)")
        } else {
          #expect(
            !table.rules.contains { rule in
              guard case .none(let others) = rule.requirement else { return false }
              return rule.subject == one.id && others.contains(two.id) && one.id != .help && two.id != .help
            })
        }
      }
    }
  }

  @Test(
    "an option that needs another is refused without it and taken with it",
    arguments: [
      (["listen-demo", "--drop", "5"], "--udp"), (["listen-demo", "--reorder"], "--udp"),
      (["connect-demo", "--no-guarantee"], "--udp"),
    ])
  func needs(arguments: [String], needed: String) {
    #expect(error(arguments)?.message == "\(arguments[1]) goes with \(needed) only")
    #expect(error(arguments)?.details.first?.hasSuffix(": add \(needed)") == true)
    #expect(error(arguments + [needed]) == nil)
  }

  @Test(
    "each refusal names what was typed, why, and the way out",
    arguments: [
      ("listen-demo --unix x --port 1", "--unix", "--port", "a unix socket has a path instead of host and port"),
      ("listen-demo -p 1 --unix x", "--unix", "-p", "a unix socket has a path instead of host and port"),
      ("connect-demo --unix x --host y", "--unix", "--host", "a unix socket has a path instead of host and port"),
      ("connect-demo -6 --unix x", "--unix", "-6", "a unix socket has a path instead of host and port"),
      (
        "listen-demo --unix x --dual-stack", "--dual-stack", "--unix", "a dual-stack socket is an IPv6 one"
      ),
      ("listen-demo -46", "-4", "-6", "a socket is of one family"),
      ("connect-demo --ipv6 --ipv4", "--ipv4", "--ipv6", "a socket is of one family"),
      ("flow-demo -64", "-4", "-6", "a socket is of one family"),
      ("listen-demo --dual-stack -4", "--dual-stack", "-4", "a dual-stack socket is an IPv6 one"),
      (
        "listen-demo -u --backlog 5", "-u", "--backlog",
        "datagrams are not accepted one by one, there is no accept queue"
      ),
      (
        "listen-demo --udp --never-accept", "--udp", "--never-accept",
        "datagrams are not accepted one by one, there is no accept queue"
      ),
      ("listen-demo --udp --never-close", "--udp", "--never-close", "UDP has no connection that could be closed"),
      ("listen-demo --udp --timeout 1", "--udp", "--timeout", "UDP has no connection that could be closed"),
      ("listen-demo --unix x --reuse-port", "--unix", "--reuse-port", "a unix socket has no port to share"),
      ("listen-demo --echo --never-accept", "--never-accept", "--echo", "nothing is accepted that could be served"),
      ("listen-demo --once --never-accept", "--never-accept", "--once", "nothing is accepted that could be served"),
      ("listen-demo --echo --never-read", "--never-read", "--echo", "what is not read cannot be sent back or counted"),
      ("listen-demo --echo --reply x", "--echo", "--reply", "what the client sent is the answer"),
      ("listen-demo --once --max-clients 2", "--once", "--max-clients", "one says how many clients already"),
      ("listen-demo --hold listen --echo", "--hold", "--echo", "states are held without a server"),
      ("listen-demo --udp --hold listen", "--hold", "--udp", "states are held without a server"),
      ("listen-demo --hold all --step", "--hold", "--step", "states are held without a server"),
      ("listen-demo --scene stopped --hold listen", "--scene", "--hold", "a scene has its own servers and clients"),
      ("listen-demo -u --scene udp-drops", "--scene", "-u", "a scene has its own servers and clients"),
      (
        "listen-demo --never-close --scene close-wait", "--scene", "--never-close",
        "a scene has its own servers and clients"
      ),
      ("listen-demo -q --step", "--step", "-q", "the steps are those of the narration"),
      ("connect-demo -q --step", "--step", "-q", "the steps are those of the narration"),
      ("connect-demo --udp --half-close", "--udp", "--half-close", "UDP has no connection that could be closed"),
      ("connect-demo --reset -u", "-u", "--reset", "UDP has no connection that could be closed"),
      ("connect-demo --unix x --reset", "--unix", "--reset", "a unix socket is never reset"),
      ("connect-demo --reset --never-close", "--never-close", "--reset", "a reset is a way to close"),
      ("connect-demo --step --parallel 2", "--step", "--parallel", "steps are those of one client at a time"),
      (
        "connect-demo --udp --no-guarantee --port 5", "--no-guarantee", "--port",
        "it brings its own server and datagrams"
      ),
      (
        "connect-demo -u --message x --no-guarantee", "--no-guarantee", "--message",
        "it brings its own server and datagrams"
      ),
    ])
  func refused(line: String, one: String, two: String, reason: String) {
    #expect(
      error(shellWords(line))
        == UsageError("\(one) and \(two) exclude each other", ["\(reason): leave \(one) or \(two) out"]))
  }
}
