import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Sockets made in control groups with the names that systemd and container runtimes give them,
/// beside files that name the containers, all in a mount namespace of their own.
@Suite("Workloads of sockets", .timeLimited, .needsRoot, .needs("unshare"), .needs("setpriv"))
struct WorkloadTests {
  private static let id = String(repeating: "3f2a1b4c", count: 8)
  private static let podID = String(repeating: "00c0ffee", count: 8)

  /// The groups in which the sockets with the ports from 5001 on are made.
  private static let groups = [
    "system.slice/nginx.service", "system.slice/docker-\(id).scope",
    "kubepods.slice/kubepods-pod1f3a5b7c_0d2e_4f60_8a9b_c0d1e2f30415.slice/cri-containerd-\(podID).scope",
    "system.slice/evil\u{1B}[31m) (.service", "other",
  ]

  /// Makes the groups and sockets, runs the program with each of the lines in turn and ends. It is
  /// the owner of all sockets, and in none of the groups by then.
  private static let holder = """
    import json, os, socket, subprocess, sys
    top = '/sys/fs/cgroup/sockinspect-test-%d' % os.getpid()
    here = '/sys/fs/cgroup' + [line for line in open('/proc/self/cgroup') if line.startswith('0::')][0][3:].strip()
    def move(path):
        with open(path + '/cgroup.procs', 'w') as file: file.write('0')
    held = []
    os.mkdir(top)
    try:
        for port, group in enumerate(json.loads(sys.argv[1]), 5001):
            os.makedirs(top + '/' + group, exist_ok=True)
            move(top + '/' + group)
            held.append(socket.create_server(('127.0.0.1', port)))
            if port == 5001: held.append(socket.socket(socket.AF_UNIX)); held[-1].bind('\\0held'); held[-1].listen()
        move(here)
        for line in json.loads(sys.argv[2]):
            done = subprocess.run(line, capture_output=True)
            print(json.dumps({'status': done.returncode, 'output': done.stdout.decode(), 'errors': done.stderr.decode()}))
    finally:
        move(here)
        for folder, _, _ in os.walk(top, topdown=False): os.rmdir(folder)
    """

  /// Mounts what the test must not change for others, and writes the files of the runtimes: those
  /// of Docker for root alone, those of the kubelet for everyone.
  private static let mounts = """
    mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs -o mode=755 none /var/log && \
    mount -t tmpfs -o mode=755 none /var/lib || exit 99
    umask 077 && mkdir -p /var/lib/docker/containers/\(id) && \
    echo '{"ID":"\(id)","Name":"/web"}' > /var/lib/docker/containers/\(id)/config.v2.json
    umask 022 && mkdir /var/log/containers && ln -s /nowhere /var/log/containers/cart-7c9f_shop_api-\(podID).log
    if [ -n "$HIDEPID" ]; then mount -t proc -o hidepid="$HIDEPID" proc /proc || exit 99; fi
    exec "$@"
    """

  private struct Result: Decodable {
    var status: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Runs the program with each line of arguments, as a user, behind other words, and with a /proc
  /// that hides processes.
  private func run(
    as user: UInt32, behind words: [String] = [], hidepid: String = "", _ lines: [[String]]
  ) throws -> [Result] {
    try withProgramForAnybody { program in
      try isolated {
        let start = (user == 0 ? [] : try startingAs(user)) + words
        let commands = lines.map { start + [program] + $0 }
        func json(_ value: some Encodable) throws -> String {
          String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        }
        let arguments = try [
          "-m", "sh", "-c", Self.mounts, "sh", peer("python3"), "-c", Self.holder, json(Self.groups), json(commands),
        ]
        let finished = Finished(
          running: try peer("unshare"), arguments, environment: ["HIDEPID": hidepid])
        try #require(finished.exitStatus == 0, "\(finished.errorText)")
        let decoder = JSONDecoder()
        return try finished.text.split(separator: "\n").map { line in
          try decoder.decode(Result.self, from: Data(line.utf8))
        }
      }
    }
  }

