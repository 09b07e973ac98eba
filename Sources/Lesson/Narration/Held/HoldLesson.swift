import SocketModel

/// The explanation of a state that is held: how it was made, what ends it, and how to look at it.
struct HoldLesson: Sendable, Equatable {
  /// The state.
  let state: SocketState
  /// The calls that made it, in a few words for a table.
  let summary: String
  /// The calls that made it, and why they lead to this state.
  let making: String
  /// What ends it.
  let ending: String

  /// The lesson of one of the eleven states of TCP.
  init(_ state: SocketState, in language: Language = .english) {
    self.state = state
    let words = language(Self.english(state), Self.spanish(state))
    summary = words.summary
    making = words.making
    ending = words.ending
  }

  typealias Words = (summary: String, making: String, ending: String)

  /// Commands that show it, for the port that it is held at.
  func commands(port: UInt16) -> [String] {
    if state == .close {
      // Neither /proc nor netstat has it.
      return ["sockinspect --port \(port) --state bound-inactive", "ss -tanB"]
    }
    let name = String(state.name.map { $0 == "_" ? "-" : $0 })
    let nameOfSS: String =
      switch state {
      case .listen: "listening"
      case .finWait1: "fin-wait-1"
      case .finWait2: "fin-wait-2"
      default: name
      }
    return [
      "sockinspect --port \(port) --state \(name)", "ss -tan state \(nameOfSS)", "netstat -an | grep \(port)",
    ]
  }
}
