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
    let language = narration.language
    if let trouble = DemoTrouble(error, at: place.address, in: language) { return trouble }
    guard case .call(.bind, _) = failure else {
      return DemoTrouble(language("the server cannot start: \(error)", "el servidor no puede arrancar: \(error)"))
    }
    if transport == .unix { return unixTrouble(error, place.address) }
    if place.address.isIPv6, error.name == "EINVAL", let end = place.address.endpoint {
      return DemoTrouble(
        language(
          "\(end.address) cannot be listened on (\(error))", "no se puede escuchar en \(end.address) (\(error))"),
        [DemoTrouble.linkLocalNeedsInterface(in: language)])
    }
    let shown = place.address.shown(in: language)
    return DemoTrouble(language("cannot listen on \(shown) (\(error))", "no se puede escuchar en \(shown) (\(error))"))
  }

  private func unixTrouble(_ error: SystemError, _ address: SocketAddress) -> DemoTrouble {
    let language = narration.language
    let shown = address.shown(in: language)
    let what = language("\(shown) cannot be made (\(error))", "no se puede crear \(shown) (\(error))")
    switch error.name {
    case "ENOENT", "ENOTDIR":
      return DemoTrouble(
        what,
        [
          language(
            "its folder is not there: make that first, or type a path in one that is",
            "su carpeta no existe: créala antes, o escribe una ruta en una que exista")
        ])
    case "EACCES", "EPERM", "EROFS":
      return DemoTrouble(
        what,
        [
          language(
            "type a path in a folder that you may write to", "escribe una ruta en una carpeta en la que puedas escribir"
          )
        ])
    case "EINVAL", "ENAMETOOLONG":
      return DemoTrouble(
        what,
        [
          language(
            "a path has at most 107 bytes: type a shorter one",
            "una ruta tiene como mucho 107 bytes: escribe otra más corta")
        ])
    default: return DemoTrouble(what)
    }
  }
}
