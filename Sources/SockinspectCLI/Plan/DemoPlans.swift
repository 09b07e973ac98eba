import Demo
import Diagnosis
import SocketModel

/// Where a demo's socket is, as typed: no name is looked up yet.
enum DemoPlace: Sendable, Equatable {
  /// A host and port. Without a host it is the loopback address of the family; without a family it is that of the host, IPv4 when
  /// there is neither. A dual-stack socket is an IPv6 one that takes IPv4 too;
  /// without a host it is at `::` of the loopback interface.
  case internet(host: String?, port: UInt16, family: AddressFamily?, isDualStack: Bool)
  /// A unix socket at a path.
  case unixPath(String)
  /// A unix socket with a name in no folder: typed as `@name`, here without the `@`.
  case unixAbstract(String)

  /// The lesson's: port 1234 of this machine.
  static let lesson = DemoPlace.internet(host: nil, port: lessonPort, family: nil, isDualStack: false)
  /// The lesson's port.
  static let lessonPort: UInt16 = 1234
}

/// How much a demo prints, and how it looks.
struct NarrationPlan: Sendable, Equatable {
  /// Whether nothing but the data is printed.
  var isQuiet = false
  /// Whether it waits for Enter before each call.
  var isStepped = false
  var usesColour = false
  /// How wide the narration may be, `nil` for no limit.
  var width: Int?
}

/// A server to run: `listen-demo`.
struct ServerPlan: Sendable, Equatable {
  var place = DemoPlace.lesson
  /// Whether it is `SOCK_DGRAM`: UDP, or a unix socket for datagrams.
  var isDatagram = false
  var settings = ServerSettings()
  var narration = NarrationPlan()
}

/// A client to run: `connect-demo`.
struct ClientPlan: Sendable, Equatable {
  var place = DemoPlace.lesson
  /// Whether it is `SOCK_DGRAM`: UDP, or a unix socket for datagrams.
  var isDatagram = false
  var settings = ClientSettings()
  /// Whether it shows the ways in which a datagram fails, with a server of its own, instead of
  /// being a client of the place.
  var showsNoGuarantee = false
  var narration = NarrationPlan()
}

/// Server and client in one run: `flow-demo`.
struct FlowPlan: Sendable, Equatable {
  /// The server's port; 0 for any free one.
  var port = DemoPlace.lessonPort
  var family = AddressFamily.ipv4
  /// Whether it is UDP.
  var isDatagram = false
  /// Whether lines and arrows are box characters, else ASCII.
  var drawsBoxes = false
  var narration = NarrationPlan()
}

/// States to hold: `listen-demo --hold`.
struct HoldPlan: Sendable, Equatable {
  /// The states to hold.
  var states: [SocketState]
  /// Whether all states were requested.
  var isAll = false
  /// The address of this machine to hold them on; `nil` for the loopback address of the family.
  var host: String?
  /// The port of the listeners; 0 for any free one.
  var port = DemoPlace.lessonPort
  var family = AddressFamily.ipv4
  /// After how many milliseconds it ends by itself; `nil` for never.
  var lifetime: Int?
  var narration = NarrationPlan()

  /// The eleven states of TCP, in the order of a connection's life.
  static let everyState: [SocketState] = [
    .listen, .synSent, .synRecv, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait, .close,
  ]
}

/// Something to explain: `explain`.
struct ExplainPlan: Sendable, Equatable {
  /// The states and calls to explain, or `states` and `calls` for the overviews; none for the list of what can be asked.
  var subjects: [String] = []
  var language = Language.english
  var usesColour = false
  /// Whether lines and arrows are box characters, else ASCII.
  var drawsBoxes = false
  /// How wide the text may be, `nil` for what suits a reader.
  var width: Int?
}
