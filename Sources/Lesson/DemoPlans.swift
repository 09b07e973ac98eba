package import SocketModel

/// The place of a demo's socket, as typed: no name is looked up yet.
package enum DemoPlace: Sendable, Equatable {
  /// A host and port. Without a host it is the loopback address of the family; without a family it
  /// is that of the host, or IPv4 when there is neither. A dual-stack socket is an IPv6 one that
  /// also takes IPv4; without a host it is at `::` of the loopback interface.
  case internet(host: String?, port: UInt16, family: AddressFamily?, isDualStack: Bool)
  /// A unix socket at a path.
  case unixPath(String)
  /// A unix socket with an abstract name: typed as `@name`, here without the `@`.
  case unixAbstract(String)

  /// The lesson's place: port 1234 of this machine.
  package static let lesson = DemoPlace.internet(host: nil, port: lessonPort, family: nil, isDualStack: false)
  /// The lesson's port.
  package static let lessonPort: UInt16 = 1234
}

/// How much a demo prints, and how it looks.
package struct NarrationPlan: Sendable, Equatable {
  /// Whether only the data is printed.
  package var isQuiet: Bool
  /// Whether it waits for Enter before each call.
  package var isStepped: Bool
  /// The language of everything that is printed about the demo.
  package var language: Language
  package var usesColour: Bool
  /// The width of the narration; `nil` for no limit.
  package var width: Int?

  package init(
    isQuiet: Bool = false, isStepped: Bool = false, language: Language = .english, usesColour: Bool = false,
    width: Int? = nil
  ) {
    self.isQuiet = isQuiet
    self.isStepped = isStepped
    self.language = language
    self.usesColour = usesColour
    self.width = width
  }
}

/// A server to run: `listen-demo`.
package struct ServerPlan: Sendable, Equatable {
  package var place: DemoPlace
  /// Whether it is `SOCK_DGRAM`: UDP, or a unix socket for datagrams.
  package var isDatagram: Bool
  package var settings: ServerSettings
  package var narration: NarrationPlan

  package init(
    place: DemoPlace = .lesson, isDatagram: Bool = false, settings: ServerSettings = ServerSettings(),
    narration: NarrationPlan = NarrationPlan()
  ) {
    self.place = place
    self.isDatagram = isDatagram
    self.settings = settings
    self.narration = narration
  }
}

/// A client to run: `connect-demo`.
package struct ClientPlan: Sendable, Equatable {
  package var place: DemoPlace
  /// Whether it is `SOCK_DGRAM`: UDP, or a unix socket for datagrams.
  package var isDatagram: Bool
  package var settings: ClientSettings
  /// Whether it shows the ways in which a datagram fails, with its own server, instead of being a
  /// client of the place.
  package var showsNoGuarantee: Bool
  package var narration: NarrationPlan

  package init(
    place: DemoPlace = .lesson, isDatagram: Bool = false, settings: ClientSettings = ClientSettings(),
    showsNoGuarantee: Bool = false, narration: NarrationPlan = NarrationPlan()
  ) {
    self.place = place
    self.isDatagram = isDatagram
    self.settings = settings
    self.showsNoGuarantee = showsNoGuarantee
    self.narration = narration
  }
}

/// Server and client in one run: `flow-demo`.
package struct FlowPlan: Sendable, Equatable {
  /// The server's port; 0 for any free one.
  package var port: UInt16
  package var family: AddressFamily
  /// Whether it is UDP.
  package var isDatagram: Bool
  /// Whether lines and arrows are box characters, or otherwise ASCII.
  package var drawsBoxes: Bool
  package var narration: NarrationPlan

  package init(
    port: UInt16 = DemoPlace.lessonPort, family: AddressFamily = .ipv4, isDatagram: Bool = false,
    drawsBoxes: Bool = false, narration: NarrationPlan = NarrationPlan()
  ) {
    self.port = port
    self.family = family
    self.isDatagram = isDatagram
    self.drawsBoxes = drawsBoxes
    self.narration = narration
  }
}

/// States to hold: `listen-demo --hold`.
package struct HoldPlan: Sendable, Equatable {
  /// The states to hold.
  package var states: [SocketState]
  /// Whether all states were requested.
  package var isAll: Bool
  /// The address of this machine to hold them on; `nil` for the loopback address of the family.
  package var host: String?
  /// The port of the listeners; 0 for any free one.
  package var port: UInt16
  package var family: AddressFamily
  /// The number of milliseconds after which it ends by itself; `nil` for never.
  package var lifetime: Int?
  package var narration: NarrationPlan

  package init(
    states: [SocketState], isAll: Bool = false, host: String? = nil, port: UInt16 = DemoPlace.lessonPort,
    family: AddressFamily = .ipv4, lifetime: Int? = nil, narration: NarrationPlan = NarrationPlan()
  ) {
    self.states = states
    self.isAll = isAll
    self.host = host
    self.port = port
    self.family = family
    self.lifetime = lifetime
    self.narration = narration
  }

  /// The eleven states of TCP, in the order of a connection's life.
  package static let everyState: [SocketState] = [
    .listen, .synSent, .synRecv, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck, .timeWait, .close,
  ]
}

/// The lesson to show: `lesson`.
package struct LessonPlan: Sendable, Equatable {
  package var language: Language
  package var usesColour: Bool
  /// Whether a pager shows it, as on a terminal.
  package var usesPager: Bool
  /// The width of the text; `nil` for what suits a reader.
  package var width: Int?

  package init(language: Language, usesColour: Bool, usesPager: Bool, width: Int?) {
    self.language = language
    self.usesColour = usesColour
    self.usesPager = usesPager
    self.width = width
  }
}

/// A request to explain something: `explain`.
package struct ExplainPlan: Sendable, Equatable {
  /// What to explain, as typed: words, `:PORT`, `states` and `calls`; empty for the list of
  /// subjects.
  package var subjects: [String]
  package var language: Language
  package var usesColour: Bool
  /// Whether lines and arrows are box characters, or otherwise ASCII.
  package var drawsBoxes: Bool
  /// The width of the text; `nil` for what suits a reader.
  package var width: Int?

  package init(
    subjects: [String] = [], language: Language = .english, usesColour: Bool = false, drawsBoxes: Bool = false,
    width: Int? = nil
  ) {
    self.subjects = subjects
    self.language = language
    self.usesColour = usesColour
    self.drawsBoxes = drawsBoxes
    self.width = width
  }
}
