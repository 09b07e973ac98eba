import LinuxSystem
import Rendering

extension LessonLine {
  /// The line as the lesson's Python programs print it, without its newline.
  package var text: String {
    switch self {
    case .listening: "listening"
    case .connected(let peer): "Connected by \(peer.python)"
    case .datagram(let sender): "Datagram from \(sender.python)"
    case .received(let bytes): "Received \(PythonText.bytes(bytes))"
    }
  }
}
