/// A network namespace in a snapshot: what it is called, and how it is identified.
package struct ListedNamespace: Sendable, Hashable {
  /// The identity that the records of its sockets have.
  package var id: NetworkNamespaceID
  /// Whether the identity is the inode number of the namespace, as in `/proc/PID/ns/net`.
  ///
  /// Who may not ask for that number gets the one of its folder of tables, `/proc/PID/net`. Both
  /// are drawn from one set of numbers (`proc_alloc_inum`, `fs/proc/generic.c`), so that they are
  /// never equal by chance.
  package var hasNumber: Bool
  /// The name: that of a file in `/run/netns`, or the workload of its first process; `nil` for
  /// none.
  package var name: [UInt8]?
  /// The process with the lowest id that is in the namespace; `nil` when none is.
  package var process: Int32?

  package init(id: NetworkNamespaceID, hasNumber: Bool = true, name: [UInt8]? = nil, process: Int32? = nil) {
    self.id = id
    self.hasNumber = hasNumber
    self.name = name
    self.process = process
  }

  /// What a table shows: the name, else the number, else a process that is in it.
  package var label: [UInt8] {
    if let name { return name }
    if !hasNumber, let process { return Array("pid:\(process)".utf8) }
    return Array("\(id)".utf8)
  }
}

/// An interface of a network namespace other than the one of the snapshot.
package struct InterfaceElsewhere: Sendable, Hashable {
  package let namespace: NetworkNamespaceID
  /// The index of the interface in that namespace.
  package let index: UInt32

  package init(namespace: NetworkNamespaceID, index: UInt32) {
    self.namespace = namespace
    self.index = index
  }
}

extension Snapshot {
  /// The names of the namespaces that have one, by their numbers.
  package var namespaceNames: [UInt32: [UInt8]] {
    var names: [UInt32: [UInt8]] = [:]
    for namespace in namespaces where names[namespace.id.inode] == nil { names[namespace.id.inode] = namespace.label }
    return names
  }

  /// The name of the interface that a socket is bound to; `nil` when it is not known.
  package func interfaceName(of record: SocketRecord) -> [UInt8]? {
    if let namespace = record.networkNamespace, let own = meta.netns, namespace != own {
      return interfaceNamesElsewhere[InterfaceElsewhere(namespace: namespace, index: record.interface)]
    }
    return interfaceNames[record.interface]
  }
}
