import SocketModel
internal import Text

extension Redaction {
  /// Control groups with substitutes for their paths, and for the names of units, containers, pods
  /// and other workloads. Kinds and the suffixes of units stay; so does `init.scope`, which every
  /// machine has.
  package mutating func controlGroups(_ groups: CapturedControlGroups) -> CapturedControlGroups {
    var output = CapturedControlGroups()
    for group in groups.groups {
      let workload = group.workload.map { self.workload($0) }
      output.groups.append(
        CapturedControlGroups.Group(id: group.id, path: controlGroupPath(group.path), workload: workload))
    }
    return output
  }

  /// The substitute of a path, such as `/cgroup3`; the root of the hierarchy is not a secret.
  mutating func controlGroupPath(_ path: [UInt8]) -> [UInt8] {
    path.count == 1 ? [ASCII.slash] : [ASCII.slash] + text(.cgroup, path)
  }

  private mutating func workload(_ original: Workload) -> Workload {
    if original.isInit { return original }
    let unit = original.unit.map { self.unit($0) }
    let container = original.container.map { text(.container, $0) }
    let pod = original.pod.map { text(.pod, $0) }
    let name: [UInt8]
    switch original.kind {
    case .unit: name = unit ?? text(.workload, original.name)
    case .docker, .podman, .containerd, .crio, .container, .lxc: name = container ?? text(.workload, original.name)
    case .pod: name = (pod ?? text(.pod, original.name)) + (container.map { [ASCII.slash] + $0 } ?? [])
    case .machine, .flatpak, .snap: name = text(.workload, original.name)
    case .user:
      let digits = original.name.prefix { ASCII.digits.contains($0) }
      let user = UInt32(String(decoding: digits, as: UTF8.self)).map { "\(self.user($0))" } ?? "-"
      name = Array(user.utf8) + [ASCII.slash] + (unit ?? text(.workload, original.name))
    }
    return Workload(original.kind, name: name, unit: unit, container: container, pod: pod)
  }

  /// The substitute of a unit's name, with its suffix.
  private mutating func unit(_ name: [UInt8]) -> [UInt8] {
    let dot = name.lastIndex(of: UInt8(ascii: ".")) ?? name.endIndex
    let suffix = Array(name[dot...])
    let isKnown = [".service", ".scope", ".slice", ".socket", ".mount", ".swap"].contains {
      $0.utf8.elementsEqual(suffix)
    }
    return text(.unit, name) + (isKnown ? suffix : [])
  }
}
