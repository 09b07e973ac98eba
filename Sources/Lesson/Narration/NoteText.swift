import Rendering
import LinuxSystem
import SocketModel
import Text

extension DemoNote {
  /// Whether it is reported even where the narration is not wanted.
  package var isTrouble: Bool {
    switch self {
    case .reachable, .outOfDescriptors, .reset, .silent: true
    case .serving, .dropped, .heldBack, .unanswered, .gaveUp, .staysOpen, .remark: false
    }
  }

  /// Whether a client caused it, and can cause it any number of times.
  var isOfClient: Bool {
    switch self {
    case .reset, .silent: true
    default: false
    }
  }

  /// The note as a sentence.
  package func text(_ calls: CallText) -> String {
    switch self {
    case .serving(let address):
      if let port = address.port { return "serving \(address.shown); to look at it: sockinspect --port \(port)" }
      return
        "serving \(address.shown); to look at it: sockinspect \(UnixName(bytes: address.unixName ?? []).listingArguments)"
    case .reachable(let address):
      return "warning: other machines can reach \(address.shown)"
    case .outOfDescriptors(let limit):
      return
        "no descriptor is left (the limit is \(limit)): the next client waits until another goes; more with: ulimit -n"
    case .reset(let peer): return "\(peer?.shown ?? "the other end") reset the connection"
    case .silent(let peer, let milliseconds):
      return "\(peer?.shown ?? "the other end") said nothing for \(seconds(milliseconds))"
    case .dropped(let bytes, let sender):
      return "dropped \(calls.data(bytes)) from \(sender.shown), as a network may"
    case .heldBack(let bytes, let peer):
      return "held back \(calls.data(bytes)) for \(peer.shown): others go first"
    case .unanswered(let number, let milliseconds):
      let which = number.map { " to #\($0)" } ?? ""
      return "no answer\(which) for \(seconds(milliseconds)): it is taken for lost"
    case .gaveUp(let milliseconds): return "has waited \(seconds(milliseconds)), and waits no longer"
    case .staysOpen(let count, let milliseconds):
      let what =
        switch count {
        case nil: "the socket stays"
        case 1: "the connection stays"
        case let count?: "\(count) connections stay"
        }
      return "\(what) open \(milliseconds.map { "for \(seconds($0))" } ?? "until Ctrl-C")"
    case .remark(let text): return Escaping.text(text)
    }
  }
}
