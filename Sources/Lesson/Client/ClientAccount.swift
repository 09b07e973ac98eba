import Glibc
package import LinuxSystem

/// The results of all the connections or datagrams of a client.
package struct ClientAccount: Sendable, Equatable {
  /// How many were started.
  package var begun = 0
  /// How many were completed; for datagrams, how many were answered.
  package var done = 0
  /// How many were refused: nothing listens there.
  package var refused = 0
  /// How many the server reset.
  package var reset = 0
  /// How many took too long; for datagrams, how many were not answered in time.
  package var timedOut = 0
  /// How many failed otherwise.
  package var failed = 0
  /// How many of the completed ones the server ended without a byte.
  package var unanswered = 0
  /// How many were still open, or without an answer, when the client was asked to end.
  package var openAtTheEnd = 0
  /// How many bytes the kernel took to send.
  package var bytesSent = 0
  /// How many bytes were read.
  package var bytesReceived = 0
  /// The kinds of trouble, each with its count, in the order of their first occurrence.
  package var troubles: [ClientTrouble] = []
  /// The fate of each datagram; `nil` for connections.
  package var datagrams: DatagramReport?
  /// Whether the client was asked to end before it had finished.
  package var isInterrupted = false

  /// Makes an empty account.
  package init() {}

  /// Whether anything went wrong.
  package var hasFailures: Bool { refused + reset + timedOut + failed > 0 }

  /// Counts a connection that ended in trouble.
  package mutating func add(_ trouble: ClientTrouble) {
    switch trouble.kind {
    case .refused: refused += 1
    case .reset: reset += 1
    case .timedOut: timedOut += 1
    case .other: failed += 1
    }
    if let index = troubles.firstIndex(where: { $0.isAlike(trouble) }) {
      troubles[index].count += 1
    } else {
      troubles.append(trouble)
    }
  }
}

/// A step of a client that failed.
package struct ClientTrouble: Error, Sendable, Hashable {
  /// The counter of the account that it belongs to.
  package enum Kind: Sendable, Hashable {
    /// Nothing listens there.
    case refused
    /// The server reset the connection.
    case reset
    /// It took longer than the client, or the kernel, waits.
    case timedOut
    /// Anything else.
    case other
  }

  /// Why it failed, where that can be explained.
  package enum Cause: Sendable, Hashable {
    /// Nothing listens there (ECONNREFUSED).
    case refused
    /// The server reset the connection (ECONNRESET, ECONNABORTED), or had done so before this call
    /// (EPIPE).
    case reset
    /// The client waited as long as its settings allow.
    case waited
    /// The kernel gave up waiting (ETIMEDOUT).
    case kernelGaveUp
    /// A unix path does not exist (ENOENT).
    case noSuchPath
    /// A unix socket is of the other kind, for connections or for datagrams (EPROTOTYPE).
    case wrongKind
    /// The user may not use the socket or the address (EACCES, EPERM).
    case forbidden
    /// No local port is left, or no local address can reach the server (EADDRNOTAVAIL).
    case noLocalPort
    /// No route leads there (ENETUNREACH).
    case noRoute
    /// Nobody answers at the address (EHOSTUNREACH).
    case noHost
    /// No descriptor is left (EMFILE, ENFILE).
    case noDescriptor
    /// The message is longer than a datagram may be (EMSGSIZE).
    case tooLong
    /// Anything else; see ``error``.
    case other
  }

  /// The C name of the call.
  package var call: String
  /// Why it failed; `nil` when the client gave up waiting.
  package var error: SystemError? = nil
  /// After how many milliseconds the client gave up; `nil` when the call failed.
  package var waited: Int? = nil
  /// The server's address.
  package var address: SocketAddress
  /// How often it happened.
  package var count = 1

  /// The counter of the account that it belongs to.
  package var kind: Kind {
    switch cause {
    case .refused: .refused
    case .reset: .reset
    case .waited, .kernelGaveUp: .timedOut
    default: .other
    }
  }

  /// Why it failed.
  package var cause: Cause {
    switch error?.code {
    case nil: .waited
    case ECONNREFUSED: .refused
    case ECONNRESET, EPIPE, ECONNABORTED: .reset
    case ETIMEDOUT: .kernelGaveUp
    case ENOENT: .noSuchPath
    case EPROTOTYPE: .wrongKind
    case EACCES, EPERM: .forbidden
    case EADDRNOTAVAIL: .noLocalPort
    case ENETUNREACH: .noRoute
    case EHOSTUNREACH: .noHost
    case EMFILE, ENFILE: .noDescriptor
    case EMSGSIZE: .tooLong
    default: .other
    }
  }

  /// Whether a unix listener's queue was full: `connect(2)` does not wait for room, and nothing
  /// reports when there is some.
  var isQueueFull: Bool { call == "connect" && error?.code == EAGAIN && address.unixName != nil }

  func isAlike(_ other: ClientTrouble) -> Bool {
    call == other.call && error?.code == other.error?.code && address == other.address
  }
}

/// The fate of each of a client's datagrams.
///
/// A datagram carries its number, from 1, when there are several. An answer belongs to the datagram
/// whose number it ends with; an answer without a number is assigned to the first datagram without
/// one, which is a guess.
package struct DatagramReport: Sendable, Equatable {
  /// The fate of a datagram.
  package enum Fate: Sendable, Hashable {
    /// Its answer came.
    case answered
    /// Its answer came after that of a datagram that was sent later: the highest such number.
    case overtaken(by: Int)
    /// Its answer came after the client had given up on it.
    case late
    /// No answer came in time.
    case lost
    /// The receiving kernel reported with ICMP that no socket has the port.
    case refused
    /// It could not be sent.
    case unsent
    /// Its answer may still come, or is not read.
    case open
  }

  /// An answer that was longer than the buffer it was read into.
  package struct Truncation: Sendable, Hashable {
    /// The datagram that it answers; `nil` when it answers none.
    package var number: Int?
    /// The length of the answer in bytes.
    package var length: Int
    /// How many of them were read; the others are lost.
    package var taken: Int
  }

  /// The fate of each datagram; the first one has number 1.
  package var fates: [Fate] = []
  /// The answers that were cut, at most a hundred.
  package var truncations: [Truncation] = []
  /// How many answers were cut.
  package var truncated = 0
  /// How many datagrams came that answer nothing: a second answer, or an unexpected one.
  package var unexpected = 0
  /// Whether answers were assigned to the first unanswered datagrams because they carry no number.
  package var isGuessed = false

  /// Makes an empty report.
  package init() {}
}
