import Options
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect
@testable import Lesson
@testable import Text

@Suite("What the arguments of the demos mean", .timeLimited)
struct DemoPlanTests {
  private func server(_ options: String, in world: Environment = .test) throws -> ServerPlan {
    try plan("listen-demo " + options, in: world)
  }

  private func client(_ options: String, in world: Environment = .test) throws -> ClientPlan {
    try plan("connect-demo " + options, in: world)
  }

  private func flow(_ options: String, in world: Environment = .test) throws -> FlowPlan {
    try plan("flow-demo " + options, in: world)
  }

  private func hold(_ options: String, in world: Environment = .test) throws -> HoldPlan {
    try plan("listen-demo " + options, in: world)
  }

  private func explanation(_ options: String, in world: Environment = .test) throws -> ExplainPlan {
    try plan("explain " + options, in: world)
  }

  /// Options, and how they change the settings.
  struct Change<Settings>: Sendable, CustomTestStringConvertible {
    let options: String
    let make: @Sendable (inout Settings) -> Void
    var testDescription: String { options }

    init(_ options: String, make: @escaping @Sendable (inout Settings) -> Void) {
      self.options = options
      self.make = make
    }
  }

  @Test("without options they are those of the lesson")
  func lesson() throws {
    let place = DemoPlace.internet(host: nil, port: 1234, family: nil, isDualStack: false)
    #expect(try server("") == ServerPlan())
    #expect(try client("") == ClientPlan())
    #expect(try flow("") == FlowPlan())
    #expect(try server("").place == place && client("").place == place)
    #expect(try server("").settings.reply == Array("Welcome to the server".utf8))
    #expect(try client("").settings.message == Array("Hello, world".utf8))
    #expect(try flow("").port == 1234 && flow("").family == .ipv4)
  }

  @Test(
    "places: host, port, family, unix paths and names, of server and client alike",
    arguments: [
      ("--port 5000", .internet(host: nil, port: 5000, family: nil, isDualStack: false)),
      ("-p 65535", .internet(host: nil, port: 65535, family: nil, isDualStack: false)),
      ("--port 1 --port 2", .internet(host: nil, port: 2, family: nil, isDualStack: false)),
      ("-4", .internet(host: nil, port: 1234, family: .ipv4, isDualStack: false)),
      ("--ipv6", .internet(host: nil, port: 1234, family: .ipv6, isDualStack: false)),
      ("--host web1", .internet(host: "web1", port: 1234, family: nil, isDualStack: false)),
      ("--host web1 -6", .internet(host: "web1", port: 1234, family: .ipv6, isDualStack: false)),
      ("--host 0.0.0.0", .internet(host: "0.0.0.0", port: 1234, family: .ipv4, isDualStack: false)),
      ("--host ::1 -6", .internet(host: "::1", port: 1234, family: .ipv6, isDualStack: false)),
      (
        "--host ::ffff:127.0.0.1",
        .internet(host: "::ffff:127.0.0.1", port: 1234, family: .ipv6, isDualStack: false)
      ),
      ("--unix /tmp/lesson", .unixPath("/tmp/lesson")), ("--unix @lesson", .unixAbstract("lesson")),
      ("--unix ./@lesson --udp", .unixPath("./@lesson")),
      ("--unix @\(String(repeating: "x", count: 107))", .unixAbstract(String(repeating: "x", count: 107))),
    ] as [(String, DemoPlace)])
  func places(options: String, place: DemoPlace) throws {
    #expect(try server(options).place == place)
    #expect(try client(options).place == place)
    #expect(try server(options).isDatagram == options.contains("--udp"))
    #expect(try client(options).isDatagram == options.contains("--udp"))
  }

