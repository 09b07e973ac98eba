import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Names, commands, ages and parents of owners, and rows without repetitions.
@Suite("Columns about owners", .timeLimited, .needsRoot, .needs("setpriv"))
struct OwnerColumnTests {
  /// Runs `body` beside a script with a long name that listens at the port 1234, as root.
  private func withScript(_ body: @escaping @Sendable (_ program: String, _ pid: String) throws -> Void) throws {
    try withProgramForAnybody { program in
      try isolated {
        try withFolder { folder in
          let script = folder + "/a-long-script-name.py"
          let text = """
            #!\(try pythonForNobody())
            import socket, sys
            s = socket.create_server(('127.0.0.1', 1234))
            print('ready', flush=True)
            sys.stdin.read()
            """
          try text.write(toFile: script, atomically: false, encoding: .utf8)
          chmod(script, 0o755)
          let running = try Running(script, [Array("--name=a,b".utf8), Array("\u{1B}[31m".utf8)], wantsInput: true)
          defer { _ = running.finish() }
          #expect(try running.output.line() == "ready")
          try body(program, "\(running.child.pid)")
        }
      }
    }
  }

  @Test("a name that the kernel cuts is shown in full, and found by both its names", arguments: [0, nobody])
  func longNames(user: UInt32) throws {
    let start = user == 0 ? [] : try startingAs(user)
    try withScript { program, pid in
      func run(_ arguments: String...) -> Finished {
        let words = start + [program] + arguments
        return Finished(running: words[0], Array(words.dropFirst()))
      }
      // The arguments are readable to everyone, the descriptors are not.
      guard user == 0 else {
        #expect(run("port", "1234").text.contains("  -\n"))
        return
      }
      #expect(run("port", "1234").text.contains("a-long-script-name.py[\(pid)] fd"))
      for name in ["a-long-script-name.py", "a-long-script-n", "a-long-*name.py"] {
        #expect(run("--process", name, "--columns", "process", "--no-header").text == "a-long-script-name.py\n")
        #expect(run("process = \(name)").exitStatus == 0)
      }
      #expect(run("--process", "a-long-script-x").exitStatus == 1)
      #expect(run("port", "1234", "--json").text.contains("\"name\":\"a-long-script-name.py\""))
      #expect(run("netstat", "-tlnp").text.contains("\(pid)/"))
      #expect(!run("netstat", "-tlnp").text.contains("a-long-script-name.py "))
      #expect(run("lsof", "-i:1234", "-F", "c").text.contains("\nca-long-script-n\n"))
    }
  }

  @Test("commands, ages, parents and working directories are columns and keys of queries")
  func columns() throws {
    try withScript { program, pid in
      func run(_ arguments: String...) -> String { Finished(running: program, arguments).text }
      let command = run("port", "1234", "--columns", "command", "--no-header")
      #expect(command.contains("/a-long-script-name.py --name=a,b \\e[31m\n"), "\(command)")
      #expect(run("command = *a-long-script*", "--columns", "pid", "--no-header") == "\(pid)\n")
      let family = run("parent = \(getpid())", "--columns", "pid,parent", "--no-header")
      #expect(family == "\(pid)  \(ownProgramName)[\(getpid())]\n", "\(family)")
      #expect(run("\(ownProgramName)", "-t", "--columns", "pid,parent", "--sort", "parent", "--no-header") == family)
      let folder = FileManager.default.currentDirectoryPath
      #expect(run("port", "1234", "--columns", "cwd", "--no-header") == folder + "\n")
      #expect(run("age < 1h and port = 1234", "--columns", "pid", "--no-header") == "\(pid)\n")
      #expect(run("age >= 1h and port = 1234").isEmpty)
      let json = run("port", "1234", "--ndjson", "--columns", "age,parent,command")
      let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      #expect((object?["age"] as? [Int])?.first ?? -1 >= 0 && object?["parent"] as? [Int] == [Int(getpid())])
      let whole = run("port", "1234", "--ndjson", "--columns", "+age,command,cwd,parent")
      let socket = try JSONSerialization.jsonObject(with: Data(whole.utf8)) as? [String: Any]
      let owner = (socket?["owners"] as? [[String: Any]])?.first
      #expect(owner?["cwd"] as? String == folder && owner?["parent"] as? Int == Int(getpid()))
      #expect(owner?["parent_name"] as? String == ownProgramName)
      #expect((owner?["command"] as? String)?.hasSuffix("\u{1B}[31m") == true && owner?["age"] is Int)
    }
  }

  /// Two listeners of a process and its child, one of the child alone, and a connection that was not
  /// accepted, which no process has.
  private static let family = """
    first = listener()
    second = socket.create_server(('127.0.0.1', 1235))
    copy = first.dup()
    if os.fork() == 0:
        own = socket.create_server(('127.0.0.1', 1236))
        stay()
    client = socket.create_connection(('127.0.0.1', 1234))
    print('ready', flush=True)
    stay()
    """

  @Test("--unique prints each row once, and each owner in a row of its own")
  func unique() throws {
    try isolated {
      let server = try PythonPeer(Self.family)
      defer { server.end() }
      #expect(try server.line() == "ready")
      func lines(_ arguments: String...) -> [String] {
        Finished(running: Program.path, arguments).text.split(whereSeparator: \.isNewline).map(String.init)
      }
      let children = lines("port", "1236", "--columns", "pid", "--no-header")
      let child = try #require(children.first)
      defer { kill(Int32(child) ?? 0, SIGKILL) }
      let pids = ["\(server.pid)", child]
      #expect(Set(lines("--columns", "pid", "--unique", "--no-header", "-t")) == Set(pids))
      #expect(lines("port", "1234", "--columns", "pid", "--unique", "--no-header", "-l") == pids)
      #expect(lines("--columns", "process", "--unique", "--csv", "-t") == ["process", "python3"])
      #expect(lines("--columns", "pid", "--unique", "--ndjson", "-t", "--sort", "pid").count == 2)
      #expect(lines("--columns", "state", "--unique", "--no-header", "-t").count == 2)
      #expect(lines("--columns", "pid", "--unique", "--no-header", "-t", "--limit", "1").count == 1)
      // Its descriptors are one row with the process, and a row each where they are a column.
      #expect(lines("port", "1234", "-l", "--columns", "owners,pid", "--unique", "--no-header").count == 2)
      #expect(lines("port", "1234", "-l", "--columns", "pid,fd", "--unique", "--no-header").count == 4)
      #expect(lines("port", "1234", "-l", "--columns", "owners", "--unique", "--no-header").count == 1)
    }
  }

  @Test(
    "--unique is refused where it means nothing",
    arguments: [["--unique", "--json"], ["--unique", "--count-by", "pid"], ["--unique", "-s"]])
  func refused(arguments: [String]) {
    let finished = Finished(running: Program.path, arguments)
    #expect(finished.exitStatus == 2 && finished.errorText.contains("--unique"), "\(finished.errorText)")
  }
}
