import Inspection
import SocketModel

extension InspectionRequest {
  /// Asks for the sockets of a transport that have one of the ports at either end, without their
  /// owners.
  init(_ transport: Transport, atEitherEnd ports: [UInt16]) {
    self.init()
    transports = [transport]
    requiredDetails = []
    filter = .either(ports.flatMap { [.localPort($0...$0), .remotePort($0...$0)] })
  }
}
