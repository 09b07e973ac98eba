import SocketModel

/// `struct tcp_info` (`include/uapi/linux/tcp.h`), which grows from kernel to kernel. The offsets
/// of its members are declared with the figures: see `TCPMetricDeclaration`.
///
/// A member is read when it is within the attribute's length; a member that the running kernel does
/// not have is absent.
enum TCPInfo {
  /// Decodes all members that are present.
  ///
  /// - Parameters:
  ///   - bytes: the value of the attribute.
  ///   - kernel: the major version of the kernel that filled it in, `nil` when unknown: between two
  ///     kernels the last member changed its form but not its size.
  static func decode(_ bytes: Span<UInt8>, kernel: Int?) -> TCPMetrics {
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
    if bytes.count >= sizeWithAccurateECN, let kernel {
      for member in accurateECN {
        if kernel >= 7 {
          metrics[member.part.metric] = UInt64(bytes[member.part.offset] >> member.part.shift & member.part.mask)
        } else if let offset = member.before7 {
          metrics[member.part.metric] = UInt64(bytes.hostUInt16(at: offset))
        }
      }
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
      switch declaration.layout {
      case .byte(let offset): self.init(declaration.metric, offset, 0, 8)
      case .bits(let byte, let first, let count): self.init(declaration.metric, byte, first, count)
      case .word16, .word32, .word64, .accurateECN: return nil
      }
    }

    /// Some bits of a byte, counted in the order in which C declares them.
    init(_ metric: TCPMetric, _ byte: Int, _ first: Int, _ count: Int) {
      self.metric = metric
      offset = byte
      mask = UInt8(truncatingIfNeeded: 1 << count - 1)
      #if _endian(big)
        shift = UInt8(truncatingIfNeeded: 8 - first - count)
      #else
        shift = UInt8(truncatingIfNeeded: first)
      #endif
    }
  }

  /// The size of the struct from Linux 6.18 on.
  private static let sizeWithAccurateECN = 280

  /// The members in its last four bytes: two of 16 bits in Linux 6.18 and 6.19, and since 7.0 bits
  /// of the first of the bytes.
  private static let accurateECN: [(part: Part, before7: Int?)] = declarations.compactMap { declaration in
    guard case .accurateECN(let first, let count, let before7) = declaration.layout else { return nil }
    return (Part(declaration.metric, sizeWithAccurateECN - 4, first, count), before7)
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
