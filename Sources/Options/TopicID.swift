/// The name of a chapter of the help, as in `sockinspect help NAME`.
package struct TopicID: Hashable, Sendable, ExpressibleByStringLiteral {
  package let name: String

  package init(_ name: String) { self.name = name }

  package init(stringLiteral name: String) { self.name = name }

  package static let selecting: TopicID = "selecting"
  package static let transports: TopicID = "transports"
  package static let query: TopicID = "query"
  package static let output: TopicID = "output"
  package static let columns: TopicID = "columns"
  package static let sources: TopicID = "sources"
  package static let capture: TopicID = "capture"
  package static let watch: TopicID = "watch"
  package static let top: TopicID = "top"
  package static let graph: TopicID = "graph"
  package static let why: TopicID = "why"
  package static let canBind: TopicID = "can-bind"
  package static let doctor: TopicID = "doctor"
  package static let demo: TopicID = "demo"
  package static let listenDemo: TopicID = "listen-demo"
  package static let connectDemo: TopicID = "connect-demo"
  package static let flowDemo: TopicID = "flow-demo"
  package static let explain: TopicID = "explain"
  package static let lesson: TopicID = "lesson"
  package static let netstat: TopicID = "netstat"
  package static let lsof: TopicID = "lsof"
  package static let link: TopicID = "link"
  package static let exitStatus: TopicID = "exit-status"
  package static let security: TopicID = "security"
  package static let habits: TopicID = "habits"
  package static let completions: TopicID = "completions"
  package static let general: TopicID = "general"
}
