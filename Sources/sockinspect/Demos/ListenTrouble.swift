import Lesson
import LinuxSystem
import SocketModel

extension ServerPlan {
  /// The transport of its socket.
  var transport: Transport { place.transport(isDatagram: isDatagram) }

  /// Whether the server could not start because another socket has the address.
  func isTaken(_ failure: DemoFailure) -> Bool {
    guard case .call(let call, let error) = failure else { return false }
    return (call.name == "bind" || call.name == "listen") && error.isAddressTaken
  }

  /// The other reasons why the server could not start, and what can be done.
  func trouble(_ failure: DemoFailure, _ error: SystemError, at place: ServerPlace) -> DemoTrouble {
    if let trouble = DemoTrouble(error, at: place.address) { return trouble }
    guard case .call(.bind, _) = failure else { return DemoTrouble("the server cannot start: \(error)") }
    if transport == .unix { return unixTrouble(error, place.address) }
    if place.address.isIPv6, error.name == "EINVAL", let end = place.address.endpoint {
      return DemoTrouble(
        "\(end.address) cannot be listened on (\(error))",
        ["an address that begins with fe80: needs its interface, as in fe80::1%eth0"])
    }
    return DemoTrouble("cannot listen on \(place.address.shown) (\(error))")
  }

  private func unixTrouble(_ error: SystemError, _ address: SocketAddress) -> DemoTrouble {
    let what = "\(address.shown) cannot be made (\(error))"
    switch error.name {
    case "ENOENT", "ENOTDIR":
      return DemoTrouble(what, ["its folder is not there: make that first, or type a path in one that is"])
    case "EACCES", "EPERM", "EROFS": return DemoTrouble(what, ["type a path in a folder that you may write to"])
    case "EINVAL", "ENAMETOOLONG": return DemoTrouble(what, ["a path has at most 107 bytes: type a shorter one"])
    default: return DemoTrouble(what)
    }
  }
}
