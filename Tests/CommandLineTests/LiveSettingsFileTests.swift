import Foundation
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

@Suite("The settings file of the live view", .timeLimited)
struct LiveSettingsFileTests {
  private static let path = "/home/u/.config/sockinspect/config"

  private func file(_ text: String) -> LiveSettingsFile { LiveSettingsFile(path: Self.path, text: Array(text.utf8)) }

  private func plan(_ options: String, settings: String, width: Int? = 80) throws(UsageError) -> WatchPlan {
    var world = width.map { Environment.test(variables: [:], width: $0) } ?? .test
    let file = file(settings)
    world.settings = { () throws(UsageError) in file }
    guard
      case .command(let plan as WatchPlan) = try Plan(TypedArguments.parse(shellWords("watch " + options)), in: world)
    else { throw UsageError("no watch") }
    return plan
  }

  private func mistake(_ settings: String, _ options: String = "") -> UsageError? {
    do throws(UsageError) {
      _ = try plan(options, settings: settings)
      return nil
    } catch {
      return error
    }
  }

  @Test("each line is an option as it is typed, in the view alone; what is typed counts more")
  func options() throws {
    let settings = """
      # what I want

        columns +rtt_us,-send_queue
      --sort=-rtt_us
      interval = 500ms
      no-mouse\r
      \tpalette   light
      colour never
      """
    let view = try plan("", settings: settings)
    #expect(view.shape == .view && view.list.columns?.contains(.tcp(.rtt)) == true && !view.usesMouse)
    #expect(view.list.columns?.contains(.sendQueue) == false && view.interval == 500 && view.palette == .light)
    #expect(view.list.output.order.keys.first == .init(field: .tcp(.rtt), isDescending: true))
    #expect(!view.list.output.color && view.asides.isEmpty)
    let typed = try plan("--columns state,pid --interval 2 --mouse --palette dark --color always", settings: settings)
    #expect(typed.list.columns == [.state, .pid] && typed.interval == 2000 && typed.usesMouse)
    #expect(typed.palette == .dark && typed.list.output.color)
    for other in ["--no-config", "--events", "--ndjson", "--count 1", "--until :80", "--new"] {
      let plan = try plan(other, settings: settings + "\nrubbish\n")
      #expect(plan.interval == 1000 && plan.usesMouse && plan.palette == nil, "\(other)")
    }
    #expect(try plan("", settings: "rubbish", width: nil).interval == 1000, "a pipe")
  }

  @Test("top on a terminal is the view, with its settings; the order is that of the sums")
  func top() throws {
    func plan(_ options: String, width: Int?) throws -> TopPlan {
      var world = width.map { Environment.test(variables: [:], width: $0) } ?? .test
      let file = file("columns state,rx_rate\nno-mouse\npalette light\nwidths state=9\nsort pid\n")
      world.settings = { () throws(UsageError) in file }
      let typed = try TypedArguments.parse(shellWords("top " + options))
      guard case .command(let plan as TopPlan) = try Plan(typed, in: world) else { throw UsageError("no top") }
      return plan
    }
    let view = try plan("", width: 80)
    #expect(view.shape == .view && view.watch.list.columns == [.state, .receiveRate] && !view.watch.usesMouse)
    #expect(view.watch.palette == .light && view.watch.columnWidths == [.state: 9])
    #expect(view.watch.list.output.order.keys.isEmpty)
    for other in [try plan("--for 1", width: 80), try plan("", width: nil), try plan("--json", width: 80)] {
      #expect(other.shape != .view && other.watch.palette == nil && other.watch.usesMouse)
    }
  }

  @Test(
    "a mistake names the file and the line",
    arguments: [
      ("colums pid", "1: unknown setting 'colums'", "did you mean columns?"),
      ("# a\n\ncolumns nothing", "3: columns: unknown column", ""),
      ("interval soon", "1: interval: 'soon' is not a time from 0.01 s to 86400 s", ""),
      ("palette brown", "1: palette: unknown choice 'brown'", "known: auto, dark, light, neutral"),
      ("columns", "1: columns needs a value: ", ""), ("no-mouse yes", "1: no-mouse takes no value", ""),
      ("port 80", "1: 'port' is an option for the command line", "settings: columns, widths, sort"),
      ("q", "1: unknown setting 'q'", ""), ("sort rtt_us,", "1: sort: ", ""), ("=", "1: unknown setting ''", ""),
      ("\u{1B}[2J", "1: unknown setting '\\e[2J'", ""),
    ])
  func mistakes(text: String, message: String, detail: String) throws {
    let error = try #require(mistake(text))
    #expect(error.message.hasPrefix("\(Self.path):\(message)"), "\(error.message)")
    #expect(detail.isEmpty || error.details.contains { $0.hasPrefix(detail) }, "\(error.details)")
  }

