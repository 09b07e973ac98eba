import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Names of unix sockets that imitate rows", .timeLimited)
struct UnixNameCheckTests {
  private typealias Socket = (inode: UInt64, name: [UInt8])

  private func row(_ inode: UInt64, _ name: [UInt8], state: String = "01") -> [UInt8] {
    let printed = name.first == 0 ? name.map { $0 == 0 ? UInt8(ascii: "@") : $0 } : name
    return Array("ffff888000000000: 00000002 00000000 00010000 0001 \(state) \(inode)".utf8)
      + (name.isEmpty ? [] : [UInt8(ascii: " ")] + printed) + [UInt8(ascii: "\n")]
  }

  /// The check against some sockets, as sock_diag reports them.
  private func check(_ sockets: [Socket]) -> UnixNameCheck {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    for socket in sockets {
      var record = SocketRecord(transport: .unix, family: .unix, state: .listen)
      record.inode = socket.inode
      if !socket.name.isEmpty { record.nameIndex = snapshot.names.append(socket.name.span) }
      snapshot.records.append(record)
    }
    var check = UnixNameCheck()
    check.add(snapshot)
    return check
  }

  private func read(_ table: UnixNameCheck.Table, chunk: Int = 7) -> [String] {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var decoder = ProcNetDecoder(table: .unix, path: "net/unix", hasCheckedNames: true)
    forEachPiece(of: table.bytes, size: chunk) { decoder.decode($0, into: &snapshot) }
    decoder.finish(into: &snapshot)
    #expect(snapshot.problems.isEmpty)
    return snapshot.records.indices.map { "\(snapshot.records[$0].inode) \(snapshot.name(at: $0)?.bytes ?? [])" }
  }

  private let heading = Array(header(of: .unix).utf8)
  private let forger =
    [0] + Array("nl\nffff888000000000: 00000002 00000000 00010000 0001 01 424242 /run/fake.sock".utf8)

  @Test("a row after a newline in a name is part of the name")
  func forged() {
    let path = Array("/run/real".utf8)
    let table = heading + row(1, path) + row(2, forger) + row(0, forger, state: "03") + row(3, [])
    let checked = check([(1, path), (2, forger), (3, [])]).checked(table.span)
    #expect(checked.omittedLines == 0)
    #expect(read(checked) == ["1 \(path)", "2 \(forger)", "0 \(forger)", "3 []"])
    #expect(decodeTable(.unix, table).records.count == 5, "without the check the row is taken for a socket")
  }

  @Test("rows of sockets that sock_diag does not have are left out and counted")
  func unknown() {
    let path = Array("/run/real".utf8)
    let fake = row(0, Array("/fake".utf8)) + row(424242, Array("/run/fake".utf8))
    let table = heading + row(2, forger) + fake + row(1, path) + row(0, path, state: "03")
    let checked = check([(1, path)]).checked(table.span)
    #expect(read(checked) == ["1 \(path)", "0 \(path)"])
    #expect(checked.omittedLines == 4)
    // A name that is not the socket's own, and a row that got its name later.
    #expect(check([(1, path)]).checked((heading + row(1, Array("/other".utf8))).span).omittedLines == 1)
    #expect(read(check([(1, path)]).checked((heading + row(1, [])).span)) == ["1 []"])
  }

  @Test("any name is kept byte for byte")
  func anyName() {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    let bytes = Array("\n\\x@ 0a/:".utf8) + [0, 0x1B, 0x7F, 0xFF, 0x01]
    for _ in 0..<200 {
      let sockets = (1...8).map { inode -> Socket in
        var name = (0..<Int.random(in: 0..<60, using: &random)).map { _ in bytes.randomElement(using: &random) ?? 0 }
        // Within a path there is no NUL.
        if name.first != 0 { name.removeAll { $0 == 0 } }
        return (UInt64(inode), name)
      }
      let table = heading + sockets.flatMap { row($0.inode, $0.name) }
      let checked = check(sockets).checked(table.span)
      #expect(checked.omittedLines == 0, "seed \(seed)")
      #expect(read(checked) == sockets.map { "\($0.inode) \($0.name)" }, "seed \(seed)")
    }
  }

  @Test("random damage never stops the check, and it keeps only sockets of sock_diag")
  func damage() {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    let path = Array("/run/real".utf8)
    let table = heading + row(1, path) + row(2, forger) + row(3, [])
    for _ in 0..<500 {
      var bytes = table
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes[place] = .random(in: 0 ... .max, using: &random)
        } else {
          bytes.remove(at: place)
        }
      }
      var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
      var decoder = ProcNetDecoder(table: .unix, path: "net/unix", hasCheckedNames: true)
      decoder.decode(check([(1, path), (2, forger), (3, [])]).checked(bytes.span).bytes.span, into: &snapshot)
      decoder.finish(into: &snapshot)
      #expect(Set(snapshot.records.map(\.inode)).isSubset(of: [0, 1, 2, 3]), "seed \(seed)")
    }
  }
}
