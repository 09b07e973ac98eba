package import LinuxSystem
package import SocketModel
import Text

/// The words of `connect-demo --udp --no-guarantee`: no line is longer than 80 columns.
package enum NoGuaranteeText {
  /// What happened.
  package static func lines(_ event: NoGuarantee.Event, look: (SocketAddress) -> SocketRecord?) -> [String] {
    switch event {
    case .begins(let scene, let client, let server):
      return [
        "\(scene.rawValue). \(title(scene))",
        "   client \(client.shown), \(scene == .refused ? "nobody at" : "server") \(server.shown)",
      ]
    case .sent(let party, let bytes):
      return [line(party, "send", "\(PythonText.bytes(bytes)) = \(bytes.count)")]
    case .received(let party, let bytes, let length):
      let cut = length > bytes.count ? ": \(bytes.count) of \(length) bytes" : ""
      return [line(party, "recv", PythonText.bytes(bytes) + cut)]
    case .threwAway: return [line(.server, "", "throws it away, as a full router does")]
    case .failed(let error): return [line(.client, "recv", "fails: \(error.reason)")]
    case .silent(let milliseconds): return [line(.client, "recv", "nothing, for \(seconds(milliseconds))")]
    case .nothingLeft: return [line(.client, "recv", "nothing: the rest is not kept")]
    case .sentMany(let count, let size):
      return [line(.client, "send", "\(count) times \(size) bytes: each send() = \(size)")]
    case .lookAt(let address):
      guard let record = look(address) else { return [line(nil, "", "(its table does not show the drops here)")] }
      return [line(nil, "", "UDP \(address.shown)  RECV-Q \(record.receiveQueue)  DROPS \(record.drops)")]
    case .readMany(let count): return [line(.server, "recv", "\(count) datagrams, and then nothing")]
    }
  }

  /// The lesson of a scene.
  package static func moral(_ scene: NoGuarantee.Scene) -> [String] {
    switch scene {
    case .refused:
      return [
        "   The send succeeds: it only hands the datagram to the network. The kernel at",
        "   the other end answers with ICMP \"port unreachable\", and the next call on the",
        "   connected socket reports it. Through a firewall there is only silence.", "",
      ]
    case .lost:
      return [
        "   Neither end learns of it. UDP does not number, acknowledge or send again, as",
        "   TCP does: a program that must know has to ask again after a while.", "",
      ]
    case .reordered:
      return [
        "   Each datagram goes its own way, and none waits for another. Only a number in",
        "   the message shows which answer belongs to what; TCP numbers every byte.", "",
      ]
    case .truncated:
      return [
        "   One recv() takes one datagram, whole or cut to the buffer. TCP would have",
        "   given the other bytes to the next recv().", "",
      ]
    case .overflown:
      return [
        "   The server's receive buffer was full, and its kernel dropped the rest and",
        "   counted it: `sockinspect -u --memory` shows the column DROPS. The client",
        "   does not learn of it; TCP would have made it wait.",
      ]
    }
  }

  private static func title(_ scene: NoGuarantee.Scene) -> String {
    switch scene {
    case .refused: "Refused: nobody has the port"
    case .lost: "Lost: the second of three does not get through"
    case .reordered: "Out of order: three are answered last to first"
    case .truncated: "Truncated: the answer is longer than the buffer of 8 bytes"
    case .overflown: "Dropped: the server does not read, and its buffer is full"
    }
  }

  private static func line(_ party: NoGuarantee.Party?, _ call: String, _ text: String) -> String {
    let who =
      switch party {
      case .client: "client"
      case .server: "server"
      case nil: "kernel"
      }
    return call.isEmpty ? "   \(who)  \(text)" : "   \(who)  \(call) \(text)"
  }
}
