import KernelFormats
import LinuxSystem
public import SocketModel

/// A folder of captures that were taken one after the other: `0001`, `0002` ..., each a tree as
/// `Capture` writes it.
///
/// Captures without a manifest (because they were interrupted) or whose manifest states no time are
/// left out.
public struct CaptureSeries: Sendable {
  /// The folder as the user named it.
  public let path: String
  /// One capture of the series.
  public struct Frame: Sendable, Hashable {
    /// The name of its folder in the series.
    public let name: String
    /// When it was taken.
    public let time: Timestamp
  }
  /// The captures, in the order in which they were taken. At least one.
  public let frames: [Frame]
  /// What in the folder could not be used, or is strange.
  public let problems: [Problem]
  /// The network namespaces that are read of each.
  package var namespaces = NamespaceSelection.here
  /// The tables that any of the captures has.
  private let tables: Set<ProcNetTable>
  /// The folder of the series.
  private let place: Place

  /// A folder that is held open.
  private final class Place: Sendable {
    let folder: RootFolder
    init(_ folder: consuming RootFolder) { self.folder = folder }
  }

  /// The most entries of a folder that are examined.
  private static let mostEntries = 1_000_000

  /// Opens the series in a folder; `nil` when that holds none, such as a single capture, a
  /// hand-copied /proc or /proc itself.
  ///
  /// A process's folder in /proc has a number too, but no manifest, and its number does not begin
  /// with 0.
  /// - Throws: ``InspectionError/noTables(root:_:)`` when it is a series without a complete
  ///   capture.
  public static func open(_ path: String) throws(InspectionError) -> CaptureSeries? {
    guard let folder = try RootFolder.untrusted(path) else { return nil }
    var unfinished: [String] = []
    do throws(SystemError) {
      if let series = try CaptureSeries(path, folder, &unfinished) { return series }
    } catch {
      throw .unreadable(root: path, error)
    }
    guard unfinished.contains(where: { $0.hasPrefix("0") }) else { return nil }
    let names = unfinished.count == 1 ? unfinished[0] : "\(unfinished[0]) to \(unfinished[unfinished.count - 1])"
    throw .noTables(
      root: path, "no capture of the series is whole: \(names) without a manifest that says when it was captured")
  }

  private init?(
    _ path: String, _ folder: consuming RootFolder, _ unfinished: inout [String]
  ) throws(SystemError) {
    if (try? folder.openFileBeneath("manifest")) != nil { return nil }
    var names: [(number: Int, name: String)] = []
    for bytes in try folder.names().prefix(Self.mostEntries) {
      guard bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { continue }
      let name = String(decoding: bytes, as: UTF8.self)
      if let number = Int(name) { names.append((number, name)) }
    }
    names.sort { ($0.number, $0.name) < ($1.number, $1.name) }
    var frames: [Frame] = []
    for (_, name) in names {
      guard let manifest = Self.manifest(of: name, in: folder), let time = manifest.time else {
        unfinished.append(name)
        continue
      }
      frames.append(Frame(name: name, time: time))
    }
    guard !frames.isEmpty else { return nil }
    self.path = path
    self.frames = frames
    var tables: Set<ProcNetTable> = []
    for frame in frames { tables.formUnion(Self.tables(of: frame.name, in: folder)) }
    self.tables = tables
    place = Place(folder)
    problems =
      unfinished.map { name in
        Problem(subject: .series(path: path), cause: .unreadable(.noManifest(capture: name)))
      }
      + zip(frames, frames.dropFirst()).filter {
        $1.time.nanosecondsSince1970 < $0.time.nanosecondsSince1970
      }.map { before, after in
        Problem(
          subject: .series(path: path),
          cause: .malformed(.capturesOutOfOrder(before: before.name, after: after.name)))
      }
  }

  /// The tables that a capture has.
  private static func tables(of name: String, in folder: borrowing RootFolder) -> Set<ProcNetTable> {
    var found: Set<ProcNetTable> = []
    for table in ProcNetTable.allCases where (try? folder.openFileBeneath("\(name)/net/\(table.rawValue)")) != nil {
      found.insert(table)
    }
    return found
  }

  private static func manifest(of name: String, in folder: borrowing RootFolder) -> CaptureManifest? {
    guard let file = try? folder.openFileBeneath(name + "/manifest") else { return nil }
    var bytes: [UInt8] = []
    guard (try? file.readAll(into: &bytes, limit: CaptureManifest.longest, firstRead: 4096)) != nil else { return nil }
    var problems: [Problem] = []
    return CaptureManifest(parsing: bytes.span, problems: &problems)
  }

  /// The tree of one of the captures.
  public func root(at index: Int) throws(InspectionError) -> ProcRoot {
    let name = frames[index].name
    let root: ProcRoot
    do throws(SystemError) {
      root = .tree(try place.folder.openBeneath(name), path: "\(path)/\(name)")
    } catch {
      throw .unreadable(root: "\(path)/\(name)", error)
    }
    return try root.selecting(namespaces)
  }

  /// Reads one of the captures. A table that it lacks and others have is a problem: the absence of
  /// its sockets does not mean that they ended.
  public func snapshot(at index: Int, _ request: InspectionRequest) throws(InspectionError) -> Snapshot {
    let root = try root(at: index)
    var snapshot: Snapshot
    do throws(InspectionError) {
      snapshot = try Inspector(root: root).snapshot(request)
    } catch {
      guard case .noTables = error, !tables.isEmpty else { throw error }
      snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
      snapshot.meta.time = frames[index].time
    }
    // What none of the captures has never existed.
    snapshot.problems.removeAll { $0.kind == .missing && !$0.transports.isEmpty }
    for table in tables.sorted(by: { $0.rawValue < $1.rawValue }) where request.transports.contains(table.transport) {
      guard (try? root.openTable(table.rawValue)) == nil else { continue }
      snapshot.problems.append(
        Problem(subject: table.subject, cause: .missing(.captured(name: frames[index].name))))
    }
    return snapshot
  }
}
