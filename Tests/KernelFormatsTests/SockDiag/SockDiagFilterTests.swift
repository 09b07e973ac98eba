import KernelFormats
import SocketModel
import TestSupport
import Testing

/// The kernel's `inet_diag_bc_audit` and `inet_diag_bc_run`, written from their description: the
/// audit refuses operations that are cut, and jumps that are not forward, unaligned, beyond the end
/// or into the middle of an operation.
private struct BytecodeMachine {
  let program: [UInt8]

  private func word(_ offset: Int) -> Int { Int(program[offset]) | Int(program[offset + 1]) << 8 }

  private func long(_ offset: Int) -> UInt32 { UInt32(word(offset)) | UInt32(word(offset + 2)) << 16 }

  /// Whether the kernel accepts the program.
  func passesAudit() -> Bool {
    var starts: Set<Int> = [program.count]
    var position = 0
    while position < program.count {
      starts.insert(position)
      guard position + 4 <= program.count, program[position + 1] >= 4 else { return false }
      position += Int(program[position + 1])
    }
    position = 0
    while position < program.count {
      let left = program.count - position
      let code = program[position]
      var size = 4
      switch code {
      case 0, 1: break
      case 2...5: size = 8
      case 7, 8:
        guard left >= 12 else { return false }
        let width = program[position + 4] == 2 ? 4 : program[position + 4] == 10 ? 16 : 0
        guard width > 0, Int(program[position + 5]) <= 8 * width else { return false }
        size = 12 + width
      case 9: size = 8
      case 10: size = 12
      default: return false
      }
      guard size <= left else { return false }
      let yes = Int(program[position + 1])
      let no = word(position + 2)
      if code != 0 {
        guard no >= size, no <= left + 4, no % 4 == 0 else { return false }
        if no < left, !starts.contains(position + no) { return false }
      }
      guard yes >= size, yes <= left + 4, yes % 4 == 0 else { return false }
      position += yes
    }
    return position == program.count
  }

  /// Whether a socket passes.
  func run(_ record: SocketRecord, mark: UInt32) -> Bool {
    var position = 0
    while position < program.count {
      let holds: Bool
      switch program[position] {
      case 0: holds = true
      case 1: holds = false
      case 2: holds = Int(record.localPort) >= word(position + 6)
      case 3: holds = Int(record.localPort) <= word(position + 6)
      case 4: holds = Int(record.remotePort) >= word(position + 6)
      case 5: holds = Int(record.remotePort) <= word(position + 6)
      case 7: holds = host(position + 4, record.localBits, record.family)
      case 8: holds = host(position + 4, record.remoteBits, record.family)
      case 9: holds = record.interface == long(position + 4)
      default: holds = mark & long(position + 8) == long(position + 4)
      }
      position += holds ? Int(program[position + 1]) : word(position + 2)
    }
    return position == program.count
  }

  private func host(_ offset: Int, _ bits: UInt128, _ family: AddressFamily) -> Bool {
    guard long(offset + 4) == .max else { return false }
    let isIPv4 = program[offset] == 2
    var value: UInt128 = 0
    for byte in program[(offset + 8)..<(offset + (isIPv4 ? 12 : 24))] { value = value << 8 | UInt128(byte) }
    var candidate = bits
    if isIPv4, family == .ipv6 {
      guard bits >> 32 == 0xFFFF else { return false }
      candidate = bits & 0xFFFF_FFFF
    } else if !isIPv4, family == .ipv4 {
      return false
    }
    let shift = UInt128((isIPv4 ? 32 : 128) - Int(program[offset + 1]))
    return shift == 128 || candidate >> shift == value >> shift
  }
}

extension KernelFilter {
  /// The condition itself, without bytecode.
  fileprivate func holds(_ record: SocketRecord, mark: UInt32) -> Bool {
    switch self {
    case .any: true
    case .none: false
    case .all(let filters): filters.allSatisfy { $0.holds(record, mark: mark) }
    case .either(let filters): filters.contains { $0.holds(record, mark: mark) }
    case .not(let filter): !filter.holds(record, mark: mark)
    case .localPort(let range): range.contains(record.localPort)
    case .remotePort(let range): range.contains(record.remotePort)
    case .local(let prefix): record.local.map { prefix.contains($0.address) } ?? false
    case .remote(let prefix): record.remote.map { prefix.contains($0.address) } ?? false
    case .interface(let index): record.interface == index
    case .autobound: record.flags.contains(.isAutobound)
    case .mark(let value, let mask): mark & mask == value
    }
  }

