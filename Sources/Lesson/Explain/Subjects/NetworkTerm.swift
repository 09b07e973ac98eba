/// A technical term that the other explanations use. The raw value is its spelling.
package enum NetworkTerm: String, CaseIterable, Sendable, Hashable {
  case port
  case ephemeralPort = "ephemeral port"
  case loopback
  case anyAddress = "0.0.0.0"
  case dualStack = "dual stack"
  case descriptor
  case datagram
  case handshake
  case syn = "SYN"
  case ack = "ACK"
  case backlog
  case acceptQueue = "accept queue"
  case synCookies = "SYN cookies"
  case buffer
  case window
  case retransmission
  case nagle = "Nagle"
  case delayedACK = "delayed ACK"
  case keepalive
  case halfClose = "half-close"
  case fin = "FIN"
  case rst = "RST"
  case linger = "SO_LINGER"
  case orphan
  case timeWaitReuse = "TIME_WAIT reuse"
  case reuseAddress = "SO_REUSEADDR"
  case reusePort = "SO_REUSEPORT"
  case congestionWindow = "congestion window"
  case icmp = "ICMP"
  case namespace = "network namespace"
  case abstractName = "abstract name"
  case sockDiag = "sock_diag"

  /// The term as one word, as it is typed: `accept-queue`.
  package var typed: String { String(rawValue.map { $0 == " " ? "-" : $0 }) }

  /// Other words for it, in lower case with `-` between them, in both languages.
  private var otherNames: [String] {
    switch self {
    case .port: ["ports", "puerto", "puertos"]
    case .ephemeralPort:
      ["ephemeral", "ephemeral-ports", "local-ports", "ip-local-port-range", "puerto-efímero", "efímero"]
    case .loopback: ["localhost", "127.0.0.1", "lo", "::1"]
    case .anyAddress: ["any-address", "wildcard", "unspecified", "::", "*", "comodín"]
    case .dualStack: ["ipv6-v6only", "v6only", "doble-pila"]
    case .descriptor: ["file-descriptor", "descriptores", "descriptors"]
    case .datagram: ["datagrams", "datagrama", "datagramas"]
    case .handshake: ["three-way-handshake", "saludo"]
    case .syn: ["syn+ack", "syn-ack"]
    case .ack: ["acknowledgement", "confirmación"]
    case .backlog: ["somaxconn"]
    case .acceptQueue: ["accept-queues", "cola-de-aceptación"]
    case .synCookies: ["syn-cookie", "syncookies", "tcp-syncookies", "syn-flood"]
    case .buffer: ["buffers", "socket-buffer", "so-rcvbuf", "so-sndbuf", "búfer"]
    case .window: ["zero-window", "receive-window", "ventana"]
    case .retransmission: ["retransmissions", "retransmit", "retransmisión"]
    case .nagle: ["tcp-nodelay", "nodelay"]
    case .delayedACK: ["delayed-acknowledgement", "delack", "ack-retardado"]
    case .keepalive: ["keep-alive", "so-keepalive"]
    case .halfClose: ["half-closed", "shut-wr", "semicierre", "cierre-a-medias"]
    case .fin: []
    case .rst: ["reset"]
    case .linger: ["linger"]
    case .orphan: ["orphans", "huérfano", "huérfanos"]
    case .timeWaitReuse: ["tcp-tw-reuse", "tw-reuse", "reuse"]
    case .reuseAddress: ["reuseaddr", "reuse-address"]
    case .reusePort: ["reuseport", "reuse-port"]
    case .congestionWindow: ["congestion-control", "ventana-de-congestión"]
    case .icmp: ["port-unreachable"]
    case .namespace: ["namespace", "namespaces", "netns", "espacio-de-red"]
    case .abstractName: ["abstract", "abstract-socket", "nombre-abstracto"]
    case .sockDiag: ["netlink-sock-diag", "inet-diag"]
    }
  }

  /// The term that a word means, in any case, with `-`, `_` or a blank between its parts.
  package init?(word: String) {
    func folded(_ text: String) -> String { String(text.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 }) }
    let typed = folded(word)
    guard let term = Self.allCases.first(where: { folded($0.rawValue) == typed || $0.otherNames.contains(typed) })
    else { return nil }
    self = term
  }

  /// The arguments of `sockinspect` that show it, each one command line for a shell; empty for
  /// some.
  var commands: [String] {
    switch self {
    case .port: ["--port 1234"]
    case .ephemeralPort: ["--remote-port 443 --count-by remote_address,state"]
    case .loopback: ["-l --local 127.0.0.0/8,::1"]
    case .anyAddress: ["-l --local 0.0.0.0,::"]
    case .dualStack: ["-6 -l --columns +ipv6_only"]
    case .descriptor: ["--columns process,pid,fd,local,peer"]
    case .datagram: ["-u"]
    case .handshake, .syn: ["--state syn_sent,syn_recv"]
    case .ack: ["'send_queue > 0 and state != listen'"]
    case .backlog: ["-tl --columns +accept_queue,accept_limit"]
    case .acceptQueue: ["-tl 'accept_queue > 0'", "'accept_queue >= accept_limit'"]
    case .synCookies: ["--state syn_recv --count-by local"]
    case .buffer: ["--memory"]
    case .window: ["--columns +snd_wnd,rcv_wnd,rwnd_limited_us", "'timer = probe'"]
    case .retransmission: ["'retransmits > 0' --timer"]
    case .nagle: ["--columns +notsent,unacked"]
    case .delayedACK: ["'timer = delack'"]
    case .keepalive: ["'timer = keepalive'"]
    case .halfClose: ["--state fin_wait2,close_wait"]
    case .fin: ["--state fin_wait1,fin_wait2,close_wait"]
    case .rst: ["'state established and recv_queue > 0'"]
    case .linger: ["--state fin_wait1"]
    case .orphan: ["-s", "--state fin_wait1,fin_wait2,closing,last_ack"]
    case .timeWaitReuse: ["--state time_wait --count-by remote_address,remote_port"]
    case .reuseAddress: ["--port 1234 --state time_wait"]
    case .reusePort: ["-l --count-by local,process"]
    case .congestionWindow: ["--columns +congestion,snd_cwnd,snd_ssthresh,rtt_us"]
    case .icmp: ["-u --state connected"]
    case .namespace: ["--columns +netns", "--root /proc/1 -l"]
    case .abstractName: ["-x 'path = @*'"]
    case .sockDiag: ["--source diag", "--source proc"]
    }
  }
}
