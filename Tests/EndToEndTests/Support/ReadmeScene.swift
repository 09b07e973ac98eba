import LinuxSystem
import TestSupport

/// The processes and sockets that the examples of README.md show, in the calling thread's network
/// namespace; they end with it.
final class ReadmeScene {
  private let child: ChildProcess
  private var lifeline: Descriptor?

  /// Starts them and waits until all of their sockets are there.
  init() throws {
    let life = try Pipe()
    let ready = try Pipe()
    let script = Repository.path("Tests/Tools/readme_scene.py")
    child = try ChildProcess.startUnseen(
      try peer("python3"), arguments: ["python3", script].map { Array($0.utf8) },
      descriptors: [(life.reading.number, 0), (ready.writing.number, 1), (2, 2)])
    lifeline = life.intoWriting()
    var answer: [UInt8] = []
    try ready.intoReading().readAll(into: &answer)
    guard answer == Array("ready\n".utf8) else { throw SystemError("readme_scene.py", code: 0) }
  }

  deinit {
    lifeline = nil
    _ = try? child.wait()
  }
}
