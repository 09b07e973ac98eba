import SocketModel

/// Why a socket has no row in the kernel's table.
enum RowAbsence: Sendable, Hashable, CaseIterable {
  /// `socket(2)` is still to be called.
  case noSocket
  /// A client that waits to be accepted at a unix socket is not listed.
  case unlistedWaiting
  /// It existed only between two looks.
  case cameBetween
  /// It was closed, and nothing is known about it.
  case closed
  /// It was closed, and its kind leaves nothing behind.
  case closedForGood
  /// It was closed with a reset.
  case closedByReset
  /// It was a listener, and was closed.
  case closedListener
  /// It was closed with data unread, which resets the connection.
  case closedUnread
  /// It was closed second: the end that closed first keeps TIME_WAIT.
  case closedSecond
  /// It was closed second, unless the connection was reset.
  case closedSecondOrReset
  /// `connect(2)` failed.
  case connectFailed
  /// Its connection has ended, and the socket is still open.
  case connectionOver
  /// It has no port yet.
  case noPort
  /// A new socket of a transport, without a port.
  case newWithoutPort(Transport)
  /// This kernel does not list a TCP socket that is only bound.
  case onlyBound
  /// No table lists it.
  case unlisted

  static let allCases: [RowAbsence] = [
    .noSocket, .unlistedWaiting, .cameBetween, .closed, .closedForGood, .closedByReset, .closedListener, .closedUnread,
    .closedSecond, .closedSecondOrReset, .connectFailed, .connectionOver, .noPort, .newWithoutPort(.tcp), .onlyBound,
    .unlisted,
  ]

  /// The reason, in a few words without a full stop.
  func text(in language: Language) -> String {
    switch self {
    case .noSocket: language("there is no socket yet", "todavía no hay socket")
    case .unlistedWaiting:
      language("sock_diag does not list who waits to be accepted", "sock_diag no lista a quien espera ser aceptado")
    case .cameBetween: language("it came in between", "llegó entre medias")
    case .closed: language("closed", "cerrado")
    case .closedForGood: language("closed, and nothing is left of it", "cerrado, y no queda nada de él")
    case .closedByReset:
      language("closed with a reset, and nothing is left of it", "cerrado con un reset, y no queda nada de él")
    case .closedListener:
      language("closed, and nothing is left of a listener", "cerrado, y de un socket que escuchaba no queda nada")
    case .closedUnread:
      language(
        "closed with data unread, which resets the connection",
        "cerrado con datos sin leer, lo que corta la conexión (RST)")
    case .closedSecond:
      language(
        "closed; the end that closed first keeps TIME_WAIT", "cerrado; TIME_WAIT queda en el extremo que cerró primero")
    case .closedSecondOrReset:
      language(
        "closed; the end that closed first keeps TIME_WAIT, unless it was reset",
        "cerrado; TIME_WAIT queda en el extremo que cerró primero, salvo que hubiera un reset")
    case .connectFailed:
      language("connect() failed: the socket is in no table", "connect() falló: el socket no está en ninguna tabla")
    case .connectionOver:
      language(
        "the connection is over, and its socket in no table until it is closed",
        "la conexión terminó, y su socket no está en ninguna tabla hasta que se cierre")
    case .noPort: language("it has no port yet", "todavía no tiene puerto")
    case .newWithoutPort(let transport):
      language(
        "a \(transport.name.uppercased()) socket without a port is in no table",
        "un socket \(transport.name.uppercased()) sin puerto no está en ninguna tabla")
    case .onlyBound:
      language(
        "this kernel does not list a TCP socket that is only bound",
        "este kernel no lista un socket TCP que solo tiene puerto")
    case .unlisted: language("no table lists it", "ninguna tabla lo lista")
    }
  }
}

/// Why rows are left out for a while, or for good.
enum RowTrouble: Sendable, Hashable {
  /// More sockets are open than rows are looked up for.
  case manyOpen(Int)
  /// More sockets than that are opened per second.
  case manyNew(Int)
  /// A look takes this many milliseconds: there is a pause of this many seconds.
  case slow(milliseconds: Int, pause: Int)
  /// The tables cannot be read, and why.
  case unreadable(String)

  /// One reason of each kind, for messages that are printed once.
  var kind: Int {
    switch self {
    case .manyOpen: 0
    case .manyNew: 1
    case .slow: 2
    case .unreadable: 3
    }
  }

  /// The message, without a full stop.
  func text(in language: Language) -> String {
    switch self {
    case .manyOpen(let count):
      language(
        "more than \(count) sockets are open: rows are left out until there are fewer",
        "hay más de \(count) sockets abiertos: no se muestran filas hasta que haya menos")
    case .manyNew(let count):
      language(
        "more than \(count) sockets are opened a second: rows are left out until there are fewer",
        "se abren más de \(count) sockets por segundo: no se muestran filas hasta que sean menos")
    case .slow(let milliseconds, let pause):
      language(
        "looking up rows takes \(milliseconds) ms here: they are left out for \(pause) s at a time",
        "buscar filas tarda aquí \(milliseconds) ms: se dejan de mostrar durante \(pause) s cada vez")
    case .unreadable(let reason): language("no rows: \(reason)", "sin filas: \(reason)")
    }
  }
}
