package import KernelFormats
package import LinuxSystem
package import SocketModel

/// Reads what a capture keeps of the other network namespaces: of the running kernel, or of a
/// captured tree that is copied.
package struct NamespaceCopies: Sendable {
  /// What was read in one namespace.
  package struct Copy: Sendable {
    /// The tables `sockstat` and `sockstat6`, by their names.
    package var counts: [(name: String, bytes: [UInt8])] = []
    /// The tables that have rows, by those counts.
    package var tables: [(table: ProcNetTable, bytes: [UInt8])] = []
    /// The names of interfaces; empty when they could not be asked for.
    package var interfaces: [UInt32: [UInt8]] = [:]
    /// The recorded dumps.
    package var dumps: [(dump: SockDiagDump, bytes: [UInt8])] = []
  }

  /// The other namespaces.
  package let namespaces: [ListedNamespace]
  /// The namespace of the root's own tables; `nil` when it is not known.
  package let own: ListedNamespace?
  private let root: ProcRoot
  private let entries: [NetworkNamespaceID: NamespaceCatalog.Entry]
  private let isRedacting: Bool

  /// The most bytes of a table or dump.
  private static let longest = 1 << 30

  /// Finds the namespaces.
  ///
  /// - Parameters:
  ///   - root: what is captured.
  ///   - isRedacting: whether only dumps are read that redaction covers.
  package init(root: ProcRoot, isRedacting: Bool) {
    self.root = root
    self.isRedacting = isRedacting
    if root.shape == .tree {
      let own = root.manifest?.netns
      let all = root.manifest?.namespaces ?? []
      namespaces = all.filter { $0.id != own }
      self.own = all.first { $0.id == own }
      entries = [:]
    } else {
      var catalog = NamespaceCatalog(root: root)
      catalog.addHeld(in: root)
      let own = root.ownNamespace
      let all = catalog.listed(in: root)
      namespaces = all.filter { $0.id != own }
      self.own = all.first { $0.id == own }
      entries = Dictionary(catalog.entries.map { ($0.id, $0) }) { first, _ in first }
    }
  }

  /// Reads a namespace; `nil` when it has ended.
  package func copy(_ namespace: ListedNamespace) -> Result<Copy?, SystemError> {
    // The namespace is entered by a thread that does nothing else.
    onThreadOfItsOwn { Result { () throws(SystemError) in try read(namespace) } }
      ?? .failure(SystemError("pthread_create", code: SystemError.tryAgain))
  }

  private func read(_ namespace: ListedNamespace) throws(SystemError) -> Copy? {
    if root.shape == .tree {
      let captured = try root.captured(namespace.id)
      var copy = try read(captured, asksKernel: false)
      copy.interfaces = captured.capturedInterfaces
      return copy
    }
    guard let entry = entries[namespace.id] else { return nil }
    if Capability.sysAdmin.isHeld {
      do throws(SystemError) {
        guard try entry.enter(from: root) else { return nil }
        var copy = try read(root, asksKernel: true)
        copy.interfaces = Interfaces.names
        return copy
      } catch {
        guard error.isForbidden, !entry.processes.isEmpty else { throw error }
      }
    }
    var failure = SystemError("setns", "\(namespace.id)", code: SystemError.notPermitted)
    for pid in entry.processes {
      do throws(SystemError) {
        return try read(try root.process(pid), asksKernel: false)
      } catch {
        failure = error
      }
    }
    if failure.isGone { return nil }
    throw failure
  }

  private func read(_ root: ProcRoot, asksKernel: Bool) throws(SystemError) -> Copy {
    var copy = Copy()
    var counts = SocketCounts()
    for name in ["sockstat", "sockstat6"] {
      guard let bytes = try? root.readTable(name, limit: 4096) else { continue }
      counts.read(bytes.span)
      copy.counts.append((name, bytes))
    }
    for table in ProcNetTable.allCases where counts.mayFill(table) {
      do throws(SystemError) {
        copy.tables.append((table, try root.readTable(table.rawValue, limit: Self.longest)))
      } catch {
        if !error.isGone { throw error }
      }
    }
    for dump in Transport.allCases.flatMap({ SockDiagDump.all(of: $0, families: [.ipv4, .ipv6]) }) {
      let isCovered = !isRedacting || Redaction.coversDump(of: dump.transport)
      guard counts.mayHaveAny(dump.transport), isCovered else { continue }
      let bytes: [UInt8]?
      if asksKernel {
        bytes = try SockDiagRecording.messages(of: dump)
      } else {
        bytes = try root.recordedMessages(of: dump)
      }
      if let bytes { copy.dumps.append((dump, bytes)) }
    }
    return copy
  }
}
