import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

@Suite("Files that say who has a port", .timeLimited)
struct WhyFilesTests {
  @Test("the arguments of docker-proxy name both ends, in either form of flags")
  func dockerProxy() {
    func forwarding(_ line: String) -> PortForwarding? {
      PortForwarding(ofProxy: line.split(separator: " ").map { Array($0.utf8) })
    }
    let container = Endpoint(address: IPAddress(ipv4: 0xAC11_0002), port: 80)
    let host = Endpoint(address: IPAddress(ipv4: 0), port: 8080)
    let whole =
      "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80"
    #expect(forwarding(whole) == PortForwarding(host: host, container: container, isUDP: false))
    #expect(forwarding(whole + " -use-listen-fd") == PortForwarding(host: host, container: container, isUDP: false))
    let signs = "docker-proxy --proto=udp --host-ip=:: --host-port=8080"
    #expect(
      forwarding(signs)
        == PortForwarding(host: Endpoint(address: IPAddress(ipv6: 0), port: 8080), container: nil, isUDP: true))
    #expect(forwarding("nginx -host-port 8080") == nil)
    #expect(forwarding("docker-proxy -host-port 70000") == nil)
    #expect(forwarding("docker-proxy") == nil && forwarding("") == nil)
  }

  @Test("a socket unit has ports of addresses, and an empty value takes back those before")
  func socketUnit() {
    func unit(_ text: String) -> SocketUnitFile { SocketUnitFile(parsing: Array(text.utf8).span) }
    let file = unit(
      "[Socket]\nListenStream=8080\nListenStream = 127.0.0.1:81\nListenStream=[::1]:82\nListenDatagram=53\n")
    #expect(file.streams == [8080, 81, 82] && file.datagrams == [53])
    #expect(unit("ListenStream=22\nListenStream=\nListenStream=2222").streams == [2222])
    #expect(unit("ListenStream=/run/x.sock\nListenStream=70000\n#ListenStream=80\nAccept=yes\n=\n").streams == [])
    #expect(unit("").streams == [])
  }

  @Test("sockets that systemd passed count for the process that LISTEN_PID names")
  func environment() {
    func names(_ text: String, _ pid: Int32) -> [String]? {
      ProcessEnvironment.passedSockets(Array(text.utf8).span, pid: pid)?.map { String(decoding: $0, as: UTF8.self) }
    }
    let whole = "A=b\u{0}LISTEN_PID=7\u{0}LISTEN_FDS=2\u{0}LISTEN_FDNAMES=http:https\u{0}"
    #expect(names(whole, 7) == ["http", "https"])
    #expect(names(whole, 8) == nil)
    #expect(names("LISTEN_FDS=1\u{0}LISTEN_PID=7", 7) == [])
    #expect(names("XLISTEN_PID=7\u{0}LISTEN_FDS=1\u{0}", 7) == nil)
    #expect(names("LISTEN_PID=7\u{0}", 7) == nil && names("", 7) == nil)
  }

  @Test(
    "a wait channel says whether a process waits for anything but clients",
    arguments: [
      ("hrtimer_nanosleep", true), ("do_wait", true), ("anon_pipe_read", true), ("inet_csk_accept", false),
      ("ep_poll", false), ("wait_woken", false), ("0", nil), ("", nil), ("\n", nil),
    ] as [(String, Bool?)])
  func waitChannel(text: String, isElsewhere: Bool?) {
    #expect(WaitChannel.isElsewhere(Array(text.utf8).span) == isElsewhere)
  }
}
