import KernelFormats
import LinuxSystem
package import Inspection

extension Capture {
  /// Takes captures one after the other into the folders `0001`, `0002` ... of one folder; an
  /// original has the same substitute in all of them.
  package struct Series: ~Copyable {
    /// How many captures there are so far.
    package private(set) var count = 0
    private let root: ProcRoot
    private let path: String
    private let folder: Descriptor
    private var redaction: Redaction?
    private let byteOrder: TableByteOrder

    /// Begins a series. The folder must be empty, or not exist, in which case it is made.
    package init(_ capture: Capture, in path: String) throws(InspectionError) {
      folder = try capture.emptyFolder(path)
      root = capture.root
      self.path = path
      redaction = capture.redaction
      byteOrder = capture.byteOrder
    }

    /// Takes the next capture.
    package mutating func next() throws(InspectionError) -> Report { try next { false } ?? Report() }

    /// Takes the next capture; `nil` when it was stopped on the way, in which case the unfinished
    /// capture is removed.
    /// - Parameter isOver: asked repeatedly whether to stop.
    package mutating func next(unless isOver: () -> Bool) throws(InspectionError) -> Report? {
      let digits = String(count + 1)
      let name = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
      do throws(SystemError) {
        let place = try folder.makePrivateFolder(name)
        let output = try CaptureFolder(place)
        var work = CaptureWork(root: root, output: output, redaction: redaction, byteOrder: byteOrder)
        guard try work.run(unless: isOver) else {
          try? folder.removeTree(name)
          return nil
        }
        redaction = work.redaction
        count += 1
        return work.report
      } catch {
        throw .notWritten("cannot write to \(path)/\(name): \(error.description)")
      }
    }
  }
}
