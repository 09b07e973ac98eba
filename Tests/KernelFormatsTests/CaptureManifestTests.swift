import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("The manifest of a captured tree", .timeLimited)
struct CaptureManifestTests {
  private func read(_ text: String) -> (manifest: CaptureManifest, problems: [Problem]) {
    var problems: [Problem] = []
    let manifest = CaptureManifest(parsing: Array(text.utf8).span, problems: &problems)
    return (manifest, problems)
  }

  @Test("every key is read")
  func keys() {
    let (manifest, problems) = read(
      """
      # made by hand
      schema=sockinspect.capture/1
      kernel=6.12.0
      architecture=s390x
      byte_order=big
      pointer_bits=64
      clock_ticks=100

      time=1795413836.25
      boot_id=0a1b
      host=box=1
      netns=4026531833
      user=1000
      processes=hidden
      redacted=yes
      unreadable=812/fd Permission denied
      unreadable=net/raw
      sysctl=net/core/somaxconn
      sysctl=net/core/of_a_later_version
      colour=blue
      """)
    var expected = CaptureManifest()
    expected.kernelRelease = "6.12.0"
    expected.architecture = "s390x"
    expected.byteOrder = .big
    expected.pointerBits = 64
    expected.clockTicks = 100
    expected.time = Timestamp(seconds: 1_795_413_836, nanoseconds: 250_000_000)
    expected.bootID = "0a1b"
    expected.hostName = "box=1"
    expected.netns = 4_026_531_833
    expected.user = 1000
    expected.lack = .hidden
    expected.isRedacted = true
    expected.unreadable = [
      CaptureGap(.descriptors(of: 812), .call("Permission denied")), CaptureGap(.table(.raw), nil),
    ]
    expected.sysctls = [.acceptQueueLimit]
    expected.others = [.init(key: "colour", value: "blue")]
    #expect(manifest == expected)
    #expect(problems.isEmpty)
  }

  @Test("what is written is read back the same, whatever the values contain")
  func roundTrip() {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    let pieces = ["a", "\n", "\\", "=", "\u{1B}", "é", " ", "\u{0}", "\\x41", "#", "\u{202E}"]
    func text() -> String {
      (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
    for _ in 0..<300 {
      var manifest = CaptureManifest()
      manifest.kernelRelease = Bool.random(using: &random) ? text() : nil
      manifest.hostName = text()
      manifest.byteOrder = ByteOrder.allCases.randomElement(using: &random)
      manifest.pointerBits = [nil, 32, 64].randomElement(using: &random) ?? nil
      manifest.clockTicks = Int.random(in: 1...1_000_000, using: &random)
      manifest.time = Timestamp(
        seconds: Int64.random(in: 0 ... .max, using: &random),
        nanoseconds: Int32.random(in: 0...999_999_999, using: &random))
      manifest.netns = NetworkNamespaceID(inode: .random(in: 0 ... .max, using: &random))
      manifest.user = Bool.random(using: &random) ? .random(in: 0 ... .max, using: &random) : nil
      manifest.isRedacted = Bool.random(using: &random)
      manifest.unreadable = (0..<3).map { _ in CaptureGap(parsing: text()) }
      manifest.sysctls = Sysctl.allCases.shuffled(using: &random)
      manifest.others = [.init(key: "x-1.y", value: text())]
      var problems: [Problem] = []
      #expect(CaptureManifest(parsing: manifest.encoded().span, problems: &problems) == manifest, "seed \(seed)")
      #expect(problems.isEmpty, "seed \(seed)")
    }
  }

  @Test(
    "a wrong value is a problem that names line and expectation; the rest is read",
    arguments: [
      ("byte_order=middle", "little or big"), ("pointer_bits=16", "32 or 64"), ("clock_ticks=0", "1 to 1000000"),
      ("clock_ticks=99999999999999999999", "1 to 1000000"), ("netns=4294967296", "2^32"), ("time=noon", "seconds"),
      ("user=root", "2^32"),
      ("time=1.0000000001", "seconds"), ("time=1.", "seconds"), ("time=", "seconds"), ("redacted=maybe", "yes or no"),
      ("no equals sign", "key=value"), ("=value", "key=value"), ("bad key=1", "key=value"), ("host=\\x1", "key=value"),
      ("host=\\n", "key=value"),
    ])
  func wrongValues(line: String, expected: String) throws {
    let (manifest, problems) = read("schema=sockinspect.capture/1\n\(line)\nkernel=6.1\n")
    let problem = try #require(problems.first)
    #expect(problems.count == 1)
    #expect(problem.kind == .malformed)
    #expect(problem.line == 2)
    #expect(problem.evidence == Array(line.utf8))
    #expect(problem.message.contains(expected))
    #expect(manifest.kernelRelease == "6.1")
  }

  @Test(
    "a manifest of no or another version says so and is read all the same",
    arguments: ["", "schema=sockinspect.capture/2\n"])
  func otherVersion(schema: String) {
    let (manifest, problems) = read(schema + "kernel=6.1\n")
    #expect(manifest.kernelRelease == "6.1")
    #expect(problems.map(\.message).contains { $0.contains("sockinspect.capture/1") })
  }

  @Test("keys that could not be read back are not written")
  func unwritableKeys() {
    var manifest = CaptureManifest()
    manifest.others = [
      .init(key: "a\nb", value: "1"), .init(key: "kernel", value: "2"), .init(key: "", value: "3"),
      .init(key: "ok", value: "4"),
    ]
    #expect(read(String(decoding: manifest.encoded(), as: UTF8.self)).manifest.others == [.init(key: "ok", value: "4")])
  }

  @Test("a flood of bad lines gives a bounded list of problems")
  func flood() throws {
    let (_, problems) = read("schema=sockinspect.capture/1\n" + String(repeating: "junk\n", count: 5000))
    #expect(problems.count == 21)
    #expect(try #require(problems.last).count == 4980)
  }

  @Test("a manifest beyond the limit is read up to there, and that is a problem")
  func tooLong() {
    let line = "unreadable=\(String(repeating: "x", count: 1000))\n"
    let (_, problems) = read("schema=sockinspect.capture/1\n" + String(repeating: line, count: 1100))
    #expect(problems.contains { $0.kind == .truncated })
  }

  @Test("random bytes are read without a crash")
  func randomBytes() {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in
        Bool.random(using: &random)
          ? UInt8.random(in: 0 ... .max, using: &random) : Array("=\n\\xtime.".utf8).randomElement(using: &random) ?? 0
      }
      var problems: [Problem] = []
      let manifest = CaptureManifest(parsing: bytes.span, problems: &problems)
      // Without the schema line there is always a problem, and what was read can be written.
      #expect(!problems.isEmpty, "seed \(seed)")
      #expect(!manifest.encoded().isEmpty, "seed \(seed)")
    }
  }
}