  @Test("without root the owners that may not be seen are replaced by the workload, dimmed where colour is on")
  func inPlaceOfOwners() throws {
    let lines = [
      ["--columns", "local,owners", "-t"], ["-t", "--json"], ["--columns", "local,owners", "--color", "always", "-t"],
      ["--process", "nginx.service"], ["--count-by", "process", "-t"], ["-t", "--strict"], ["-t", "--csv"],
      ["-t", "--width", "60"],
    ]
    let results = try run(as: nobody, lines)
    try #require(results.count == lines.count)
    #expect(
      results[0].lines == [
        "LOCAL           OWNERS", "127.0.0.1:5001  (nginx.service)", "127.0.0.1:5002  (docker:3f2a1b4c3f2a)",
        "127.0.0.1:5003  (pod:shop/cart-7c9f/api)", "127.0.0.1:5004  (evil\\e[31m\\x29 (.service)", "127.0.0.1:5005  -",
      ])
    #expect(results[0].errors.contains("may not be read"), "\(results[0].errors)")
    let document = try JSONSerialization.jsonObject(with: Data(results[1].output.utf8)) as? [String: Any]
    let sockets = try #require(document?["sockets"] as? [[String: Any]])
    #expect(
      sockets.map { $0["workload"] as? String } == [
        "unit:nginx.service", "docker:3f2a1b4c3f2a", "pod:shop/cart-7c9f/api", "unit:evil\u{1B}[31m) (.service", nil,
      ])
    #expect(sockets.allSatisfy { ($0["owners"] as? [Any])?.isEmpty == true })
    #expect(results[2].output.contains("\u{1B}[90m(nginx.service)\u{1B}[0m"))
    // It is no process, whatever its name.
    #expect(results[3].status == 1 && results[3].output.isEmpty)
    #expect(results[4].lines == ["COUNT  PROCESS", "    5  -"])
    #expect(results[5].status == 3)
    #expect(!results[6].output.contains("nginx"))
    #expect(results[7].lines.allSatisfy { $0.count <= 60 } && results[7].output.contains("(nginx.serv"))
  }

  @Test("the workload is a column, a key of queries and of counts, which needs no privilege")
  func withoutPrivilege() throws {
    let lines = [
      ["--columns", "local_port,workload,unit,container,pod", "-t", "--csv"],
      ["--columns", "local,workload", "-t", "workload = unit:nginx.service", "--strict", "--port", "5001-5004"],
      ["--columns", "local", "-t", "pod = shop/*", "--no-header", "--strict", "--port", "5001-5004"],
      ["--count-by", "workload", "-t", "port", "5001-5002"], ["--columns", "local", "-t", "not workload = *"],
      ["--sort", "-workload", "--columns", "local_port", "-t", "--no-header"],
    ]
    let results = try run(as: nobody, lines)
    try #require(results.count == lines.count)
    let pod = "cri-containerd-\(Self.podID).scope"
    #expect(
      results[0].output.split(separator: "\r\n").map(String.init) == [
        "local_port,workload,unit,container,pod", "5001,unit:nginx.service,nginx.service,,",
        "5002,docker:3f2a1b4c3f2a,docker-\(Self.id).scope,3f2a1b4c3f2a,",
        "5003,pod:shop/cart-7c9f/api,\(pod),api,shop/cart-7c9f",
        "5004,unit:evil\\e[31m) (.service,evil\\e[31m) (.service,,", "5005,,,,",
      ])
    #expect(results[1].lines.dropFirst() == ["127.0.0.1:5001  unit:nginx.service"] && results[1].status == 0)
    #expect(results[1].errors.isEmpty, "\(results[1].errors)")
    #expect(results[2].lines == ["127.0.0.1:5003"] && results[2].status == 0)
    #expect(results[3].lines == ["COUNT  WORKLOAD", "    1  docker:3f2a1b4c3f2a", "    1  unit:nginx.service"])
    #expect(results[4].lines.last == "127.0.0.1:5005")
    #expect(results[5].lines == ["5001", "5004", "5003", "5002", "5005"])
  }

  @Test(
    "where processes are hidden, or of another user namespace, workloads are known all the same",
    arguments: [("invisible", false, "hidden"), ("noaccess", false, "not-permitted"), ("", true, "not-permitted")])
  func hidden(hidepid: String, isUserNamespace: Bool, reason: String) throws {
    let lines = [
      ["--columns", "local,owners,owner_reason", "-t", "-H", "--port", "5001-5003"],
      ["--columns", "local_port,workload", "-t", "-H", "workload = docker:*", "--strict", "--port", "5001-5004"],
      ["graph", "-t"], ["--count-by", "workload", "-t", "port", "5001-5002"],
    ]
    let words = isUserNamespace ? [try peer("unshare"), "-Ur"] : []
    let results = try run(as: nobody, behind: words, hidepid: hidepid, lines)
    try #require(results.count == lines.count)
    #expect(
      results[0].lines.map { $0.split(separator: " ").map(String.init) } == [
        ["127.0.0.1:5001", "(nginx.service)", reason], ["127.0.0.1:5002", "(docker:3f2a1b4c3f2a)", reason],
        ["127.0.0.1:5003", "(pod:shop/cart-7c9f/api)", reason],
      ], "\(results[0])")
    #expect(results[0].errors.contains("sockinspect: warning: "), "\(results[0].errors)")
    #expect(results[1].lines == ["      5002  docker:3f2a1b4c3f2a"] || results[1].output.contains("5002  docker:"))
    #expect(results[1].status == 0 && results[1].errors.isEmpty, "\(results[1].errors)")
    #expect(results[2].status == 1)
    #expect(results[3].lines == ["COUNT  WORKLOAD", "    1  docker:3f2a1b4c3f2a", "    1  unit:nginx.service"])
  }

  @Test("root sees owners instead, names that only root may read, and the groups of owners of unix sockets")
  func asRoot() throws {
    let lines = [
      ["--columns", "local,owners", "-t"], ["--columns", "local,workload", "-t", "port", "5002"],
      ["--columns", "local,workload", "-x", "@held"], ["-t", "--json"],
    ]
    let results = try run(as: 0, lines)
    try #require(results.count == lines.count)
    #expect(results[0].lines.dropFirst().allSatisfy { $0.contains("python3[") && !$0.contains("(") })
    #expect(results[1].lines.last == "127.0.0.1:5002  docker:web")
    #expect(results[2].lines.count == 2)
    let document = try JSONSerialization.jsonObject(with: Data(results[3].output.utf8)) as? [String: Any]
    let sockets = try #require(document?["sockets"] as? [[String: Any]])
    #expect(sockets.count == 5 && sockets.allSatisfy { $0["workload"] is NSNull })
  }
}
