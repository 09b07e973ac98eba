import CLinux
import Glibc

/// The folder of tracefs, where the kernel describes its tracepoints.
package enum TraceFolder {
  /// The folders where it is usually mounted.
  private static let places = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

  /// Opens the folder where it is mounted, or otherwise a private mount that ends with the
  /// descriptor.
  ///
  /// The mount needs CAP_SYS_ADMIN and Linux 5.2.
  package static func open() throws(SystemError) -> Descriptor {
    var refusal: SystemError?
    for place in places {
      do throws(SystemError) {
        let folder = try Descriptor.open(place, for: .directory)
        // When nothing is mounted on it, the folder exists but is empty.
        _ = try Descriptor.open("events", in: folder, for: .directory)
        return folder
      } catch {
        if error.isForbidden { refusal = error }
      }
    }
    let number = unsafe sockinspect_detached_mount("tracefs")
    if number >= 0 { return Descriptor(owning: number) }
    throw refusal ?? SystemError("fsmount", "tracefs")
  }
}
