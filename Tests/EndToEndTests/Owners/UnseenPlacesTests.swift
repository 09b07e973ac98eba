import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Users, mounts of /proc and namespaces in which less is visible than to root of the machine, and
/// what every command says there of what it cannot see.
@Suite(
  "Where less is visible, it is said", .timeLimited, .needsRoot, .needs("setpriv"), .needs("unshare"), .needs("ip"))
struct UnseenPlacesTests {
  /// Where the program runs.
  enum Place: String, Sendable, CaseIterable {
    case nobody
    /// A user that no file knows.
    case unknownUser
    /// Other users' processes are in /proc, and nothing of them can be read.
    case noAccess
    /// Other users' processes are not in /proc.
    case invisible
    /// Root of a user namespace.
    case userNamespace
    /// Root of a user namespace where other users' processes are not in /proc.
    case invisibleInUserNamespace
    /// Root of a user namespace, in a network namespace of that.
    case ownNetwork
    /// The same with pids of its own, as in a container.
    case container

    func run(_ program: String, _ arguments: [String]) throws -> Finished {
      let user = try startingAs(self == .unknownUser ? 54321 : EndToEndTests.nobody)
      let unshare = try peer("unshare")
      let words: [String] =
        switch self {
        case .nobody, .unknownUser: user
        case .noAccess: [unshare, "-m", "sh", "-c", Self.mounting("noaccess"), "sh"] + user
        case .invisible: [unshare, "-m", "sh", "-c", Self.mounting("invisible"), "sh"] + user
        case .userNamespace: user + [unshare, "-Ur"]
        case .invisibleInUserNamespace:
          [unshare, "-m", "sh", "-c", Self.mounting("invisible"), "sh"] + user + [unshare, "-Ur"]
        case .ownNetwork: user + [unshare, "-Urn"]
        case .container: user + [unshare, "-Urnpf", "--mount-proc"]
        }
      return Finished(running: words[0], Array(words.dropFirst()) + [program] + arguments)
    }

    private static func mounting(_ hidepid: String) -> String {
      "mount -t proc -o hidepid=\(hidepid) proc /proc || exit 99\nexec \"$@\""
    }

    /// Why the sockets of root's processes have no owner here; `nil` where they are not listed.
    var reason: String? {
      switch self {
      case .nobody, .unknownUser, .noAccess, .userNamespace: "not-permitted"
      case .invisible, .invisibleInUserNamespace: "hidden"
      case .ownNetwork, .container: nil
      }
    }

    /// What the warning about owners says.
    var warning: String {
      switch self {
      case .nobody, .unknownUser, .noAccess, .userNamespace, .ownNetwork: " processes may not be read: "
      case .invisible, .invisibleInUserNamespace: "processes of other users are hidden (/proc is mounted with hidepid)"
      case .container: "processes outside of this pid namespace (container) are not visible: "
      }
    }

    /// What would show more: a command.
    var advice: String {
      switch self {
      case .nobody, .unknownUser, .noAccess, .invisible: "run it as root to see all owners: sudo sockinspect "
      case .userNamespace, .invisibleInUserNamespace, .ownNetwork:
        "root of this user namespace has no rights over the rest; run it outside, as root: sudo sockinspect "
      case .container: "docker run --pid=host"
      }
    }

    /// Whether the tables of other network namespaces can be read.
    var seesOtherNamespaces: Bool {
      switch self {
      case .nobody, .unknownUser, .userNamespace, .ownNetwork: true
      case .noAccess, .invisible, .invisibleInUserNamespace, .container: false
      }
    }
  }

  /// Processes of root's: one here with a connection, an unbound socket and a unix listener, and one
  /// in a network namespace of its own.
  private struct Scene {
    let here: PythonPeer
    let elsewhere: PythonPeer
    let client: Int
    let program: String
    /// The port of the server elsewhere. Other scenes exist at the same time, and are visible.
    let port: UInt16
    /// The address of the server elsewhere, a random one: in the machine's own namespace the kernel may give
    /// the port to another test's client.
    let address = OwnPorts.address()

    init(program: String) throws {
      self.program = program
      port = try OwnPorts.next()
      here = try PythonPeer(
        """
        s = listener()
        c = socket.create_connection(HERE)
        kept = [s.accept(), socket.socket(), socket.socket(socket.AF_UNIX)]
        kept[2].bind('\\0unseen'); kept[2].listen()
        print(c.getsockname()[1], flush=True)
        stay()
        """)
      client = try Int(here.line()) ?? 0
      elsewhere = try PythonPeer(
        """
        unshare_network()
        s = listener(address=(sys.argv[1], int(sys.argv[2])))
        stay()
        """, arguments: [address, "\(port)"])
    }

