internal import Rendering
internal import SocketModel

// Names for addresses and ports. They come from outside, so each is asked for once, and the view
// goes on meanwhile.
extension LiveModel {
  /// The names to show instead of numbers, as far as they are known and wanted.
  var names: ShownNames {
    var names = ShownNames(hosts: showsHosts ? knownNames.hosts : [:])
    guard showsServices else { return names }
    names.tcpServices = knownNames.tcpServices
    names.udpServices = knownNames.udpServices
    return names
  }

  mutating func toggleHosts() -> [LiveEffect] {
    showsHosts.toggle()
    widths = nil
    say(showsHosts ? "addresses are shown by name, as names are found" : "addresses are shown as numbers")
    return nameEffects()
  }

  mutating func toggleServices() -> [LiveEffect] {
    showsServices.toggle()
    widths = nil
    say(showsServices ? "ports are shown by the name of their service" : "ports are shown as numbers")
    return showsServices && knownNames.tcpServices.isEmpty ? [.lookUpLocalNames([])] : []
  }

  /// Asks for the names of the ends of a socket that no name server is needed for. Captures may be of
  /// another machine, whose hosts(5) is not known.
  func localNameEffects(of socket: TrackedSocket) -> [LiveEffect] {
    guard socket.record.transport.isInternet else { return [] }
    return [.lookUpLocalNames(settings.isReplay ? [] : [socket.record])]
  }

  /// Whether details are shown of a socket whose addresses were not looked up.
  var lacksNames: Bool {
    guard case .detail(let detail) = panel else { return false }
    return !showsHosts && detail.seen.record.transport.isInternet
  }

  /// Asks for the names of visible addresses that were not asked for.
  mutating func nameEffects() -> [LiveEffect] {
    guard showsHosts else { return [] }
    var ids = visible
    if case .detail(let detail) = panel { ids = [detail.socket] }
    var new: [SocketRecord] = []
    for record in ids.compactMap({ sockets[$0]?.record }) {
      var isNew = false
      for case let end? in [record.local, record.remote] where !end.address.isUnspecified {
        if askedAddresses.insert(end.address).inserted { isNew = true }
      }
      if isNew { new.append(record) }
    }
    return new.isEmpty ? [] : [.lookUpHosts(new)]
  }

  /// Takes names that were found.
  mutating func take(_ found: ShownNames) {
    knownNames.hosts.merge(found.hosts) { $1 }
    if !found.tcpServices.isEmpty { knownNames.tcpServices = found.tcpServices }
    if !found.udpServices.isEmpty { knownNames.udpServices = found.udpServices }
    widths = nil
  }
}
