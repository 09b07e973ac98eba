import Diagnosis
import Lesson
import LinuxSystem
import SocketModel
import Text

/// Measured numbers in words.
enum EvidenceWords {
  /// All numbers of a finding, in one line.
  static func line(_ evidence: [Evidence], in language: Language) -> String {
    evidence.map { "\(label($0.name, in: language)) \(value($0))" }.joined(separator: ", ")
  }

  /// A number with its unit.
  static func value(_ evidence: Evidence) -> String {
    let number = evidence.value
    switch evidence.unit {
    case .count, .port: return "\(number)"
    case .milliseconds: return time(number)
    case .bytes: return "\(number) B"
    case .percent: return "\(number) %"
    case .pages: return number == .max ? "-" : "\(number)"
    }
  }

  /// A time span in a unit that suits it: `12 ms`, `3.5 s`, `4 min`, `2 h`.
  static func time(_ milliseconds: UInt64) -> String {
    switch milliseconds {
    case ..<1000: return "\(milliseconds) ms"
    case ..<120_000:
      let tenths = milliseconds / 100
      return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    case ..<7_200_000: return "\(milliseconds / 60_000) min"
    case ..<172_800_000: return "\(milliseconds / 3_600_000) h"
    default: return "\(milliseconds / 86_400_000) d"
    }
  }

  /// What a number is.
  static func label(_ name: Evidence.Name, in language: Language) -> String {
    switch name {
    case .waiting: language("waiting", "esperan")
    case .limit: language("limit", "límite")
    case .somaxconn: "somaxconn"
    case .drops: language("dropped", "descartadas")
    case .sockets: language("sockets", "sockets")
    case .older: language("older than the threshold", "más viejas que el umbral")
    case .reserved: language("reserved", "reservados")
    case .bound: language("held by bind()", "tomados con bind()")
    case .used: language("used", "usados")
    case .usable: language("usable", "utilizables")
    case .probes: language("probes", "sondeos")
    case .pages: language("pages", "páginas")
    case .files: language("files", "archivos")
    case .flags: language("descriptor flags", "banderas del descriptor")
    case .oldest: language("oldest", "la más vieja")
    case .median: language("median", "mediana")
    case .youngest: language("youngest", "la más joven")
    case .age: language("for at least", "desde hace al menos")
    case .thresholdTime, .thresholdPercent, .thresholdCount: language("threshold", "umbral")
    case .share: language("share", "parte")
    case .listenOverflows: "ListenOverflows"
    case .listenDrops: "ListenDrops"
    case .synReceived: "SYN_RECV"
    case .fullQueueCookies: "TCPReqQFullDoCookies"
    case .fullQueueDrops: "TCPReqQFullDrop"
    case .cookiesSent: "SyncookiesSent"
    case .unreadSockets: language("with unread bytes", "con bytes sin leer")
    case .unreadBytes: language("unread", "sin leer")
    case .abortsOnMemory: "TCPAbortOnMemory"
    case .overflows: "TCPTimeWaitOverflow"
    case .ofPeer: language("of one peer", "de un mismo extremo")
    case .timeWaitPorts: language("in TIME_WAIT", "en TIME_WAIT")
    case .reusablePorts: language("of these usable again", "de ellos, reutilizables")
    case .firstPort: language("from port", "desde el puerto")
    case .lastPort: language("to port", "hasta el puerto")
    case .queueBytes: language("receive queue", "cola de recepción")
    case .bufferBytes: language("receive buffer", "búfer de recepción")
    case .bufferLimit: "rmem_max"
    case .bufferErrors: "RcvbufErrors"
    case .sendQueueBytes: language("send queue", "cola de envío")
    case .window: language("window of the peer", "ventana del otro extremo")
    case .peerQueueBytes: language("unread at the other end", "sin leer en el otro extremo")
    case .limited: language("limited", "limitada")
    case .busy: language("of", "de")
    case .sentBytes, .sent: language("sent", "enviados")
    case .retransmittedBytes, .retransmitted: language("sent again", "reenviados")
    case .inRow: language("repeated in a row", "repeticiones seguidas")
    case .timeouts: language("timeouts", "plazos vencidos")
    case .pressurePages: language("pressure from", "presión desde")
    case .limitPages: language("limit", "límite")
    case .pressures: "TCPMemoryPressures"
    case .pruned: "PruneCalled"
    case .queueDrops: "TCPRcvQDrop"
    case .otherBytes: language("in the queues of that process", "en las colas de ese proceso")
    case .insertFailed: "insert_failed"
    case .earlyDrops: "early_drop"
    case .idle: language("silent for", "callada desde hace")
    }
  }
}

extension SkippedCheck.Reason {
  /// Why a check was not made, after its name.
  func words(in language: Language) -> String {
    switch self {
    case .needsRoot:
      Users.effectiveUID == 0
        ? language("not even root may read all processes here", "aquí ni root puede leer todos los procesos")
        : language("needs root", "requiere root")
    case .needsLiveKernel:
      language("only the running kernel can be asked", "solo se puede preguntar al kernel en marcha")
    case .noProc: language("there is no /proc here", "aquí no hay /proc")
    case .noProcesses: language("there are no processes to read", "no hay procesos que leer")
    case .settings(let sysctls):
      language("not readable here: ", "no se puede leer aquí: ") + sysctls.map(\.name).joined(separator: ", ")
    case .counters(let names):
      language("counters missing: ", "faltan contadores: ") + names.joined(separator: ", ")
    case .socketCounts: language("net/sockstat is missing", "falta net/sockstat")
    case .details:
      language("/proc/net has no ages and limits", "/proc/net no tiene edades ni límites")
    case .notReported:
      language(
        "numbers of descriptors are not reported (Linux 6.2)", "no se informa del número de descriptores (Linux 6.2)")
    case .absent: language("nothing tracks connections here", "aquí nada sigue las conexiones")
    case .leftOut:
      language("not repeated: sockinspect doctor", "no se repite: sockinspect doctor")
    case .sockets(let transports):
      language("not read: ", "no se leyó: ") + transports.map(\.name).joined(separator: ", ")
    }
  }

  /// A word for programs.
  var name: String {
    switch self {
    case .needsRoot: "needs_root"
    case .needsLiveKernel: "needs_live_kernel"
    case .noProc: "no_proc"
    case .noProcesses: "no_processes"
    case .settings: "settings"
    case .counters: "counters"
    case .socketCounts: "socket_counts"
    case .details: "no_details"
    case .notReported: "not_reported"
    case .absent: "absent"
    case .leftOut: "left_out"
    case .sockets: "sockets"
    }
  }
}
