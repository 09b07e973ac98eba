import Foundation
import LinuxSystem
import Query
import SocketModel
import Testing

@testable import sockinspect

/// The program under test: the one that was built with this test, unless SOCKINSPECT_PROGRAM in the
/// environment names another.
enum Program {
  /// Its file.
  static let path: String = CommandEnvironment.current["SOCKINSPECT_PROGRAM"] ?? sibling("sockinspect")

  /// A product of the same build.
  static func sibling(_ name: String) -> String {
    let own = (try? ChildProcess.ownProgram()) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// Runs it to its end.
  static func run(_ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]) -> Finished {
    Finished(running: path, arguments, input: input, environment: environment)
  }

  /// Runs `sockinspect ARGUMENTS --json` and parses its output.
  static func list(_ arguments: String..., input: [UInt8] = []) throws -> Listing {
    try list(arguments, input: input)
  }

  /// Runs `sockinspect ARGUMENTS --json` and parses its output; any exit status but 0 or 1 is a
  /// failure.
  static func list(_ arguments: [String], input: [UInt8] = []) throws -> Listing {
    let finished = Finished(running: path, arguments + ["--json"], input: input)
    guard finished.exitStatus == 0 || finished.exitStatus == 1 else {
      throw ProgramFailure(arguments: arguments, finished: finished)
    }
    return try Listing.decoder.decode(Listing.self, from: Data(finished.output))
  }
}

struct ProgramFailure: Error, CustomStringConvertible {
  let arguments: [String]
  let finished: Finished
  var description: String {
    "sockinspect \(arguments.joined(separator: " ")) ended with status \(finished.exitStatus ?? -1)"
      + " signal \(finished.signal ?? 0): \(finished.errorText)"
  }
}

/// What `--json` prints.
struct Listing: Decodable, Sendable {
  struct Meta: Decodable, Sendable {
    var schema: String
    var source: String?
    var namespaces: [Namespace]?
    var problems: [Problem]
  }

  struct Namespace: Decodable, Sendable {
    var netns: UInt32
    var identity: String
    var name: String?
    var pid: Int32?
  }

  struct Problem: Decodable, Sendable {
    var kind: String?
    var subject: String?
    var line: Int?
    var count: Int?
    var message: String?
    var evidence: String?
  }

  struct End: Decodable, Sendable, Hashable {
    var address: String?
    var port: UInt16?
  }

  struct Owner: Decodable, Sendable, Hashable {
    var pid: Int32
    var fd: Int32
    var name: String?
    var executable: String?
  }

  struct Timer: Decodable, Sendable, Hashable {
    var kind: String?
  }

  struct Socket: Decodable, Sendable {
    var schema: String?
    var transport: String
    var type: String?
    var netns: UInt32?
    var local: End?
    var peer: End?
    var state: String?
    var recvQueue: UInt64?
    var sendQueue: UInt64?
    var uid: UInt32?
    var inode: UInt64?
    var cookie: String?
    var timer: Timer?
    var retransmits: Int?
    var owners: [Owner]?
    var attribution: String?
    var path: String?
    var pathHex: String?
    var socketType: String?
    var ipProtocol: UInt16?
    var peerInode: UInt64?
    var mptcp: Multipath?
    var fallback: Bool?
  }

  struct Multipath: Decodable, Sendable, Hashable {
    var token: String?
    var subflows: Int?
    var flags: String?
  }

  var meta: Meta
  var sockets: [Socket]

  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}

/// The name of the program that runs the tests, as a listing shows it.
let ownProgramName: String = {
  let path = (try? ChildProcess.ownProgram()) ?? CommandLine.arguments[0]
  return String(path.split(separator: "/").last ?? "")
}()
