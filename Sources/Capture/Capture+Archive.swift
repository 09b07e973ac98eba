package import Inspection
import KernelFormats
import LinuxSystem
import SocketModel
import Text

extension Capture {
  /// Writes the capture as a tar archive: the folder that ``write(to:)`` would have made, without a
  /// name before its paths.
  ///
  /// The file must not exist, and only its owner can read it. Until it is whole it has another name,
  /// with `.partial` behind it: what has the name is a whole capture.
  ///
  /// - Parameters:
  ///   - path: the file; `-` for standard output, which must be no terminal.
  ///   - isOver: asked repeatedly whether to stop.
  /// - Returns: `nil` when it was stopped on the way. Then no file remains.
  /// - Throws: ``InspectionError/notWritten(_:)`` when something is in the way or writing fails; no
  ///   file remains.
  package func writeArchive(
    to path: String, unless isOver: () -> Bool = { false }
  ) throws(InspectionError) -> Report? {
    try checkRoot()
    guard path != "-" else {
      if StandardStream.output.isTerminal {
        throw .notWritten(
          "standard output is a terminal, which cannot show an archive: name a file, or send it elsewhere: "
            + "sockinspect capture --archive - > capture.tar")
      }
      do throws(SystemError) {
        return try write(CaptureArchive(.standardOutput, time: Timestamp.now.seconds), unless: isOver)
      } catch {
        throw .notWritten("cannot write to standard output: \(error.description)")
      }
    }
    do throws(SystemError) {
      return try writeFile(path, unless: isOver)
    } catch {
      if error.isPresent { throw .notWritten(Self.presence(error.subject)) }
      throw .notWritten("cannot write to \(path): \(error.description)")
    }
  }

  private func writeFile(_ path: String, unless isOver: () -> Bool) throws(SystemError) -> Report? {
    let (parent, name) = Self.parts(of: path)
    guard let name else { throw SystemError("open", path, code: SystemError.folder) }
    let folder = try Descriptor.open(parent, for: .directory)
    if (try? folder.status(of: name, followLinks: false)) != nil {
      throw SystemError("open", path, code: SystemError.present)
    }
    let partial = name + ".partial"
    let file: Descriptor
    do throws(SystemError) {
      file = try Descriptor.open(partial, in: folder, for: .creating, permissions: 0o600)
    } catch {
      throw error.isPresent ? SystemError("open", path + ".partial", code: error.code) : error
    }
    do throws(SystemError) {
      let report = try write(CaptureArchive(.file(file), time: Timestamp.now.seconds), unless: isOver)
      if report == nil { try folder.removeFile(partial) } else { try folder.rename(partial, toNew: name) }
      return report
    } catch {
      try? folder.removeFile(partial)
      throw error.isPresent ? SystemError("rename", path, code: error.code) : error
    }
  }

  private func write(_ output: CaptureArchive, unless isOver: () -> Bool) throws(SystemError) -> Report? {
    var work = CaptureWork(root: root, output: output, redaction: redaction, byteOrder: byteOrder)
    guard try work.run(unless: isOver) else { return nil }
    try output.close()
    return work.report
  }

  /// What to do about a file that is in the way.
  private static func presence(_ path: String) -> String {
    guard path.hasSuffix(".partial") else { return "\(path) exists: a capture never overwrites anything" }
    return "\(path) exists: another capture is writing it, or was killed; remove it if so: "
      + "rm \(ShellWords.quoted(path.rawBytes))"
  }
}
