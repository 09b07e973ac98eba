package import LinuxSystem

/// The lesson's server, for many clients at once.
package enum DemoServer {
  /// The limit of descriptors that it requests: one per client.
  private static let wantedDescriptors = 65536

  /// Serves until it has had its clients, its time is over, or a signal arrives.
  ///
  /// - Parameters:
  ///   - place: where it can be reached.
  ///   - settings: how it behaves.
  ///   - observer: the observer of its calls.
  ///   - watch: the signals that end it, including a closed standard output.
  /// - Throws: ``DemoFailure`` when the address cannot be bound, or the system fails. A failure of
  ///   one client ends only that client.
  package static func run(
    at place: ServerPlace, _ settings: ServerSettings, before observer: (any CallObserver)?, until watch: SignalWatch
  ) throws(DemoFailure) -> ServerAccount {
    OpenFileLimit.raise(to: wantedDescriptors)
    let calls = Calls(observer: observer)
    let socket = try ServerSocket(at: place, settings, calls)
    observer?.notes(.serving(socket.address))
    if place.isReachable(at: socket.address) { observer?.notes(.reachable(socket.address)) }
    observer?.prints(.listening)
    var account = ServerAccount(address: socket.address, isDatagram: place.isDatagram)
    do throws(DemoFailure) {
      if place.isDatagram {
        try serveDatagrams(socket, place, settings, calls, watch, &account)
      } else {
        try serveConnections(socket, place, settings, calls, watch, &account)
      }
    } catch {
      socket.close(calls)
      throw error
    }
    socket.close(calls)
    return account
  }

  private static func serveConnections(
    _ socket: borrowing ServerSocket, _ place: ServerPlace, _ settings: ServerSettings, _ calls: Calls,
    _ watch: SignalWatch, _ account: inout ServerAccount
  ) throws(DemoFailure) {
    let server = try made(place) { () throws(SystemError) in try StreamServer(settings, calls, watch, account) }
    var failure: DemoFailure?
    do throws(DemoFailure) { server.account.end = try server.run(socket.descriptor) } catch { failure = error }
    server.closeAll()
    account = server.account
    if let failure, failure != .interrupted { throw failure }
  }

  private static func serveDatagrams(
    _ socket: borrowing ServerSocket, _ place: ServerPlace, _ settings: ServerSettings, _ calls: Calls,
    _ watch: SignalWatch, _ account: inout ServerAccount
  ) throws(DemoFailure) {
    let server = try made(place) { () throws(SystemError) in try DatagramServer(settings, calls, watch, account) }
    var failure: DemoFailure?
    do throws(DemoFailure) { server.account.end = try server.run(socket.descriptor) } catch { failure = error }
    server.finish()
    account = server.account
    if let failure, failure != .interrupted { throw failure }
  }

  private static func made<Server>(
    _ place: ServerPlace, _ body: () throws(SystemError) -> Server
  ) throws(DemoFailure) -> Server {
    do throws(SystemError) { return try body() } catch { throw .call(.socket(place.kind), error) }
  }
}
