import Demo
import LinuxSystem
import Presentation
import SocketModel

extension DemoNote {
  /// Whether it is told even where the narration is not wanted.
  var isTrouble: Bool {
    switch self {
    case .reachable, .outOfDescriptors, .reset, .silent: true
    case .serving, .dropped, .heldBack, .remark: false
    }
  }

  /// The note as a sentence.
  func text(_ calls: CallText) -> String {
    switch self {
    case .serving(let address):
      if let port = address.port { return "serving \(address.shown); to look at it: sockinspect --port \(port)" }
      return "serving \(address.shown); to look at it: sockinspect -x"
    case .reachable(let address):
      return "warning: other machines can reach \(address.shown)"
    case .outOfDescriptors(let limit):
      return
        "no descriptor is left (the limit is \(limit)): the next client waits until another goes; more with: ulimit -n"
    case .reset(let peer): return "\(peer?.shown ?? "the other end") reset the connection"
    case .silent(let peer, let milliseconds):
      return "\(peer?.shown ?? "the other end") said nothing for \(Self.seconds(milliseconds))"
    case .dropped(let bytes, let sender):
      return "dropped \(calls.data(bytes)) from \(sender.shown), as a network may"
    case .heldBack(let bytes, let peer):
      return "held back \(calls.data(bytes)) for \(peer.shown): others go first"
    case .remark(let text): return Escaping.text(text)
    }
  }

  private static func seconds(_ milliseconds: Int) -> String {
    if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
    return "\(milliseconds) ms"
  }
}
