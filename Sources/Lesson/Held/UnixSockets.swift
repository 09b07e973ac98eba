import Glibc
import LinuxSystem
import SocketModel

/// Unix domain sockets of every type and kind of name.
package enum UnixScenario: String, CaseIterable, Sendable {
  /// A stream listener at a path, with one accepted connection.
  case stream
  /// A stream listener at a path, with a connection that it has not accepted: the listener's side
  /// of that connection has no file.
  case notAccepted = "not_accepted"
  /// A datagram socket at a path.
  case datagram
  /// A sequenced-packet listener at a path.
  case sequencedPacket = "seqpacket"
  /// A listener with an abstract name that contains a NUL byte.
  case abstract
  /// A datagram socket whose abstract name the kernel chose.
  case autobind
  /// Two connected sockets without names.
  case unnamed
  /// Datagram sockets at paths with blanks, newlines, escape sequences, and bytes that are not
  /// UTF-8.
  case hostile
}

extension UnixScenario {
  /// The file names of ``hostile``, which must never reach a terminal unescaped.
  package static let hostileNames: [[UInt8]] = [
    Array("two  blanks and \"quotes\"".utf8),
    Array("line\nbreak: 00000002 00010000 0001 01 fake".utf8),
    Array("tab\tand\u{1B}[31mred\u{07}".utf8),
    [0x62, 0x61, 0x64, 0xFF, 0xC3, 0x28, 0x9B, 0x33, 0x31, 0x6D],
    Array("bidi\u{202E}gpj.exe".utf8),
    Array("@not-abstract".utf8),
  ]

  /// Makes and holds the sockets; those with a path make their files in `folder`, whose path must
  /// be short and which must exist.
  ///
  /// The files stay when the sockets are closed, as always with unix sockets; the folder's owner
  /// removes them.
  package func hold(in folder: String) throws(DemoError) -> HeldSockets {
    try making("unix sockets (\(rawValue)) in \(folder)") { () throws(SystemError) in try make(folder) }
  }

  private func make(_ folder: String) throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    func path(_ name: [UInt8]) -> [UInt8] { Array((folder + "/").utf8) + name }
    switch self {
    case .stream, .notAccepted:
      let address = SocketAddress.unix(path: path(Array("\(rawValue).sock".utf8)))
      let listener = try named(SOCK_STREAM, address, .listen, &held)
      let client = HeldSocket(
        try Descriptor.socket(SocketKind(family: AF_UNIX, type: Int32(SOCK_STREAM.rawValue))))
      try client.descriptor.connect(address)
      add(client, .connected, nil, &held)
      if self == .stream {
        add(HeldSocket(try listener.descriptor.accept()), .connected, address.unixName, &held)
      }
    case .datagram: _ = try named(SOCK_DGRAM, .unix(path: path(Array("dgram.sock".utf8))), .unconnected, &held)
    case .sequencedPacket:
      _ = try named(SOCK_SEQPACKET, .unix(path: path(Array("seqpacket.sock".utf8))), .listen, &held)
    case .abstract:
      // The folder is part of the name, so that two of them can be held at once.
      let name = Array("\(folder) abstract".utf8) + [0] + Array("name".utf8)
      _ = try named(SOCK_STREAM, .unix(abstract: name), .listen, &held)
    case .autobind: _ = try named(SOCK_DGRAM, .unixAutobind, .unconnected, &held)
    case .unnamed:
      let (first, second) = try Descriptor.socketPair(type: Int32(SOCK_STREAM.rawValue))
      add(HeldSocket(Descriptor(owning: first)), .connected, nil, &held)
      add(HeldSocket(Descriptor(owning: second)), .connected, nil, &held)
    case .hostile:
      for name in UnixScenario.hostileNames { _ = try named(SOCK_DGRAM, .unix(path: path(name)), .unconnected, &held) }
    }
    return held
  }

  private func named(
    _ type: __socket_type, _ address: SocketAddress, _ state: SocketState, _ held: inout HeldSockets
  ) throws(SystemError) -> HeldSocket {
    let socket = HeldSocket(try Descriptor.socket(SocketKind(family: AF_UNIX, type: Int32(type.rawValue))))
    try socket.descriptor.bind(address)
    if state == .listen { try socket.descriptor.listen(backlog: 4) }
    add(socket, state, try socket.descriptor.localAddress().unixName, &held)
    return socket
  }

  private func add(_ socket: HeldSocket, _ state: SocketState, _ name: [UInt8]?, _ held: inout HeldSockets) {
    var sighting = SocketSighting(.unix, .unix, state)
    sighting.name = name
    sighting.descriptor = socket.descriptor.number
    held.sockets.append(socket)
    held.sightings.append(sighting)
  }
}
