import CommandLine
import Lesson
import LinuxSystem
import Options
import SocketModel
import Text

/// Why states cannot be held at the requested place.
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
  /// The address for each state. Several states never share an address and port: over IPv4 each has
  /// the next address, 127.0.0.1, 127.0.0.2 and so on, over IPv6, which has one loopback address,
  /// the next port.
  func places() throws(HoldPlaceError) -> [(state: SocketState, address: SocketAddress)] {
    let first = try firstAddress()
    guard states.count > 1 else { return states.map { ($0, first) } }
    let bits = first.ipBits ?? 0
    let last = states.count - 1
    if bits == 1 {
      guard port == 0 || Int(port) + last <= 65535 else {
        throw HoldPlaceError(
          language(
            "--port: \(states.count) states take \(states.count) ports over IPv6, where there is one loopback address",
            "--port: \(states.count) estados piden \(states.count) puertos en IPv6, donde hay una sola dirección de loopback"
          ),
          language("type --port \(65535 - last) or less", "escribe --port \(65535 - last) o menos"), status: .usage)
      }
      return states.enumerated().map { ($1, first.with(port: port == 0 ? 0 : port + UInt16($0))) }
    }
    let low = UInt32(truncatingIfNeeded: bits)
    guard low & 0x00FF_FFFF <= 0x00FF_FFFE - UInt32(last) else {
      throw HoldPlaceError(
        language(
          "--host: \(states.count) states take \(states.count) addresses from the one given on",
          "--host: \(states.count) estados piden \(states.count) direcciones a partir de la dada"),
        language("type a lower one, such as 127.0.0.1", "escribe una más baja, como 127.0.0.1"), status: .usage)
    }
    return states.enumerated().map { (index, state) in
      let address =
        bits > UInt128(UInt32.max)
        ? SocketAddress.ipv6(bits + UInt128(index), port: port) : .ipv4(low + UInt32(index), port: port)
      return (state, address)
    }
  }

  private var language: Language { narration.language }
  private var loopbackAdvice: String {
    language("type one that begins with 127., or ::1", "escribe una que empiece por 127., o ::1")
  }

  private func firstAddress() throws(HoldPlaceError) -> SocketAddress {
    let addresses: [SocketAddress]
    do throws(DemoTrouble) {
      addresses = try DemoPlace.addresses(
        of: host, port: port, family: family, in: language, advice: loopbackAdvice)
    } catch {
      throw HoldPlaceError(trouble: error, status: .failed)
    }
    guard let address = addresses.first(where: { $0.endpoint?.address.isLoopback ?? false }) else {
      throw HoldPlaceError(
        language(
          "--host: \(quoted(host ?? "")) is no loopback address, and states are held on loopback only",
          "--host: \(quoted(host ?? "")) no es una dirección de loopback, y los estados solo se mantienen en loopback"),
        loopbackAdvice, status: .failed)
    }
    return address
  }
}