  fileprivate static func random(_ numbers: inout SeededGenerator, depth: Int) -> KernelFilter {
    func port() -> ClosedRange<UInt16> {
      let ports: [UInt16] = [0, 1, 79, 80, 81, 443, 65534, 65535]
      let ends = [ports.randomElement(using: &numbers) ?? 0, ports.randomElement(using: &numbers) ?? 0].sorted()
      return ends[0]...ends[1]
    }
    func prefix() -> IPPrefix {
      let address = randomAddress(&numbers)
      let length = Int.random(in: 0...address.width, using: &numbers)
      guard let prefix = IPPrefix(address: address, length: length) else { preconditionFailure("\(address)/\(length)") }
      return prefix
    }
    switch Int.random(in: 0..<(depth > 0 ? 12 : 8), using: &numbers) {
    case 0: return .localPort(port())
    case 1: return .remotePort(port())
    case 2: return .local(prefix())
    case 3: return .remote(prefix())
    case 4: return .interface(UInt32.random(in: 0...2, using: &numbers))
    case 5:
      return .mark(value: UInt32.random(in: 0...3, using: &numbers), mask: UInt32.random(in: 0...3, using: &numbers))
    case 6: return [.any, .none][Int.random(in: 0...1, using: &numbers)]
    case 7: return .localPort(80...80)
    case 8: return .not(random(&numbers, depth: depth - 1))
    case 9: return .all((0..<Int.random(in: 0...4, using: &numbers)).map { _ in random(&numbers, depth: depth - 1) })
    default:
      return .either((0..<Int.random(in: 0...4, using: &numbers)).map { _ in random(&numbers, depth: depth - 1) })
    }
  }
}

/// One of few addresses, so that conditions are met often.
private func randomAddress(_ numbers: inout SeededGenerator) -> IPAddress {
  let hosts: [UInt32] = [0, 0x7F00_0001, 0x7F00_0002, 0xC000_0201, 0xFFFF_FFFF]
  let host = hosts[Int.random(in: 0..<hosts.count, using: &numbers)]
  return switch Int.random(in: 0..<4, using: &numbers) {
  case 0: IPAddress(ipv6: UInt128(host))
  case 1: IPAddress(ipv6: 0xFFFF << 32 | UInt128(host))
  default: IPAddress(ipv4: host)
  }
}

private func randomRecord(_ numbers: inout SeededGenerator) -> SocketRecord {
  let local = randomAddress(&numbers)
  var record = SocketRecord(transport: .tcp, family: local.isIPv4 ? .ipv4 : .ipv6, state: .established)
  record.localBits = local.bits
  var remote = randomAddress(&numbers)
  while remote.isIPv4 != local.isIPv4 { remote = randomAddress(&numbers) }
  record.remoteBits = remote.bits
  let ports: [UInt16] = [0, 1, 79, 80, 81, 442, 443, 444, 65534, 65535]
  record.localPort = ports[Int.random(in: 0..<ports.count, using: &numbers)]
  record.remotePort = ports[Int.random(in: 0..<ports.count, using: &numbers)]
  record.interface = UInt32.random(in: 0...2, using: &numbers)
  return record
}

@Suite("Filters as the kernel's bytecode", .timeLimited)
struct SockDiagFilterTests {
  @Test("any filter means the same in the kernel as by itself, and passes its audit")
  func meaning() {
    let seed = SeededGenerator.newSeed
    var numbers = SeededGenerator(seed: seed)
    var passed = 0
    for round in 0..<2000 {
      let filter = KernelFilter.random(&numbers, depth: round % 7)
      let program = KernelFilterProgram.compile(filter)
      let machine = BytecodeMachine(program: program)
      #expect(machine.passesAudit(), "SOCKINSPECT_SEED=\(seed): \(filter)")
      for _ in 0..<20 {
        let record = randomRecord(&numbers)
        let mark = UInt32.random(in: 0...3, using: &numbers)
        let expected = filter.holds(record, mark: mark)
        passed += expected ? 1 : 0
        #expect(
          machine.run(record, mark: mark) == expected, "SOCKINSPECT_SEED=\(seed): \(filter) on \(record), mark \(mark)")
      }
    }
    // Filters that nearly all or nearly no sockets pass would prove little.
    #expect((4000..<36000).contains(passed))
  }

  @Test("without the privilege to test marks, or beyond the size limit, more sockets pass and never fewer")
  func widening() {
    let seed = SeededGenerator.newSeed
    var numbers = SeededGenerator(seed: seed)
    for round in 0..<300 {
      var filter = KernelFilter.random(&numbers, depth: 5)
      if round % 3 == 0 {
        let many = KernelFilter.either((0..<2000).map { .remotePort(UInt16($0 * 7)...UInt16($0 * 7)) })
        filter = [.all([filter, many]), .all([.not(many), filter]), .either([filter, many])][round / 3 % 3]
      }
      let machine = BytecodeMachine(program: KernelFilterProgram.compile(filter, allowsMark: round % 2 == 0))
      #expect(machine.program.count <= KernelFilterProgram.sizeLimit)
      #expect(machine.passesAudit())
      for _ in 0..<20 {
        let record = randomRecord(&numbers)
        let mark = UInt32.random(in: 0...3, using: &numbers)
        if filter.holds(record, mark: mark) {
          #expect(machine.run(record, mark: mark), "SOCKINSPECT_SEED=\(seed): \(filter) on \(record), mark \(mark)")
        }
      }
    }
  }

  @Test("what fits beside a part that is too large is still tested in the kernel")
  func partialWidening() {
    let many = KernelFilter.either((0..<3000).map { .remotePort(UInt16($0 * 7)...UInt16($0 * 7)) })
    let program = KernelFilterProgram.compile(.all([many, .localPort(80...80)]))
    #expect(program == KernelFilterProgram.compile(.localPort(80...80)))
    #expect(KernelFilterProgram.compile(many).isEmpty)
  }

  @Test("a filter that lets everything pass needs no program")
  func everything() {
    for filter: KernelFilter in [
      .any, .all([]), .not(.none), .localPort(0...65535), .either([.any, .localPort(1...2)]),
    ] {
      #expect(KernelFilterProgram.compile(filter).isEmpty)
    }
    #expect(KernelFilterProgram.compile(.mark(value: 1, mask: 1), allowsMark: false).isEmpty)
    #expect(!KernelFilterProgram.compile(.none).isEmpty)
  }

  @Test("a filter nested ten thousand deep neither overflows the stack nor loses a socket")
  func depth() {
    var filter = KernelFilter.localPort(80...80)
    for _ in 0..<5_000 { filter = .not(.not(filter)) }
    #expect(KernelFilterProgram.compile(filter).isEmpty)
  }
}

