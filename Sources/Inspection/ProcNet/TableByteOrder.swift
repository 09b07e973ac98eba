package import KernelFormats
import LinuxSystem
package import SocketModel

/// The byte order of the machine whose tables are read, and how it is known.
package struct TableByteOrder: Sendable {
  /// How the order is known. The raw values are those of ``SnapshotMeta/byteOrderSource``.
  package enum Source: String, Sendable {
    /// The tables are the running kernel's.
    case kernel
    /// The user stated it.
    case option
    /// The manifest of the capture states it.
    case manifest
    /// The addresses in the tables show it.
    case rows
    /// Nothing shows it: it is assumed to be that of this machine.
    case assumed
  }

  package let order: ByteOrder
  package let source: Source
  /// A note about it; `nil` when it is as expected.
  package var note: String?

  package init(_ order: ByteOrder, from source: Source) {
    self.order = order
    self.source = source
  }

  /// Takes the order that the rows of tables show.
  package init(_ evidence: ByteOrderEvidence) {
    if let order = evidence.order {
      self.init(order, from: .rows)
      if evidence.isContradictory {
        note = "the rows do not agree on the byte order; addresses are read as \(order.rawValue)-endian: \(remedy)"
      } else if order != .native {
        note = "addresses are read as \(order.rawValue)-endian, which the rows speak for: \(remedy)"
      }
      return
    }
    self.init(.native, from: .assumed)
    // Where every address reads the same either way there is nothing to note.
    if evidence.addressCount > 0 {
      let assumed = "addresses are read as \(order.rawValue)-endian, as this machine is"
      note = "no row shows the byte order; \(assumed): \(remedy)"
    }
  }

  private var remedy: String {
    "--byte-order \((order == .little ? ByteOrder.big : .little).rawValue) reads them the other way"
  }

  /// States the order, and how it is known, in the circumstances of a scan.
  package func state(in meta: inout SnapshotMeta) {
    meta.byteOrder = order.rawValue
    meta.byteOrderSource = source.rawValue
    if let note { meta.notes.append(note) }
  }
}

extension ProcRoot {
  /// How many bytes of each table are examined to find out the byte order.
  static let evidenceBytes = 262_144

  /// The byte order of the tables.
  /// - Parameters:
  ///   - named: the order that the user named.
  ///   - beginning: the first bytes of a single table, which can be read only once.
  package func byteOrder(named: ByteOrder?, beginning: [UInt8] = []) -> TableByteOrder {
    if shape == .live { return TableByteOrder(.native, from: .kernel) }
    if let named { return TableByteOrder(named, from: .option) }
    if let order = manifest?.byteOrder ?? orderOfCaptureAround { return TableByteOrder(order, from: .manifest) }
    var evidence = ByteOrderEvidence()
    evidence.add(beginning.span)
    for table in ProcNetTable.allCases where shape == .tree && table.transport.description.format == .internet {
      guard let bytes = try? readTable(table.rawValue, limit: Self.evidenceBytes) else { continue }
      evidence.add(bytes.span)
    }
    return TableByteOrder(evidence)
  }

  /// The order that the manifest of a capture states when the root is a file in its folder `net`.
  private var orderOfCaptureAround: ByteOrder? {
    guard shape == .table, path.hasSuffix("net/\(path.split(separator: "/").last ?? "")"),
      let slash = path.lastIndex(of: "/"),
      let net = try? Descriptor.open(String(path[..<slash]), for: .directory),
      let file = try? Descriptor.open("../manifest", in: net), (try? file.status().isRegular) == true
    else { return nil }
    var bytes: [UInt8] = []
    _ = try? file.readAll(into: &bytes, limit: CaptureManifest.longest, firstRead: 4096)
    var problems: [Problem] = []
    return CaptureManifest(parsing: bytes.span, problems: &problems).byteOrder
  }
}
