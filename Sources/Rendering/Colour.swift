package import SocketModel

/// The colours of the table: those of the terminal's own 16, so that the user's theme decides how
/// they look.
///
/// Colour repeats what the text says and is never the only sign of anything.
package enum Colour: Sendable, Hashable, CaseIterable {
  /// No colour of its own.
  case plain
  /// Headings.
  case heading
  /// Something that works: established connections.
  case good
  /// Something that waits for others: listeners.
  case open
  /// Something on its way from one state to another.
  case passing
  /// Something that may want attention: `close_wait`, a queue that is not empty.
  case attention
  /// Something that has just changed.
  case changed
  /// Something that hardly matters any more: `time_wait`, a missing value.
  case faint

  /// The escape sequence that switches the colour on; empty for ``plain``.
  package var start: String {
    switch self {
    case .plain: ""
    case .heading: "\u{1B}[1;4m"
    case .good: "\u{1B}[32m"
    case .open: "\u{1B}[36m"
    // Magenta: yellow cannot be read on white.
    case .passing: "\u{1B}[35m"
    case .attention: "\u{1B}[1;31m"
    case .changed: "\u{1B}[1m"
    case .faint: "\u{1B}[90m"
    }
  }

  /// The escape sequence that restores the terminal's own colours.
  package static let end = "\u{1B}[0m"

  /// The text in this colour; unchanged where no colour is wanted.
  package func paint(_ text: String, if isWanted: Bool) -> String {
    isWanted && self != .plain && !text.isEmpty ? start + text + Colour.end : text
  }

  /// The colour of a state.
  package init(_ state: SocketState) {
    switch state {
    case .established, .connected: self = .good
    case .listen: self = .open
    case .closeWait, .unhashed: self = .attention
    case .synSent, .synRecv, .finWait1, .finWait2, .lastAck, .closing, .connecting, .disconnecting: self = .passing
    case .cookieWait, .cookieEchoed, .shutdownPending, .shutdownSent, .shutdownReceived, .shutdownAckSent:
      self = .passing
    case .timeWait, .close: self = .faint
    case .unconnected, .boundInactive: self = .plain
    }
  }
}
