import Lesson
import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// The demos with `--lang es`, run for real.
@Suite("The demos in Spanish", .timeLimited, .needsRoot)
struct SpanishDemoTests {
  /// Lines with English words, without what the lesson's programs print, which is data.
  private static func english(in text: String) -> [String] {
    text.split(separator: "\n").map(String.init).filter { line in
      let isData = ["listening", "Connected by ", "Datagram from ", "Received "].contains { line.hasPrefix($0) }
      return !isData && !EnglishWords.found(in: line).isEmpty
    }
  }

  @Test(
    "A server and a client speak Spanish from the first call to the account at the end",
    arguments: [[], ["--udp"], ["--unix", "@leccion"]])
  func exchange(options: [String]) throws {
    let (server, client) = try isolated { () -> (Finished, Finished) in
      let server = try Running(
        Program.path, (["listen-demo", "--max-clients", "2", "--lang", "es"] + options).map { Array($0.utf8) })
      // The server's first line says that it listens.
      var byte: UInt8 = 0
      while unsafe read(server.output.descriptor.number, &byte, 1) == 1, byte != UInt8(ascii: "\n") {}
      let client = Finished(running: Program.path, ["connect-demo", "--count", "2", "--lang", "es"] + options)
      return (server.finish(timeout: 30), client)
    }
    for finished in [server, client] {
      #expect(finished.exitStatus == 0)
      #expect(Self.english(in: finished.errorText).isEmpty, "\(finished.errorText)")
      #expect(finished.errorText.contains("sin fila: todavía no hay socket"), "\(finished.errorText)")
    }
    #expect(server.errorText.contains("2 datagramas, ") || server.errorText.contains("2 clientes, "))
    #expect(client.text.contains("Received b'Welcome to the server"), "what the programs of the lesson print is theirs")
  }

  @Test("The flow of a connection and of datagrams is narrated in Spanish", arguments: [[], ["--udp"]])
  func flow(options: [String]) throws {
    let finished = try isolated { Finished(running: Program.path, ["flow-demo", "--lang", "es"] + options) }
    #expect(finished.exitStatus == 0, "\(finished.errorText)")
    #expect(Self.english(in: finished.text).isEmpty, "\(finished.text)")
    #expect(finished.text.contains("SERVIDOR") && finished.text.contains("CLIENTE"))
  }

  @Test("What UDP does not promise is narrated in Spanish")
  func noGuarantee() throws {
    let finished = try isolated { Program.run("connect-demo", "--udp", "--no-guarantee", "--lang", "es") }
    #expect(finished.exitStatus == 0, "\(finished.errorText)")
    #expect(Self.english(in: finished.text).isEmpty, "\(finished.text)")
    #expect(finished.text.contains("5. Descartados: "))
  }

  @Test("States are held in Spanish, one and all of them", arguments: ["all", "close-wait", "time-wait", "close"])
  func hold(state: String) throws {
    let finished = try isolated {
      Program.run("listen-demo", "--hold", state, "--for", "0.1", "--lang", "es")
    }
    #expect(finished.exitStatus == 0, "\(finished.errorText)")
    #expect(Self.english(in: finished.text + finished.errorText).isEmpty, "\(finished.text)")
    #expect(finished.text.contains(state == "all" ? "se mantienen 0.1 s" : "se mantiene 0.1 s"), "\(finished.text)")
  }

  @Test("A port that is taken, and one where nobody listens, are answered in Spanish")
  func troubles() throws {
    let (taken, refused, foreign) = try isolated { () -> (Finished, Finished, Finished) in
      let socket = try Descriptor.socket(SocketKind(family: 2, type: 1))
      try socket.bind(.ipv4(0x7F00_0001, port: 1234))
      try socket.listen(backlog: 1)
      defer { withExtendedLifetime(socket.number) {} }
      return (
        Program.run("listen-demo", "--lang", "es"), Program.run("connect-demo", "--port", "9", "--lang", "es"),
        Program.run("listen-demo", "--host", "192.0.2.1", "--lang", "es")
      )
    }
    for finished in [taken, refused, foreign] {
      #expect(finished.exitStatus == 1)
      #expect(Self.english(in: finished.errorText).isEmpty, "\(finished.errorText)")
    }
    #expect(
      taken.errorText.contains("ya está en uso (EADDRINUSE)") && taken.errorText.contains("para terminarlo: kill"))
    #expect(refused.errorText.contains("allí nadie escucha"))
    #expect(foreign.errorText.contains("no es una dirección de esta máquina"))
  }

  @Test("Without --lang the environment decides, as for explain")
  func environment() throws {
    let spanish = try isolated {
      Program.run("connect-demo", "--port", "9", environment: ["LC_ALL": "", "LC_MESSAGES": "", "LANG": "es_ES.UTF-8"])
    }
    #expect(spanish.errorText.contains("allí nadie escucha"), "\(spanish.errorText)")
    let english = try isolated { Program.run("connect-demo", "--port", "9", environment: ["LC_ALL": "C.UTF-8"]) }
    #expect(english.errorText.contains("nothing listens there"), "\(english.errorText)")
  }
}
