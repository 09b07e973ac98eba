import SocketModel

/// `struct tcp_info` (`include/uapi/linux/tcp.h`), which grows from kernel to kernel. The offsets
/// of its members are declared with the figures: see `TCPMetricDeclaration`.
///
/// A member is read when it is within the attribute's length; a member that the running kernel does
/// not have is absent.
enum TCPInfo {
  /// Decodes all members that are present.
  static func decode(_ bytes: Span<UInt8>) -> TCPMetrics {
    var metrics = TCPMetrics()
    if bytes.count >= 8 {
      for part in parts { metrics[part.metric] = UInt64(bytes[part.offset] >> part.shift & part.mask) }
    }
    for (metric, offset) in shortWords where offset &+ 2 <= bytes.count {
      metrics[metric] = UInt64(bytes.hostUInt16(at: offset))
    }
    for (metric, offset) in words where offset &+ 4 <= bytes.count {
      metrics[metric] = UInt64(bytes.hostUInt32(at: offset))
    }
    for (metric, offset) in longWords where offset &+ 8 <= bytes.count {
      metrics[metric] = bytes.hostUInt64(at: offset)
    }
    for (metric, number) in unmeasured where metrics[metric] == number { metrics[metric] = nil }
    for (metric, count) in timesSince where metrics[count] == 0 { metrics[metric] = nil }
    return metrics
  }

  private static let declarations = TCPMetric.allCases.map(\.description)

  /// A member of at most eight bits.
  private struct Part {
    let metric: TCPMetric
    let offset: Int
    let shift: UInt8
    let mask: UInt8

    init?(_ declaration: TCPMetricDeclaration) {
      metric = declaration.metric
      switch declaration.layout {
      case .byte(let offset): (self.offset, shift, mask) = (offset, 0, 0xFF)
      case .bits(let byte, let first, let count):
        offset = byte
        mask = UInt8(truncatingIfNeeded: 1 << count - 1)
        #if _endian(big)
          shift = UInt8(truncatingIfNeeded: 8 - first - count)
        #else
          shift = UInt8(truncatingIfNeeded: first)
        #endif
      case .word16, .word32, .word64: return nil
      }
    }
  }

  // The members by their width.
  private static let parts = declarations.compactMap { Part($0) }
  private static let shortWords: [(TCPMetric, Int)] = declarations.compactMap {
    if case .word16(let offset) = $0.layout { ($0.metric, offset) } else { nil }
  }
  private static let words: [(TCPMetric, Int)] = declarations.compactMap {
    if case .word32(let offset) = $0.layout { ($0.metric, offset) } else { nil }
  }
  private static let longWords: [(TCPMetric, Int)] = declarations.compactMap {
    if case .word64(let offset) = $0.layout { ($0.metric, offset) } else { nil }
  }

  private static let unmeasured: [(TCPMetric, UInt64)] = declarations.compactMap { declaration in
    declaration.unmeasured.map { (declaration.metric, $0) }
  }

  /// The times since something, and the figures that count it.
  private static let timesSince: [(TCPMetric, TCPMetric)] = declarations.compactMap { declaration in
    declaration.since.map { (declaration.metric, $0) }
  }
}
