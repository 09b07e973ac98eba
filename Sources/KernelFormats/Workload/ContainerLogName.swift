internal import Text

/// The name of a link in `/var/log/containers`, by which log collectors find out whose log
/// it is: `POD_NAMESPACE_CONTAINER-ID.log` (`LogSymlink`, `pkg/kubelet/kuberuntime`).
package struct ContainerLogName: Sendable, Hashable {
  /// The id of the container: 64 hexadecimal digits.
  package let id: [UInt8]
  /// The pod as `NAMESPACE/NAME`.
  package let pod: [UInt8]
  /// The name of the container in the pod.
  package let container: [UInt8]

  /// Parses a name; `nil` when it has another form. None of the parts can contain `_`.
  package init?(parsing name: [UInt8]) {
    guard let stem = name[...].dropping(suffix: ".log") else { return nil }
    let parts = stem.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }),
      let dash = parts[2].lastIndex(of: ASCII.hyphen), dash > parts[2].startIndex
    else { return nil }
    id = Array(parts[2][(dash + 1)...])
    pod = Array(parts[1]) + [ASCII.slash] + parts[0]
    container = Array(parts[2][..<dash])
    guard id.count == 64 else { return nil }
  }
}

/// The name of a folder in `/var/log/pods`: `NAMESPACE_POD_UID` (`BuildPodLogsDirectory`,
/// `pkg/kubelet/kuberuntime`).
package struct PodLogFolder: Sendable, Hashable {
  /// The uid of the pod, or the hash of a static pod's manifest.
  package let uid: [UInt8]
  /// The pod as `NAMESPACE/NAME`.
  package let pod: [UInt8]

  /// Parses a name; `nil` when it has another form.
  package init?(parsing name: [UInt8]) {
    let parts = name.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    uid = Array(parts[2])
    pod = Array(parts[0]) + [ASCII.slash] + parts[1]
  }
}
