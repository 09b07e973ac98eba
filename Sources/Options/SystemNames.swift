import Inspection
import LinuxSystem
package import Query
import SocketModel

extension NameTables {
  /// This machine's names. The files are read when a name is first looked up.
  package static var system: NameTables {
    var names = NameTables()
    names.areComplete = true
    names.servicePorts = { name in
      ServiceNames.system.entries(named: name).map { entry in
        ServicePort(port: entry.port, transport: Transport.allCases.first { $0.name == entry.transport })
      }
    }
    names.serviceNames = { ServiceNames.system.entries.map(\.name) }
    names.userID = { userID($0) }
    names.userNames = { Users.knownNames() }
    names.interfaceIndex = { Interfaces.index(of: $0) }
    names.interfaceNames = { interfaceNames() }
    names.namespaces = { knownNamespaces }
    let usual = names.ephemeralPorts
    names.ephemeralPorts = { ProcRoot.liveSettings(.ephemeralPorts).ephemeralPorts ?? usual() }
    return names
  }

  private static let userIDs = Locked<[String: UInt32?]>([:])

  /// Looks each name up only once: a word of a query is needed where it is parsed and where it is
  /// mentioned, and a server may have to answer.
  private static func userID(_ name: String) -> UInt32? {
    if let known = userIDs.withLock({ $0[name] }) { return known }
    let found = Users.uid(named: name)
    userIDs.withLock { _ = $0.updateValue(found, forKey: name) }
    return found
  }

  /// The network namespaces with a name, found once.
  private static let knownNamespaces: [(name: String, number: UInt32)] = {
    guard let root = try? ProcRoot.live() else { return [] }
    return NamespaceCatalog(root: root).listed(in: root).compactMap { namespace in
      namespace.name.map { (String(decoding: $0, as: UTF8.self), namespace.id.inode) }
    }
  }()

  private static func interfaceNames() -> [String] {
    guard let folder = try? Descriptor.open("/sys/class/net", for: .directory) else { return [] }
    var reader = DirectoryReader(folder)
    var names: [String] = []
    while let name = try? reader.nextName() { names.append(String(decoding: name, as: UTF8.self)) }
    return names
  }
}