  @Test(
    "a server may take any free port, and IPv4 clients at an IPv6 address; without a host that is every interface's")
  func servers() throws {
    #expect(try server("--port 0").place == .internet(host: nil, port: 0, family: nil, isDualStack: false))
    #expect(try server("--dual-stack").place == .internet(host: nil, port: 1234, family: .ipv6, isDualStack: true))
    #expect(
      try server("--dual-stack -6 --host web1").place
        == .internet(host: "web1", port: 1234, family: .ipv6, isDualStack: true))
    #expect(try server("-u").isDatagram)
  }

  @Test(
    "each option of the server changes its one setting",
    arguments: [
      Change("--backlog 0") { $0.backlog = 0 }, Change("--backlog 2147483647") { $0.backlog = .max },
      Change("--reuse-address") { $0.reusesAddress = true }, Change("--reuse-port") { $0.reusesPort = true },
      Change("--reply 'Good day'") { $0.reply = Array("Good day".utf8) }, Change("--reply ''") { $0.reply = [] },
      Change("--echo") { $0.isEcho = true }, Change("--delay 2.5") { $0.delay = 2500 },
      Change("--delay 0") { $0.delay = 0 },
      Change("--delay .25") { $0.delay = 250 }, Change("--delay 1000000") { $0.delay = 1_000_000_000 },
      Change("--buffer 1") { $0.buffer = 1 }, Change("--buffer 1048576") { $0.buffer = 1_048_576 },
      Change("--timeout 0.001") { $0.timeout = 1 }, Change("--once") { $0.maxClients = 1 },
      Change("--max-clients 7") { $0.maxClients = 7 },
      Change("--never-accept") { $0.accepts = false }, Change("--never-read") { $0.reads = false },
      Change("--never-close") { $0.closes = false }, Change("--udp --drop 30") { $0.dropPercent = 30 },
      Change("--udp --reorder") { $0.isReordering = true }, Change("--for 60") { $0.lifetime = 60_000 },
    ] as [Change<ServerSettings>])
  func serverSettings(change: Change<ServerSettings>) throws {
    var expected = ServerSettings()
    change.make(&expected)
    #expect(try server(change.options).settings == expected)
  }

  @Test(
    "each option of the client changes its one setting",
    arguments: [
      Change("--message 'Good morning'") { $0.message = Array("Good morning".utf8) },
      Change("--message=") { $0.message = [] },
      Change("--count 3") { $0.count = 3 },
      Change("--count 3 --parallel 2") { ($0.count, $0.parallel) = (3, 2) },
      Change("--parallel 20") { ($0.count, $0.parallel) = (20, 20) },
      Change("--parallel 20 --count 3") { ($0.count, $0.parallel) = (3, 3) },
      Change("--timeout 3") { $0.timeout = 3000 }, Change("--delay 0.5") { $0.delay = 500 },
      Change("--buffer 12") { $0.buffer = 12 },
      Change("--half-close") { $0.isHalfClosing = true }, Change("--reset") { $0.isResetting = true },
      Change("--never-read") { $0.reads = false }, Change("--never-close") { $0.closes = false },
    ] as [Change<ClientSettings>])
  func clientSettings(change: Change<ClientSettings>) throws {
    var expected = ClientSettings()
    change.make(&expected)
    #expect(try client(change.options).settings == expected)
  }

  @Test("a scene has a name in any spelling, a time, and a port that is the lesson's unless it is typed")
  func scenes() throws {
    func scene(_ options: String) throws -> ScenePlan { try plan("listen-demo --scene " + options) }
    for scene in TroubleScene.allCases {
      let words = [scene.rawValue, scene.rawValue.uppercased(), scene.rawValue.replacing("-", with: "_")]
      for word in words { #expect(try plan("listen-demo --scene \(word)") == ScenePlan(scene)) }
    }
    #expect(try scene("stopped --for 2.5").lifetime == 2500)
    #expect(try scene("stopped --quiet --lang es").narration.isQuiet)
    #expect(try scene("stopped --lang es").narration.language == .spanish)
    #expect(try scene("stopped").address == Loopback.ipv4.address(port: 1234))
    #expect(try scene("outgoing-connection").address == Loopback.ipv4.address(port: 0))
    #expect(try scene("outgoing-connection --port 1234").address == Loopback.ipv4.address(port: 1234))
    #expect(try scene("stopped --port 0").port == 0)
  }

  @Test("the commands that a scene is looked at with are understood", arguments: TroubleScene.allCases)
  func commandsOfScenes(scene: TroubleScene) throws {
    for isInUserNamespace in [false, true] {
      let facts = TroubleLesson.Facts(port: 1234, pid: 4711, count: 1, isInUserNamespace: isInUserNamespace)
      for command in TroubleLesson.commands(scene, facts) {
        let words = command.split(separator: " ").map(String.init).drop { $0 != "sockinspect" }.dropFirst()
        _ = try Plan(TypedArguments.parse(Array(words)), in: .test)
      }
    }
  }

  @Test("a scene that does not exist is refused with the nearest, and with all that do")
  func unknownScene() {
    #expect(
      throws: UsageError(
        "--scene: unknown scene 'acept-queue'",
        [
          "did you mean accept-queue?", "known: " + TroubleScene.allCases.map(\.rawValue).joined(separator: ", "),
        ])
    ) { try plan("listen-demo --scene acept-queue") as ScenePlan }
  }

  @Test("--no-guarantee is a separate demo")
  func noGuarantee() throws {
    #expect(try client("--udp --no-guarantee").showsNoGuarantee)
    #expect(try client("--udp --no-guarantee -6 --step").isDatagram)
    #expect(try !client("--udp").showsNoGuarantee)
  }

  @Test("the flow has a family, a port and a transport")
  func flows() throws {
    #expect(try flow("--udp").isDatagram && flow("-6").family == .ipv6 && flow("-4").family == .ipv4)
    #expect(try flow("--port 0").port == 0)
    #expect(try flow("--step").narration.isStepped)
  }

  @Test("every one of TCP's eleven states can be held, in any spelling, or all of them", arguments: HoldPlan.everyState)
  func held(state: SocketState) throws {
    #expect(HoldPlan.everyState.count == 11 && Set(HoldPlan.everyState).count == 11)
    let spellings = [
      state.name, state.name.uppercased(), state.name.split(separator: "_").joined(separator: "-"),
      state.name.split(separator: "_").joined(),
    ]
    for spelling in spellings { #expect(try hold("--hold \(spelling)") == HoldPlan(states: [state]), "\(spelling)") }
    #expect(try hold("--hold ALL") == HoldPlan(states: HoldPlan.everyState, isAll: true))
  }

  @Test("a hold has a place and a time")
  func holds() throws {
    var expected = HoldPlan(states: [.closeWait])
    expected.port = 0
    expected.family = .ipv6
    expected.lifetime = 1500
    expected.narration.isQuiet = true
    #expect(try hold("--hold close-wait --port 0 -6 --for 1.5 -q") == expected)
    #expect(try hold("--hold listen --host ::1").family == .ipv6)
    #expect(try hold("--hold listen --host 127.0.0.2").host == "127.0.0.2")
  }

  @Test("narration goes to standard error; flow, holds and explanation to standard output")
  func narration() throws {
    #expect(try server("-q").narration.isQuiet && client("--quiet").narration.isQuiet)
    #expect(try server("--step").narration.isStepped && client("--step").narration.isStepped)
    let pipeAndTerminal = Environment.test(variables: [:], errorWidth: 100)
    let terminalAndPipe = Environment.test(variables: [:], width: 90)
    #expect(try server("", in: pipeAndTerminal).narration == NarrationPlan(usesColour: true, width: 100))
    #expect(try client("", in: pipeAndTerminal).narration == NarrationPlan(usesColour: true, width: 100))
    #expect(try hold("--hold listen", in: pipeAndTerminal).narration == NarrationPlan())
    #expect(try hold("--hold listen", in: terminalAndPipe).narration == NarrationPlan(usesColour: true, width: 90))
    #expect(try flow("", in: pipeAndTerminal).narration == NarrationPlan())
    #expect(try server("", in: terminalAndPipe).narration == NarrationPlan())
    #expect(try flow("", in: terminalAndPipe).narration == NarrationPlan(usesColour: true, width: 90))
    #expect(try explanation("", in: terminalAndPipe) == ExplainPlan(usesColour: true, width: 90))
    #expect(try flow("--width 60 --color always").narration == NarrationPlan(usesColour: true, width: 60))
    #expect(try flow("--width 0 --colour=never", in: terminalAndPipe).narration == NarrationPlan())
    #expect(try explanation("--width 40 --color never", in: terminalAndPipe).width == 40)
    let quiet = Environment.test(variables: ["NO_COLOR": "1"], errorWidth: 80)
    #expect(try !server("", in: quiet).narration.usesColour && server("--color always", in: quiet).narration.usesColour)
  }

  @Test("explain takes any number of names, and the language of the environment unless one is given")
  func explanations() throws {
    #expect(try explanation("").subjects.isEmpty)
    #expect(try explanation("time_wait accept -- close").subjects == ["time_wait", "accept", "close"])
    #expect(try explanation("--lang es").language == .spanish)
    #expect(try explanation("").language == .english)
    #expect(try explanation("", in: .test(variables: ["LANG": "es_ES.UTF-8"])).language == .spanish)
    #expect(try explanation("--lang en", in: .test(variables: ["LC_ALL": "es"])).language == .english)
    #expect(try !explanation("--lang es").drawsBoxes)
    #expect(try explanation("", in: .test(variables: ["LANG": "C.UTF-8"])).drawsBoxes)
  }

  @Test(
    "numbers out of range are refused with the range",
    arguments: [
      ("listen-demo --port 65536", "--port: '65536' is not a number from 0 to 65535"),
      ("listen-demo -p -1", "-p: '-1' is not a number from 0 to 65535"),
      ("listen-demo --port http", "--port: 'http' is not a number from 0 to 65535"),
      ("connect-demo --port 0", "--port: '0' is not a number from 1 to 65535"),
      ("listen-demo --backlog 2147483648", "--backlog: '2147483648' is not a number from 0 to 2147483647"),
      ("listen-demo --backlog +1", "--backlog: '+1' is not a number from 0 to 2147483647"),
      ("listen-demo --max-clients 0", "--max-clients: '0' is not a number from 1 to 1000000000"),
      ("listen-demo --buffer 0", "--buffer: '0' is not a number from 1 to 1048576"),
      ("connect-demo --buffer 1048577", "--buffer: '1048577' is not a number from 1 to 1048576"),
      ("listen-demo -u --drop 101", "--drop: '101' is not a number from 0 to 100"),
      ("connect-demo --count 0", "--count: '0' is not a number from 1 to 1000000000"),
      ("connect-demo --parallel x", "--parallel: 'x' is not a number from 1 to 1000000"),
      ("listen-demo --delay -1", "--delay: '-1' is not a number of seconds from 0 to 1000000"),
      ("listen-demo --delay nan", "--delay: 'nan' is not a number of seconds from 0 to 1000000"),
      ("listen-demo --delay inf", "--delay: 'inf' is not a number of seconds from 0 to 1000000"),
      ("listen-demo --delay 1e3", "--delay: '1e3' is not a number of seconds from 0 to 1000000"),
      ("listen-demo --delay .", "--delay: '.' is not a number of seconds from 0 to 1000000"),
      ("listen-demo --delay 1.2.3", "--delay: '1.2.3' is not a number of seconds from 0 to 1000000"),
      ("connect-demo --delay 1000001", "--delay: '1000001' is not a number of seconds from 0 to 1000000"),
      ("listen-demo --timeout 0", "--timeout: '0' is not a number of seconds from 0.001 to 1000000"),
      ("connect-demo --timeout 0.0001", "--timeout: '0.0001' is not a number of seconds from 0.001 to 1000000"),
      ("listen-demo --for ''", "--for: '' is not a number of seconds from 0.001 to 1000000"),
      ("flow-demo --port 99999", "--port: '99999' is not a number from 0 to 65535"),
      ("flow-demo --width x", "--width: 'x' is not a number from 0 to 1000000000"),
    ])
  func ranges(line: String, message: String) { #expect(usageError(line)?.message == message) }

  @Test(
    "other wrong values are named with what to type instead",
    arguments: [
      ("listen-demo --hold tmie_wait", "--hold: unknown state 'tmie_wait'", "did you mean time_wait?"),
      (
        "listen-demo --hold connected", "--hold: unknown state 'connected'",
        "known: listen, syn_sent, syn_recv, established, fin_wait1, fin_wait2, close_wait, closing, last_ack, time_wait, close, all"
      ),
      ("listen-demo --host ''", "--host: the name is empty", "type a name or an address"),
      (
        "listen-demo --host 127.0.0.1 -6", "--host: '127.0.0.1' is an IPv4 address",
        "leave -6 out, or type an address such as ::1"
      ),
      (
        "connect-demo -4 --host ::1", "--host: '::1' is an IPv6 address",
        "leave -4 out, or type an address such as 127.0.0.1"
      ),
      (
        "listen-demo --dual-stack --host 0.0.0.0", "--host: '0.0.0.0' is an IPv4 address",
        "leave --dual-stack out, or type an address such as ::"
      ),
      ("listen-demo --hold listen --host ''", "--host: the name is empty", "type a name or an address"),
      ("listen-demo --unix ''", "--unix: the path is empty", "type a path, or @name for an abstract name"),
      ("connect-demo --unix @", "--unix: '@' is no name", "type a path, or @name for an abstract name"),
      (
        "listen-demo --unix \(String(repeating: "x", count: 108))",
        "--unix: '\(String(repeating: "x", count: 100))...' is longer than the 107 bytes of a unix address",
        "type a shorter path, such as one from the folder where it is"
      ),
      ("flow-demo --color blue", "--color: unknown choice 'blue'", "known: auto, always, never"),
      ("explain --lang fr", "--lang: unknown choice 'fr'", "known: en, es"),
      (
        "listen-demo 5000", "listen-demo takes no operand, but '5000' was given",
        "type: sockinspect listen-demo --port 5000"
      ),
      (
        "connect-demo 10.0.0.1", "connect-demo takes no operand, but '10.0.0.1' was given",
        "type: sockinspect connect-demo --host 10.0.0.1"
      ),
      (
        "connect-demo [::1]:1234", "connect-demo takes no operand, but '[::1]:1234' was given",
        "type: sockinspect connect-demo --host ::1 --port 1234"
      ),
      (
        "flow-demo :5000", "flow-demo takes no operand, but ':5000' was given",
        "type: sockinspect flow-demo --port 5000"
      ),
      (
        "flow-demo -- x", "flow-demo takes no operand, but 'x' was given",
        "`sockinspect help flow-demo` lists its options"
      ),
      (
        "flow-demo 127.0.0.1", "flow-demo takes no operand, but '127.0.0.1' was given",
        "`sockinspect help flow-demo` lists its options"
      ),
      (
        "flow-demo 127.0.0.1:1234", "flow-demo takes no operand, but '127.0.0.1:1234' was given",
        "`sockinspect help flow-demo` lists its options"
      ),
      (
        "lesson 3", "lesson takes no operand, but '3' was given", "`sockinspect help lesson` lists its options"
      ),
      (
        "--unix /tmp/x listen-demo", "the command listen-demo comes first, its options behind it",
        "usage: sockinspect listen-demo [OPTIONS]"
      ),
    ])
  func wrong(line: String, message: String, hint: String) {
    expect(line, message, hint)
  }

  @Test(
    "what is wrong with the place of a demo is said in the language that was asked for",
    arguments: [
      ("listen-demo --host '' --lang es", "--host: el nombre está vacío", "escribe un nombre o una dirección"),
      (
        "connect-demo --lang es -4 --host ::1", "--host: '::1' es una dirección IPv6",
        "quita -4, o escribe una dirección como 127.0.0.1"
      ),
      (
        "listen-demo --unix '' --lang es", "--unix: la ruta está vacía",
        "escribe una ruta, o @nombre si es un nombre abstracto"
      ),
    ])
  func wrongInSpanish(line: String, message: String, hint: String) {
    expect(line, message, hint)
  }

  private func expect(_ line: String, _ message: String, _ hint: String) {
    #expect(usageError(line)?.message == message)
    #expect(usageError(line)?.details.contains(hint) == true, "\(usageError(line)?.details ?? [])")
  }
}

extension Environment {
  /// An environment for tests with standard output on a pipe and standard error on a terminal.
  static func test(variables: [String: String], errorWidth: Int) -> Environment {
    var world = test(variables: variables)
    world.errorIsTerminal = true
    world.errorWidth = errorWidth
    return world
  }
}
