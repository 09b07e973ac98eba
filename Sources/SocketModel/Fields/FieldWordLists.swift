/// The sets of words that fields have.
extension FieldWords {
  static let transports = FieldWords(
    "transport", areOrdered: true, name: { Transport(rawValue: $0)?.name },
    spellings: { Transport.allCases.map { ($0.name, $0.rawValue) } })

  static let families = FieldWords(
    "family", areOrdered: true, name: { AddressFamily(rawValue: $0)?.name },
    spellings: {
      AddressFamily.allCases.map { ($0.name, $0.rawValue) } + [
        ("inet", AddressFamily.ipv4.rawValue), ("inet6", AddressFamily.ipv6.rawValue),
        ("link", AddressFamily.packet.rawValue),
      ]
    })

  static let socketTypes = FieldWords(
    "socket type", name: { SocketType(rawValue: $0)?.name },
    spellings: {
      SocketType.allCases.map { ($0.name, $0.rawValue) } + [("datagram", SocketType.datagram.rawValue)]
    })

  static let states = FieldWords(
    "state", areOrdered: true, name: { SocketState(rawValue: $0)?.name },
    spellings: { SocketState.allCases.map { ($0.name, $0.rawValue) } })

  static let timers = FieldWords(
    "timer", name: { SocketTimer(rawValue: $0)?.name },
    spellings: {
      SocketTimer.allCases.map { ($0.name, $0.rawValue) } + [
        ("on", SocketTimer.retransmit.rawValue), ("time_wait", SocketTimer.timeWait.rawValue),
        ("persist", SocketTimer.probe.rawValue),
      ]
    })

  /// The codes are those of ``SocketRecord/Flags``.
  static let directions = FieldWords(
    "direction",
    name: { code in
      switch SocketRecord.Flags(rawValue: code) {
      case .receiveShutdown: "r"
      case .sendShutdown: "w"
      case [.receiveShutdown, .sendShutdown]: "rw"
      default: nil
      }
    },
    spellings: {
      let receive = SocketRecord.Flags.receiveShutdown.rawValue
      let send = SocketRecord.Flags.sendShutdown.rawValue
      return [("r", receive), ("w", send), ("rw", receive | send)]
    })

  static let attributions = FieldWords(
    "way of finding owners", name: { Attribution(rawValue: $0)?.name },
    spellings: { Attribution.allCases.map { ($0.name, $0.rawValue) } })

  static let ownerReasons = FieldWords(
    "reason", name: { OwnerReason(rawValue: $0)?.name },
    spellings: {
      OwnerReason.allCases.flatMap { reason in
        let name = reason.name
        let folded = String(name.map { $0 == "-" ? "_" : $0 })
        return folded == name ? [(name, reason.rawValue)] : [(name, reason.rawValue), (folded, reason.rawValue)]
      }
    })
}
