package import LinuxSystem

/// A call of the socket interface that a demo makes, with its arguments. A descriptor is
/// represented by its number at that moment.
package enum SocketCall: Sendable, Hashable {
  /// `socket(2)`.
  case socket(SocketKind)
  /// `setsockopt(2)`: the option's C name and its value as C writes it.
  case setOption(Int32, name: String, value: String)
  /// `bind(2)`.
  case bind(Int32, SocketAddress)
  /// `listen(2)`.
  case listen(Int32, backlog: Int32)
  /// `accept4(2)`.
  case accept(Int32)
  /// `connect(2)`.
  case connect(Int32, SocketAddress)
  /// `recv(2)` of at most this many bytes.
  case receive(Int32, capacity: Int)
  /// `recvfrom(2)` of at most this many bytes.
  case receiveFrom(Int32, capacity: Int)
  /// `send(2)`.
  case send(Int32, [UInt8])
  /// `sendto(2)`.
  case sendTo(Int32, [UInt8], SocketAddress)
  /// `shutdown(2)` with `SHUT_WR`.
  case shutdownSending(Int32)
  /// `close(2)`.
  case close(Int32)

  /// The C name of the call.
  package var name: String {
    switch self {
    case .socket: "socket"
    case .setOption: "setsockopt"
    case .bind: "bind"
    case .listen: "listen"
    case .accept: "accept"
    case .connect: "connect"
    case .receive: "recv"
    case .receiveFrom: "recvfrom"
    case .send: "send"
    case .sendTo: "sendto"
    case .shutdownSending: "shutdown"
    case .close: "close"
    }
  }

  /// The descriptor that it is made on; `nil` for `socket(2)`, which makes one.
  package var descriptor: Int32? {
    switch self {
    case .socket: nil
    case .setOption(let number, _, _), .bind(let number, _), .listen(let number, _), .accept(let number),
      .connect(let number, _), .receive(let number, _), .receiveFrom(let number, _), .send(let number, _),
      .sendTo(let number, _, _), .shutdownSending(let number), .close(let number):
      number
    }
  }
}

/// The result of a call.
package enum CallResult: Sendable, Hashable {
  /// It succeeded; the number is a count of bytes sent, or 0.
  case done(Int)
  /// `socket(2)` made this descriptor.
  case made(Int32)
  /// `accept4(2)` made this descriptor, connected to the address.
  case accepted(Int32, SocketAddress)
  /// Bytes were read; none means that the other end has closed its direction. A datagram has a
  /// sender and a length, which may be more than was read.
  case received([UInt8], from: SocketAddress?, length: Int)
  /// It would have had to wait: nothing to read or accept, no room to send, a connection in
  /// progress (EAGAIN, EINPROGRESS).
  case underWay
  /// It failed.
  case failed(SystemError)
}

/// An observer of a demo's calls: reports them, looks up their effect in the kernel, and lets a
/// person decide when the next may be made.
package protocol CallObserver: AnyObject {
  /// Called before a call is made.
  ///
  /// - Throws: ``Interrupted`` when the demo is to end instead of making it.
  func before(_ call: SocketCall) throws(Interrupted)
  /// Called after the call. Nothing else happened in this thread since ``before(_:)``.
  func after(_ call: SocketCall, _ result: CallResult)
  /// Called when nothing can be done now: the demo waits until this call can be made, for instance
  /// `accept(2)` for a client.
  func waits(for call: SocketCall)
  /// Called for something that the lesson's programs print.
  func prints(_ line: LessonLine)
  /// Called for something that an observer should know and that no call shows.
  func notes(_ note: DemoNote)
}

/// A line that the lesson's server and client print.
package enum LessonLine: Sendable, Hashable {
  /// `listening`.
  case listening
  /// `Connected by ('127.0.0.1', 38134)`.
  case connected(by: SocketAddress)
  /// For a server of datagrams: `Datagram from ('127.0.0.1', 38134)`.
  case datagram(from: SocketAddress)
  /// `Received b'Hello, world'`.
  case received([UInt8])
}

/// Something that an observer of a demo should know and that no call shows.
package enum DemoNote: Sendable, Hashable {
  /// The server is reached at this address, whose port the kernel may have chosen.
  case serving(SocketAddress)
  /// The listening address can be reached from other machines.
  case reachable(SocketAddress)
  /// No descriptor is available for the next client; it waits until another is closed.
  case outOfDescriptors(limit: Int)
  /// A client, or the server, reset the connection.
  case reset(SocketAddress?)
  /// The other end sent nothing for this many milliseconds.
  case silent(SocketAddress?, milliseconds: Int)
  /// The server dropped a datagram, like a network that loses it.
  case dropped([UInt8], from: SocketAddress)
  /// The server keeps an answer back until others have been sent.
  case heldBack([UInt8], for: SocketAddress)
  /// No answer to a datagram came within this many milliseconds. It has a number where there are
  /// several.
  case unanswered(number: Int?, milliseconds: Int)
  /// The client has waited this many milliseconds, and continues.
  case gaveUp(milliseconds: Int)
  /// Nothing is left to do, and this many connections stay open, or the socket of a datagram
  /// client; for this many milliseconds, or until a signal ends it.
  case staysOpen(connections: Int?, milliseconds: Int?)
  /// Anything else.
  case remark(DemoRemark)
}

/// Something that happened in a demo apart from its calls, for an observer to put into words.
/// Reasons are the C library's.
package enum DemoRemark: Sendable, Hashable {
  /// A datagram was longer than the server's buffer: the rest of it is lost.
  case datagramCut(length: Int, taken: Int)
  /// The sender of a datagram is a unix socket without a name, so it cannot be answered.
  case unnamedSender
  /// `recvfrom(2)` of the server failed.
  case receivingFailed(String)
  /// The server's answer to a datagram could not be sent.
  case answerFailed(String)
  /// `accept(2)` failed, and is tried again.
  case acceptingFailed(String)
  /// A client asked in HTTP, so the reply gets HTTP's header.
  case askedInHTTP
  /// The server closes a connection with bytes unread, which resets it.
  case closingUnread(descriptor: Int32)
  /// A call for a connection failed, which ends the connection.
  case connectionLost(String)
  /// The server's name has another address, which is tried after the previous one failed.
  case otherAddress
  /// An answer was longer than the client's buffer: the rest of it is lost.
  case answerCut(length: Int, room: Int)
  /// An answer came after that to a datagram that was sent later.
  case answerOvertaken(number: Int, by: Int)
}

/// A demo ends early because it was asked to.
package struct Interrupted: Error, Sendable, Hashable {
  /// Makes the error.
  package init() {}
}
