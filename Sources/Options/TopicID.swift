/// The chapters of the help. The raw value is the name behind `sockinspect help`.
package enum TopicID: String, CaseIterable, Sendable {
  case selecting, transports, query, output, columns, sources, capture, watch, demo
  case listenDemo = "listen-demo"
  case connectDemo = "connect-demo"
  case flowDemo = "flow-demo"
  case explain, netstat, lsof, link
  case exitStatus = "exit-status"
  case security, habits, completions, general
}
