import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport
import Testing
import Text

@testable import sockinspect

/// A listing needs only what ss needs: no name service, no /proc, no folder of the program's own.
/// Only the information of what is missing is lost.
@Suite("It runs wherever ss runs", .timeLimited, .needsRoot)
struct WhereverTests {
  /// Runs the program in a separate mount namespace, after a shell command there.
  private static func run(after command: String, _ arguments: [String]) throws -> Finished {
    let words = ["-m", "sh", "-c", command + "\nexec \"$0\" \"$@\"", Program.path] + arguments
    return Finished(running: try peer("unshare"), words)
  }

  private static let withoutProc = "mount -t tmpfs none /proc || exit 99"
  private static let notOwners =
    "sockinspect: warning: there is no /proc here: the owners of sockets are not known; "
    + "mount it with: mount -t proc proc /proc\n"

  private static let noOwners =
    "sockinspect: there is no /proc here: the owners of sockets are not known; "
    + "mount it with: mount -t proc proc /proc\n"

  @Test("without /proc sock_diag lists the sockets, owners are unknown, and that is reported once")
  func noProc() throws {
    try isolated {
      let server = try PythonPeer("s = listener()\nsys.stdin.read()")
      defer { server.end() }
      let listing = try WhereverTests.run(
        after: WhereverTests.withoutProc, ["-tl", "--columns", "proto,state,local,owners"])
      #expect(listing.exitStatus == 0)
      #expect(listing.text == "PROTO  STATE   LOCAL           OWNERS\ntcp    listen  127.0.0.1:1234  -\n")
      #expect(listing.errorText == WhereverTests.notOwners)
      let unowned = try WhereverTests.run(after: WhereverTests.withoutProc, ["-tl", "--no-owners", "--strict"])
      #expect(unowned.exitStatus == 0 && unowned.errors.isEmpty, "\(unowned.errorText)")
      let free = try WhereverTests.run(after: WhereverTests.withoutProc, ["--port", "1"])
      #expect(free.exitStatus == 1)
      #expect(free.errorText.hasPrefix("sockinspect: nothing uses port 1 "), "\(free.errorText)")
      let netstat = try WhereverTests.run(after: WhereverTests.withoutProc, ["netstat", "-tlnp"])
      #expect(netstat.exitStatus == 0)
      #expect(
        netstat.text.split(separator: "\n").last?.split(separator: " ").joined(separator: " ")
          == "tcp 0 0 127.0.0.1:1234 0.0.0.0:* LISTEN -", "\(netstat.text)")
      #expect(netstat.errorText.hasPrefix("netstat: no table of sockets in /proc: "), "\(netstat.errorText)")
      let json = try WhereverTests.run(after: WhereverTests.withoutProc, ["-tl", "--json"])
      let read = try Listing.decoder.decode(Listing.self, from: Data(json.output))
      #expect(read.meta.source == "sock_diag" && read.sockets.count == 1 && read.sockets.first?.attribution == nil)
    }
  }

  @Test(
    "without /proc what needs nothing of it works, and what needs it says how to get it",
    arguments: [
      ("version", 0), ("--help", 0), ("help security", 0), ("--version", 0), ("-s", 0), ("watch --for 0.1 --events", 1),
      ("--source proc", 4), ("--pid 1", 4), ("--process init", 4), ("capture /tmp/never", 4), ("netstat -s", 1),
      ("lsof -i", 1), ("--unknown", 2),
    ] as [(String, Int32)])
  func commandsWithoutProc(line: String, status: Int32) throws {
    try isolated {
      let words = line.split(separator: " ").map(String.init)
      let finished = try WhereverTests.run(after: WhereverTests.withoutProc, words)
      #expect(finished.exitStatus == status, "\(finished.errorText)")
      if line.hasPrefix("--p") { #expect(finished.errorText == WhereverTests.noOwners, "\(finished.errorText)") }
      if status == 4 { #expect(finished.errorText.contains("mount -t proc proc /proc"), "\(finished.errorText)") }
      if line.hasPrefix("netstat") || line.hasPrefix("lsof") {
        #expect(finished.errorText.contains("mount -t proc proc /proc"), "\(finished.errorText)")
      }
    }
  }

  @Test("in a root directory that holds nothing but the program")
  func emptyRoot() throws {
    try withFolder { folder in
      // A program that is linked dynamically brings its libraries.
      let libraries = Finished(running: try peer("ldd"), [Program.path]).text.split { " \n\t".contains($0) }
        .filter { $0.hasPrefix("/") }.map(String.init)
      for file in [Program.path] + libraries {
        let place = folder + "/" + (file == Program.path ? "sockinspect" : file)
        try FileManager.default.createDirectory(
          at: URL(fileURLWithPath: place).deletingLastPathComponent(), withIntermediateDirectories: true)
        let copied = Finished(running: try peer("cp"), ["-L", file, place])
        try #require(copied.exitStatus == 0, "\(copied.errorText)")
      }
      let variables =
        libraries.isEmpty
        ? []
        : [
          "LD_LIBRARY_PATH=" + Set(libraries.map { ($0 as NSString).deletingLastPathComponent }).joined(separator: ":")
        ]
      func run(_ words: String...) throws -> Finished {
        Finished(running: try peer("env"), variables + ["chroot", folder, "/sockinspect"] + words)
      }
      #expect(try run("version").text.hasPrefix("sockinspect "))
      try isolated {
        let held = try Descriptor.socket(SocketKind(family: AF_INET, type: 1))
        try held.bind(.ipv4(0x7F00_0001, port: 1234))
        try held.listen(backlog: 5)
        let listing = Finished(
          running: try peer("env"), variables + ["chroot", folder, "/sockinspect", "-tlH", "--columns", "local,user"])
        #expect(listing.text == "127.0.0.1:1234  0\n")
        let unknown = Finished(
          running: try peer("env"), variables + ["chroot", folder, "/sockinspect", "--user", "root"])
        #expect(unknown.exitStatus == 2 && held.number >= 0, "\(unknown.errorText)")
      }
    }
  }

  @Test(
    "a socket of a user that no file knows is shown with the number",
    arguments: [
      ("-tl --columns local,user -H", "127.0.0.1:1234  12345\n"), ("--count-by user -tl --no-header", "12345"),
      ("netstat -tlne", " 12345 "), ("netstat -tle", " 12345 "), ("lsof -i -n -P", " 12345 "), ("-tl -e", "12345"),
      ("--user 12345 -tlH", "127.0.0.1:1234"), ("-tl --json", "\"uid\":12345,\"user\":null"),
    ])
  func unknownUser(line: String, text: String) throws {
    try isolated {
      let server = try PythonPeer("s = listener()\nsys.stdin.read()", user: 12345)
      defer { server.end() }
      let finished = Finished(running: Program.path, line.split(separator: " ").map(String.init))
      #expect(finished.exitStatus == 0, "signal \(finished.signal ?? 0), \(finished.errorText)")
      #expect(finished.text.contains(text), "\(finished.text)")
    }
  }

  @Test(
    "a user that nobody knows is a mistake like any other",
    arguments: ["--user nobodyx", "user = nobodyx", "watch --user nobodyx", "watch user = nobodyx"])
  func unknownName(line: String) throws {
    let finished = Finished(running: Program.path, line.split(separator: " ").map(String.init))
    #expect(finished.exitStatus == 2, "signal \(finished.signal ?? 0)")
    #expect(
      finished.errorText.contains("unknown user \"nobodyx\"") && finished.errorText.contains("did you mean \"nobody\"?")
    )
    let lsof = Program.run("lsof", "-i", "-u", "nobodyx")
    #expect(lsof.exitStatus == 1 && lsof.errorText.contains("nobodyx"))
  }

  @Test(
    "addresses get names from /etc/hosts; those without one stay addresses",
    arguments: ["-tlH --resolve --columns local", "netstat -tl", "lsof -i"])
  func hosts(line: String) throws {
    try isolated {
      let known = try Descriptor.socket(SocketKind(family: AF_INET, type: 1))
      try known.bind(.ipv4(0x7F00_0001, port: 1234))
      try known.listen(backlog: 5)
      let other = try Descriptor.socket(SocketKind(family: AF_INET, type: 1))
      try other.bind(.ipv4(0x7F09_0807, port: 1235))
      try other.listen(backlog: 5)
      let finished = Finished(running: Program.path, line.split(separator: " ").map(String.init))
      #expect(finished.exitStatus == 0, "signal \(finished.signal ?? 0), \(finished.errorText)")
      #expect(finished.text.contains("localhost:1234"), "\(finished.text)")
      #expect(finished.text.contains("127.9.8.7:1235"), "\(finished.text)")
      #expect(known.number != other.number)
    }
  }

  @Test("a socket that the program inherits has the owners that it had before")
  func inherited() throws {
    try isolated {
      let script = """
        s = socket.socket(); s.set_inheritable(True); s.bind(HERE); s.listen(5)
        import subprocess
        print('ready', flush=True)
        for words in (['-tlH', '--columns', 'owners'], ['lsof', '-t', '-i']):
            print(subprocess.run(sys.argv[1:] + words, close_fds=False, capture_output=True, \
        text=True).stdout.strip(), flush=True)
        ended = subprocess.Popen(
            sys.argv[1:] + 'watch --until-gone :1234 --for 60'.split(), close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        next(line for line in ended.stderr if line.startswith('sockinspect: watching '))
        s.close()
        print(ended.wait(), flush=True)
        """
      let server = try PythonPeer(script, arguments: [Program.path])
      let owners = try server.line()
      #expect(owners.hasSuffix("[\(server.pid)] fd 3"), "\(owners)")
      #expect(try server.line() == "\(server.pid)")
      #expect(try server.line() == "0")
      server.end()
    }
  }

  @Test(
    "a terminal of 8 bits gets ASCII alone, which a name cannot make a control sequence of",
    arguments: ["C", "POSIX", "de_DE.ISO-8859-1"], ["-x", "-x --csv", "-x --json", "-x --ndjson"])
  func characterSets(locale: String, line: String) throws {
    try withFolder { folder in
      try isolated {
        // The second byte of the letter is 0x9B, which begins a sequence where bytes are
        // characters.
        let held = try Descriptor.socket(SocketKind(family: AF_UNIX, type: 1))
        try held.bind(.unix(path: Array("\(folder)/\u{41B}31m".utf8)))
        try held.listen(backlog: 1)
        let words = line.split(separator: " ").map(String.init)
        let finished = Finished(running: Program.path, words, environment: ["LC_ALL": locale])
        #expect(finished.exitStatus == 0 && held.number >= 0)
        #expect(finished.output.allSatisfy { $0 < 0x80 })
        #expect(finished.text.contains(line.contains("json") ? "/\\u041b31m" : "/\\u{41b}31m"), "\(finished.text)")
        #expect(Finished(running: Program.path, words).text.contains("\u{41B}31m"))
      }
    }
  }

  @Test("paths of the command line and names of interfaces are bytes", .needs("ip"))
  func bytes() throws {
    try isolated {
      try withFolder { folder in
        let tree = Array("\(folder)/caf".utf8) + [0xE9, 0xFF]
        let made = Finished(running: Program.path, bytes: [Array("capture".utf8), tree])
        #expect(made.exitStatus == 0 && made.errorText.contains("/caf\\xe9\\xff"), "\(made.errorText)")
        let read = Finished(running: Program.path, bytes: [Array("--root".utf8), tree, Array("-s".utf8)])
        #expect(read.exitStatus != 4, "\(read.errorText)")
        let none = Finished(running: Program.path, bytes: [Array("--root".utf8), Array(tree.dropLast()) + [0xFE]])
        #expect(none.exitStatus == 4 && none.errorText.contains("/caf\\xe9\\xfe"), "\(none.errorText)")
      }
      let name = [UInt8](arrayLiteral: UInt8(ascii: "e"), 0xFF)
      let words = ["link", "set", "dev", "lo"].map { Array($0.utf8) }
      let down = Finished(running: try peer("ip"), bytes: words + [Array("down".utf8)])
      let renamed = Finished(running: try peer("ip"), bytes: words + [Array("name".utf8), name])
      try #require(down.exitStatus == 0 && renamed.exitStatus == 0, "\(down.errorText)\(renamed.errorText)")
      let held = try Descriptor.socket(SocketKind(family: AF_INET, type: 2))
      try #require(setsockopt(held.number, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.count)) == 0)
      try held.bind(.ipv4(0, port: 1234))
      let listing = Program.run("-u", "--columns", "interface", "-H")
      #expect(listing.text == "e\\xff\n" && held.number >= 0, "\(listing.text)\(listing.errorText)")
    }
  }

  @Test("a pipe of the shell stays open")
  func inheritedPipe() throws {
    let tree = Repository.path("Fixtures/linux-6.12-x86_64/net/tcp")
    let finished = Finished(
      running: try peer("bash"), ["-c", "\"$0\" --root <(cat \"$1\") -tH | wc -l", Program.path, tree])
    #expect(Int(finished.text.filter(\.isNumber)) ?? 0 > 0, "\(finished.errorText)")
  }

  @Test("in a container process 2 and its children are owners")
  func container() throws {
    try isolated {
      let script = """
        import os, socket, sys
        s = socket.socket(); s.bind(('127.0.0.1', 1234)); s.listen(5)
        os.execv(sys.argv[1], sys.argv[1:]) if os.fork() == 0 else os.wait()
        """
      let words = [
        "-pf", "--mount-proc", "sh", "-c", "\"$@\"; true", "sh", try peer("python3"), "-c", script, Program.path,
        "-tlH",
        "--columns", "owners",
      ]
      let finished = Finished(running: try peer("unshare"), words)
      #expect(finished.text.hasSuffix("[2] fd 3\n"), "\(finished.text)\(finished.errorText)")
    }
  }
}
