import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

// What names are given on the machine, and its other network namespaces.
extension CaptureWork {
  /// Writes what the control groups of sockets and processes stand for: to another machine, and to
  /// who may not read the files of container engines, that is not known.
  mutating func copyControlGroups() throws(SystemError) {
    var search = WorkloadSearch(root)
    let groups = search.captured(ids: groupIDs, paths: groupPaths)
    if groups.groups.isEmpty { return }
    try write(CapturedControlGroups.fileName, (redaction?.controlGroups(groups) ?? groups).encoded())
  }

  /// Writes the names of interfaces, which messages of sock_diag have the numbers of.
  mutating func copyInterfaces() throws(SystemError) {
    // A process's folder may be of another network namespace than this process.
    if root.shape == .live, !root.isOwnKernel { return }
    try write(root.shape == .tree ? root.capturedInterfaces : Interfaces.names, in: "")
  }

  private mutating func write(_ interfaces: [UInt32: [UInt8]], in place: String) throws(SystemError) {
    if interfaces.isEmpty { return }
    let names = redaction?.interfaces(interfaces) ?? interfaces
    try write(place + CapturedInterfaces.fileName, CapturedInterfaces.encoded(names))
  }

  /// Copies the tables and dumps of the other network namespaces, each into a folder of its own.
  mutating func copyNamespaces() throws(SystemError) {
    let copies = NamespaceCopies(root: root, isRedacting: redaction != nil)
    try makeFolder(String(ProcRoot.namespaceFolder.dropLast()))
    if let own = copies.own { namespaces.append(own) }
    for namespace in copies.namespaces {
      let copy: NamespaceCopies.Copy
      switch copies.copy(namespace) {
      case .success(let found?): copy = found
      case .success(nil): continue
      case .failure(let error):
        note(.other("\(ProcRoot.namespaceFolder)\(namespace.id)"), error)
        continue
      }
      namespaces.append(namespace)
      let own = "\(ProcRoot.namespaceFolder)\(namespace.id)/"
      try makeFolders(around: own + "net/")
      for (name, bytes) in copy.counts where redaction == nil || CounterTables.holdsOnlyCounters(bytes) {
        try write(own + "net/" + name, bytes)
      }
      for (table, bytes) in copy.tables {
        report.tables += 1
        try write("\(own)net/\(table.rawValue)", redaction?.table(table, bytes.span).bytes ?? bytes)
      }
      try write(copy.interfaces, in: own)
      for (dump, bytes) in copy.dumps {
        try write(bytes, of: dump, in: own + RecordedDump.folder)
      }
    }
  }
}
