import Glibc
import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import LinuxSystem

private let server = SocketAddress.ipv4(0x7F00_0001, port: 1234)
private let client = SocketAddress.ipv4(0x7F00_0001, port: 38134)
private let hello = Array("Hello, world".utf8)

@Suite("Calls as text", .timeLimited)
struct CallTextTests {
  @Test(
    "a call stands with its arguments and what it gave back, as in C",
    arguments: [
      (.socket(SocketKind(family: 2, type: 1)), .made(3), "socket(AF_INET, SOCK_STREAM, 0) = 3"),
      (.socket(SocketKind(family: 10, type: 2)), .made(3), "socket(AF_INET6, SOCK_DGRAM, 0) = 3"),
      (.socket(SocketKind(family: 1, type: 5)), .made(3), "socket(AF_UNIX, SOCK_SEQPACKET, 0) = 3"),
      (.socket(SocketKind(family: 41, type: 1)), .made(3), "socket(41, SOCK_STREAM, 0) = 3"),
      (.setOption(3, name: "SO_REUSEADDR", value: "1"), .done(0), "setsockopt(3, SO_REUSEADDR, 1) = 0"),
      (.bind(3, server), .done(0), "bind(3, 127.0.0.1:1234) = 0"),
      (.bind(3, .ipv6(1, port: 0)), .done(0), "bind(3, [::1]:0) = 0"),
      (.bind(3, .unix(path: Array("/tmp/\u{1B}".utf8))), .done(0), "bind(3, /tmp/\\e) = 0"),
      (.bind(3, .unix(path: Array("@x".utf8))), .done(0), "bind(3, \\x40x) = 0"),
      (.bind(3, .unix(abstract: Array("x".utf8))), .done(0), "bind(3, @x) = 0"),
      (
        .bind(3, server), .failed(SystemError("bind", code: EADDRINUSE)),
        "bind(3, 127.0.0.1:1234) = -1 EADDRINUSE: Address already in use"
      ),
      (.listen(3, backlog: 128), .done(0), "listen(3, 128) = 0"),
      (.accept(3), .accepted(4, client), "accept(3) = 4, from 127.0.0.1:38134"),
      (.accept(3), .accepted(4, .unixAutobind), "accept(3) = 4, from an unnamed socket"),
      (.accept(3), .underWay, "accept(3) = -1 EAGAIN: Resource temporarily unavailable"),
      (.connect(3, server), .underWay, "connect(3, 127.0.0.1:1234) = -1 EINPROGRESS: Operation now in progress"),
      (.receive(4, capacity: 1024), .received(hello, from: nil, length: 12), "recv(4, 1024) = 12, b'Hello, world'"),
      (
        .receive(4, capacity: 1024), .received([], from: nil, length: 0),
        "recv(4, 1024) = 0, the other end sends no more"
      ),
      (
        .receiveFrom(3, capacity: 4), .received(Array("Hell".utf8), from: client, length: 12),
        "recvfrom(3, 4) = 4 of 12, b'Hell', from 127.0.0.1:38134"
      ),
      (
        .receiveFrom(3, capacity: 4), .received([], from: client, length: 0),
        "recvfrom(3, 4) = 0, b'', from 127.0.0.1:38134"
      ),
      (.send(4, hello), .done(12), "send(4, b'Hello, world') = 12"),
      (.sendTo(4, hello, server), .done(12), "sendto(4, b'Hello, world', 127.0.0.1:1234) = 12"),
      (
        .send(4, Array(repeating: 0x61, count: 300)), .done(200),
        "send(4, b'\(String(repeating: "a", count: 24))'... 300 bytes) = 200"
      ),
      (
        .send(4, Array(repeating: 0, count: 100)), .done(100),
        "send(4, b'\\x00\\x00\\x00\\x00\\x00\\x00'... 100 bytes) = 100"
      ),
      (.shutdownSending(4), .done(0), "shutdown(4, SHUT_WR) = 0"), (.close(4), .done(0), "close(4) = 0"),
      (.close(4), .failed(SystemError("close", code: 4095)), "close(4) = -1 error 4095"),
    ] as [(SocketCall, CallResult, String)])
  func line(call: SocketCall, result: CallResult, text: String) {
    #expect(CallText().line(call, result) == text)
  }

  @Test("an excerpt of data never takes more than its width", arguments: [16, 40, 80])
  func excerpt(width: Int) {
    for count in [0, 1, width - 3, width - 2, width, 200, 100_000] {
      for byte: UInt8 in [0x61, 0x27, 0x00] {
        let bytes = Array(repeating: byte, count: count)
        let text = CallText(dataWidth: width).data(bytes)
        // At least one byte is shown.
        #expect(text.utf8.count <= max(width, 23), "\(text)")
        #expect(text.hasSuffix("... \(count) bytes") == (text != PythonText.bytes(bytes)), "\(text)")
      }
    }
  }

  @Test("errors of socket calls have their C names, and no two share one")
  func names() {
    let named = (1...133).compactMap { SystemError("x", code: $0).name }
    #expect(Set(named).count == named.count)
    #expect(SystemError("x", code: ECONNREFUSED).name == "ECONNREFUSED")
    #expect(SystemError("x", code: 0).name == nil)
  }
}