  @Test("every setting is an option of watch, and one that decides nothing about what scripts see")
  func list() throws {
    for id in WatchOptions.settings {
      let option = try #require(WatchOptions.options.table.option(id))
      let value =
        switch option.value?.kind {
        case .columns: "state"
        case .choice(let words): words[0]
        case .number: "2"
        case .text: "owners=20"
        default: ""
        }
      #expect(mistake("\(id.name) \(value)") == nil, "\(id)")
    }
    #expect(Set(WatchOptions.settings).isDisjoint(with: ["root", "pid", "netns", "quiet", "for", "no-config", "help"]))
  }

  @Test("a change touches the lines of its own options only")
  func changes() {
    var file = file("# mine\ncolumns a,b\nfuture  thing\n--colour=never\n# columns: old\ncolumns c\n")
    file.set("columns", to: "+rtt_us")
    file.set("color", to: "always")
    file.set("no-mouse")
    file.set("no-mouse")
    #expect(
      String(decoding: file.text, as: UTF8.self)
        == "# mine\ncolumns +rtt_us\nfuture  thing\ncolor always\n# columns: old\nno-mouse\n")
    file.remove("no-mouse")
    file.remove("color")
    #expect(
      String(decoding: file.text, as: UTF8.self) == "# mine\ncolumns +rtt_us\nfuture  thing\n# columns: old\n")
    var odd = LiveSettingsFile(
      path: "x", text: Array("# \u{FFFD}".utf8) + [0xFF, 0x0A, 0x0D, 0x0A] + Array("no-mouse".utf8))
    odd.set("sort", to: "pid")
    #expect(odd.text == Array("# \u{FFFD}".utf8) + [0xFF, 0x0A, 0x0D, 0x0A] + Array("no-mouse\nsort pid\n".utf8))
  }

  @Test("the place is that of the XDG specification, unless a variable names another or none")
  func place() {
    func path(_ variables: [String: String]) -> String? { LiveSettingsFile.path(in: { variables[$0] }) }
    #expect(path(["HOME": "/home/u"]) == Self.path)
    #expect(path(["HOME": "/home/u", "XDG_CONFIG_HOME": "/etc/x"]) == "/etc/x/sockinspect/config")
    #expect(path(["HOME": "/home/u", "XDG_CONFIG_HOME": "relative"]) == Self.path)
    #expect(path(["HOME": "/home/u", "XDG_CONFIG_HOME": ""]) == Self.path)
    #expect(path(["HOME": "/home/u", "SOCKINSPECT_CONFIG": "mine"]) == "mine")
    #expect(path(["HOME": "/home/u", "SOCKINSPECT_CONFIG": ""]) == nil)
    #expect(path(["HOME": ""]) == nil && path([:]) == nil)
  }

  @Test("a file is read, changed in place over a link, and readable for its user only")
  func disk() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let variables = ["XDG_CONFIG_HOME": folder]
    let path = try #require(LiveSettingsFile.path(in: { variables[$0] }))
    #expect(try LiveSettingsFile.read(in: { variables[$0] }) == nil)
    try LiveSettingsFile.change(path) { $0.set("sort", to: "pid") }
    let made = try String(contentsOfFile: path, encoding: .utf8)
    #expect(made.hasPrefix("# Settings of the live view") && made.hasSuffix("\nsort pid\n"))
    func mode(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    #expect(try mode(path) == 0o600 && mode(folder + "/sockinspect") == 0o700)

    let target = folder + "/dotfiles"
    try "# kept\nsort state\n".write(toFile: target, atomically: false, encoding: .utf8)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "../dotfiles")
    try LiveSettingsFile.change(path) { $0.set("no-mouse") }
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "# kept\nsort state\nno-mouse\n")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "../dotfiles")
    #expect(try LiveSettingsFile.read(in: { variables[$0] })?.text == Array("# kept\nsort state\nno-mouse\n".utf8))
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    #expect(names == ["dotfiles", "sockinspect", "sockinspect/config"], "no draft is left")
  }

  @Test("what cannot be read is an error, except a usual place where nothing is")
  func unreadable() throws {
    func failure(_ variables: [String: String]) -> UsageError? {
      do throws(UsageError) {
        _ = try LiveSettingsFile.read(in: { variables[$0] })
        return nil
      } catch {
        return error
      }
    }
    #expect(failure(["HOME": "/nowhere"]) == nil && failure(["HOME": "/dev/null"]) == nil)
    #expect(failure(["SOCKINSPECT_CONFIG": "/dev/null"]) == nil)
    let missing = try #require(failure(["SOCKINSPECT_CONFIG": "/nowhere/x"]))
    #expect(
      missing.message
        == "cannot read the settings in /nowhere/x, which SOCKINSPECT_CONFIG names: No such file or directory")
    #expect(missing.details == ["without them: add --no-config"])
    #expect(failure(["SOCKINSPECT_CONFIG": "/tmp"])?.message.hasSuffix("Is a directory") == true)
    #expect(failure(["SOCKINSPECT_CONFIG": "/dev/zero"])?.message.hasSuffix("File too large") == true)
    do throws(SystemError) {
      try LiveSettingsFile.change("/dev/null/x/config") { $0.set("no-mouse") }
      Issue.record("a file was written below /dev/null")
    } catch {
      #expect(error.code == SystemError.noFolder)
    }
  }
}