@Suite("Requests to sock_diag", .timeLimited)
struct SockDiagRequestTests {
  @Test("an internet request carries family, protocol, extensions and states at their offsets")
  func internet() throws {
    let bytes = try #require(
      SockDiagRequest.encode(
        SockDiagDump(.tcp, .ipv6), sequence: 7, states: SocketStateSet([.listen, .boundInactive]),
        requiredDetails: [.memory, .tcpInfo, .congestion, .attributes]))
    #expect(
      bytes == hostBytes(UInt32(72)) + hostBytes(UInt16(20)) + hostBytes(UInt16(0x301)) + hostBytes(UInt32(7))
        + hostBytes(UInt32(0)) + [10, 6, 0b111_1010, 0] + hostBytes(UInt32(1 << 10 | 1 << 13))
        + Array(repeating: 0, count: 48))
  }

  @Test("a plain listing asks for no extension")
  func plain() throws {
    let bytes = try #require(
      SockDiagRequest.encode(SockDiagDump(.udp, .ipv4), sequence: 1, states: .all, requiredDetails: .owners))
    #expect(Array(bytes[16..<20]) == [2, 17, 0, 0])
    #expect(Array(bytes[20..<24]) == hostBytes(UInt32(1 << 7 | 1 << 1)))
  }

  @Test("a filter goes into an attribute, and MPTCP's number into another")
  func attributes() throws {
    let program = KernelFilterProgram.compile(.localPort(80...80))
    let bytes = try #require(
      SockDiagRequest.encode(
        SockDiagDump(.mptcp, .ipv4), sequence: 1, states: .all, requiredDetails: [], bytecode: program))
    #expect(Array(bytes[16..<18]) == [2, 0])
    #expect(
      Array(bytes[72...]) == netlinkAttribute(1, program) + netlinkAttribute(3, hostBytes(UInt32(262))))
    #expect(Array(bytes[0..<4]) == hostBytes(UInt32(bytes.count)))
  }

  @Test("when a transport has none of the states there is nothing to ask")
  func noStates() {
    func asks(_ transport: Transport, _ family: AddressFamily, _ state: SocketState) -> Bool {
      SockDiagRequest.encode(
        SockDiagDump(transport, family), sequence: 1, states: SocketStateSet(state), requiredDetails: []) != nil
    }
    #expect(!asks(.udp, .ipv4, .listen))
    #expect(!asks(.tcp, .ipv4, .connected))
    #expect(!asks(.packet, .packet, .established))
    #expect(asks(.unix, .unix, .listen))
    #expect(asks(.udp, .ipv4, .unconnected))
  }

  @Test("internet transports have a dump per family, in order; the others have one")
  func dumps() {
    #expect(SockDiagDump.all(of: .tcp, families: [.ipv6, .ipv4]) == [.init(.tcp, .ipv4), .init(.tcp, .ipv6)])
    #expect(SockDiagDump.all(of: .udp, families: [.ipv6]) == [.init(.udp, .ipv6)])
    #expect(SockDiagDump.all(of: .unix, families: []) == [.init(.unix, .unix)])
  }
}
