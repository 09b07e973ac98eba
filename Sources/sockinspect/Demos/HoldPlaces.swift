import CommandLine
import Lesson
import LinuxSystem
import Options
import SocketModel
import Text

/// Why states cannot be held where they should be.
struct HoldPlaceError: Error, Equatable {
  let trouble: DemoTrouble
  let status: ExitStatus

  init(trouble: DemoTrouble, status: ExitStatus) {
    self.trouble = trouble
    self.status = status
  }

  init(_ message: String, _ advice: String..., status: ExitStatus) {
    self.init(trouble: DemoTrouble(message, advice), status: status)
  }
}

extension HoldPlan {
  /// The address for each state. Several states never share an address and port: over IPv4 each has the next address, 127.0.0.1,
  /// 127.0.0.2 and so on, over IPv6, which has one loopback address, the next port.
  func places() throws(HoldPlaceError) -> [(state: SocketState, address: SocketAddress)] {
    let first = try firstAddress()
    guard states.count > 1 else { return states.map { ($0, first) } }
    let bits = first.ipBits ?? 0
    let last = states.count - 1
    if bits == 1 {
      guard port == 0 || Int(port) + last <= 65535 else {
        throw HoldPlaceError(
          "--port: \(states.count) states take \(states.count) ports over IPv6, where there is one loopback address",
          "type --port \(65535 - last) or less", status: .usage)
      }
      return states.enumerated().map { ($1, first.with(port: port == 0 ? 0 : port + UInt16($0))) }
    }
    let low = UInt32(truncatingIfNeeded: bits)
    guard low & 0x00FF_FFFF <= 0x00FF_FFFE - UInt32(last) else {
      throw HoldPlaceError(
        "--host: \(states.count) states take \(states.count) addresses from the one given on",
        "type a lower one, such as 127.0.0.1", status: .usage)
    }
    return states.enumerated().map { (index, state) in
      let address =
        bits > UInt128(UInt32.max)
        ? SocketAddress.ipv6(bits + UInt128(index), port: port) : .ipv4(low + UInt32(index), port: port)
      return (state, address)
    }
  }

  private func firstAddress() throws(HoldPlaceError) -> SocketAddress {
    let addresses: [SocketAddress]
    do throws(DemoTrouble) {
      addresses = try DemoPlace.addresses(
        of: host, port: port, family: family, advice: "type one that begins with 127., or ::1")
    } catch {
      throw HoldPlaceError(trouble: error, status: .failed)
    }
    guard let address = addresses.first(where: { $0.endpoint?.address.isLoopback ?? false }) else {
      throw HoldPlaceError(
        "--host: \(quoted(host ?? "")) is no loopback address, and states are held on loopback only",
        "type one that begins with 127., or ::1", status: .failed)
    }
    return address
  }
}