    /// What selects the server elsewhere.
    var selection: [String] { ["-t", "--port", "\(port)", "--local", address] }

    func run(_ place: Place, _ arguments: String...) throws -> Finished { try place.run(program, arguments) }
  }

  private func withScene(_ body: @escaping @Sendable (Scene) throws -> Void) throws {
    try withProgramForAnybody { program in
      try isolated {
        let scene = try Scene(program: program)
        try withExtendedLifetime(scene) { try body(scene) }
      }
    }
  }

  /// Whether one of the warnings has all of the texts.
  private func warns(_ finished: Finished, _ texts: String...) -> Bool {
    finished.errorText.split(separator: "\n").contains { line in
      line.hasPrefix("sockinspect: warning: ") && texts.allSatisfy { line.contains($0) }
    }
  }

  @Test(
    "Sockets without an owner have the reason, other ends are unknown, and a warning says what to do",
    arguments: Place.allCases)
  func owners(place: Place) throws {
    try withScene { scene in
      let columns = "local_port,owners,owner_reason,peer_process,peer_owners,workload"
      let finished = try scene.run(place, "-t", "--port", "1234", "-H", "--columns", columns)
      guard let reason = place.reason else {
        #expect(finished.exitStatus == 1 && finished.text.isEmpty, "\(finished.text)")
        // The port is used elsewhere, where a process of this /proc shows that.
        #expect(finished.errorText.contains("nothing uses port 1234 (looked at tcp)"), "\(finished.errorText)")
        return
      }
      #expect(finished.exitStatus == 0)
      let ports = Set(finished.rows.map { $0[0] })
      #expect(ports == ["1234", "\(scene.client)"] && finished.rows.count == 3, "\(finished.text)")
      for row in finished.rows { #expect(row.dropFirst() == ["-", reason, "-", "-", "-"], "\(row)") }
      #expect(warns(finished, place.warning, place.advice), "\(finished.errorText)")
      #expect(finished.errorText.split(separator: "\n").count == 1, "\(finished.errorText)")
      let unix = try scene.run(place, "-x", "@unseen", "-H", "--columns", "owners,owner_reason")
      #expect(unix.rows == [["-", reason]] && warns(unix, place.warning), "\(unix.errorText)")
      #expect(try scene.run(place, "-t", "--strict").exitStatus == 3)
    }
  }

  @Test("Sockets that no table lists are never known not to be there", arguments: Place.allCases)
  func unlisted(place: Place) throws {
    try withScene { scene in
      let finished = try scene.run(place, "--state", "unhashed")
      #expect(finished.exitStatus == 1 && finished.text.isEmpty, "\(finished.text)")
      #expect(finished.errorText.contains("no tcp or udp socket is known to match\n"), "\(finished.errorText)")
      #expect(warns(finished, place.warning, place.advice), "\(finished.errorText)")
      #expect(try scene.run(place, "--state", "unhashed", "--strict").exitStatus == 3)
      let byPID = try scene.run(place, "--pid", "\(scene.here.pid)", "--strict")
      if place == .container {
        #expect(byPID.exitStatus == 2 && byPID.errorText.contains("in this pid namespace"), "\(byPID.errorText)")
      } else {
        #expect(byPID.exitStatus == 3 && byPID.text.isEmpty, "\(byPID.text)")
        #expect(warns(byPID, "the descriptors of process \(scene.here.pid) may not be read"), "\(byPID.errorText)")
      }
    }
  }

  @Test(
    "All network namespaces are listed where their tables may be read; where not, that is said",
    arguments: Place.allCases)
  func allNamespaces(place: Place) throws {
    try withScene { scene in
      let all = ["--netns", "all"] + scene.selection
      let listing = try place.run(scene.program, all + ["-H", "--columns", "local_port,owners,owner_reason"])
      let reason = place.reason ?? "not-permitted"
      if place.seesOtherNamespaces {
        #expect(listing.rows == [["\(scene.port)", "-", reason]], "\(listing.text)\(listing.errorText)")
        return
      }
      #expect(listing.exitStatus == 1 && listing.text.isEmpty, "\(listing.text)")
      #expect(listing.errorText.contains("no tcp socket is known to match\n"), "\(listing.errorText)")
      switch place {
      case .noAccess: #expect(warns(listing, "the network namespaces of ", "processes may not be read", "sudo"))
      case .container: #expect(warns(listing, "other network namespaces may not be listed", "docker run --pid=host"))
      default: #expect(warns(listing, "(hidepid): other network namespaces may not be listed", "sudo"))
      }
      #expect(try place.run(scene.program, all + ["--strict"]).exitStatus == 3)
      let graph = try place.run(scene.program, ["graph"] + all)
      #expect(graph.exitStatus == 1 && graph.errorText.contains("no connection is known to match\n"))
    }
  }

  @Test("The namespace of a process is read, or it is said why not and what to do", arguments: Place.allCases)
  func namespaceOfProcess(place: Place) throws {
    try withScene { scene in
      let pid = "\(scene.elsewhere.pid)"
      let listing = try scene.run(place, "--netns", pid, "-t", "-H", "--columns", "local_port,owner_reason")
      if place.seesOtherNamespaces {
        #expect(listing.rows == [["\(scene.port)", "not-permitted"]], "\(listing.text)\(listing.errorText)")
        #expect(warns(listing, place.warning, place.advice), "\(listing.errorText)")
        return
      }
      let answers: [Place: (Int32, String)] = [
        .noAccess: (4, "may be entered only by root"), .invisible: (4, "process \(pid) is hidden"),
        .invisibleInUserNamespace: (4, "process \(pid) is hidden"),
        .container: (2, "no process of this pid namespace (container) has the id \(pid)"),
      ]
      let answer = try #require(answers[place])
      for command in [[], ["graph"], ["watch", "--for", "0.1"], ["capture", "/tmp/never"]] {
        let finished = try place.run(scene.program, command + ["--netns", pid])
        #expect(finished.exitStatus == answer.0 && finished.text.isEmpty, "\(command) \(finished.errorText)")
        #expect(finished.errorText.contains(answer.1), "\(command) \(finished.errorText)")
        let advice = place == .container ? "docker run --pid=host" : ": sudo sockinspect --netns \(pid)"
        #expect(finished.errorText.contains(advice), "\(command) \(finished.errorText)")
      }
      let other = try scene.run(place, "--netns", "nowhere")
      #expect(other.exitStatus == 2)
      #expect(other.errorText.contains("no network namespace that is visible here is named nowhere"))
    }
  }

  @Test("A graph shows unseen processes as unknown", arguments: Place.allCases.filter { $0.reason != nil })
  func graph(place: Place) throws {
    try withScene { scene in
      let finished = try scene.run(place, "graph", "-t", "--port", "1234")
      #expect(finished.exitStatus == 0 && finished.text.contains("label=\"?\""), "\(finished.text)")
      #expect(!finished.text.contains("python3"))
      #expect(finished.errorText.contains("1 of 1 connection has an end whose process is not known"))
      #expect(warns(finished, place.warning, place.advice), "\(finished.errorText)")
    }
  }

  @Test("A capture keeps what could not be seen, and says it when it is read", arguments: Place.allCases)
  func capture(place: Place) throws {
    try withScene { scene in
      try withFolder { folder in
        chmod(folder, 0o777)
        for options in [[], ["--redact"]] {
          let tree = "\(folder)/tree\(options.count)"
          let taken = try place.run(scene.program, ["capture", tree] + options)
          #expect(taken.exitStatus == 0, "\(taken.errorText)")
          let notes: [Place: String] = [
            .invisible:
              "processes of other users are hidden (hidepid) and not in it; as root: sudo sockinspect capture",
            .invisibleInUserNamespace: "processes of other users are hidden (hidepid) and not in it\n",
            .container: "processes outside of this pid namespace (container) are not in it; with docker run --pid=host",
          ]
          #expect(taken.errorText.contains(notes[place] ?? " could not be read"), "\(taken.errorText)")
          let arguments = ["--root", tree, "-t", "-H", "--columns", "local_port,owners,owner_reason"]
          let read = Finished(running: scene.program, arguments + ["--strict"])
          guard let reason = place.reason else { continue }
          #expect(read.rows.count == 3 && read.rows.allSatisfy { $0[1...] == ["-", reason] }, "\(read.text)")
          #expect(read.exitStatus == 3 && warns(read, place.warning), "\(read.errorText)")
        }
      }
    }
  }

  @Test("Processes of the same user are owners all the same", arguments: [Place.nobody, .noAccess, .invisible])
  func ownProcesses(place: Place) throws {
    try withScene { scene in
      let own = try PythonPeer("s = listener(address=('127.0.0.1', 2001))\nstay()", user: EndToEndTests.nobody)
      try withExtendedLifetime(own) {
        let finished = try scene.run(
          place, "-tl", "-H", "--columns", "local_port,owners,owner_reason", "--port", "2001")
        #expect(finished.rows == [["2001", "python3[\(own.pid)]", "fd", "3", "-"]], "\(finished.text)")
        #expect(finished.errors.isEmpty, "\(finished.errorText)")
      }
    }
  }
}
