package import SocketModel

extension PortForwarding {
  /// Reads the arguments of `docker-proxy`, the program by which Docker has a published port:
  /// `-proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80`.
  ///
  /// `nil` for any other program, and without a host port.
  package init?(ofProxy arguments: [[UInt8]]) {
    guard let program = arguments.first,
      program.split(separator: UInt8(ascii: "/")).last?.elementsEqual("docker-proxy".utf8) ?? false
    else { return nil }
    var values: [String: String] = [:]
    var key: String?
    for argument in arguments.dropFirst() {
      let text = String(decoding: argument, as: UTF8.self)
      if text.hasPrefix("-") {
        // Go's flags have one dash or two, and their values follow or stand behind a sign.
        let parts = text.drop { $0 == "-" }.split(separator: "=", maxSplits: 1).map(String.init)
        key = parts.first
        if parts.count == 2, let name = key { values[name] = parts[1] }
      } else if let name = key {
        values[name] = text
        key = nil
      }
    }
    guard let port = values["host-port"].flatMap({ UInt16($0) }) else { return nil }
    let address = values["host-ip"].flatMap { IPAddress($0) } ?? IPAddress(ipv4: 0)
    var container: Endpoint?
    if let inner = values["container-ip"].flatMap({ IPAddress($0) }),
      let innerPort = values["container-port"].flatMap({ UInt16($0) })
    {
      container = Endpoint(address: inner, port: innerPort)
    }
    self.init(
      host: Endpoint(address: address, port: port), container: container, isUDP: values["proto"] == "udp")
  }
}
