/// What a control group stands for: the systemd unit, container, pod or application whose processes
/// are in it.
///
/// Names are bytes that the maker of the control group or the container chose; they must be escaped
/// before they are shown.
public struct Workload: Sendable, Hashable {
  /// What kind of workload it is. The raw value is the word before the colon of its ``text``.
  public enum Kind: String, CaseIterable, Sendable, Hashable {
    /// A systemd unit of the machine: a service, scope or slice.
    case unit
    /// A container of Docker.
    case docker
    /// A container of Podman.
    case podman
    /// A container of containerd that belongs to no pod.
    case containerd
    /// A container of CRI-O that belongs to no pod.
    case crio
    /// A container of a runtime that its control group does not name.
    case container
    /// A pod of Kubernetes, or a container in one.
    case pod
    /// A container of LXC, LXD or Incus.
    case lxc
    /// A virtual machine or container that is registered with systemd-machined.
    case machine
    /// A Flatpak application.
    case flatpak
    /// A snap.
    case snap
    /// A unit of a user's own systemd, or a user's session.
    case user
  }

  /// What kind of workload it is.
  public let kind: Kind
  /// Its name, such as `nginx.service`, `web`, `shop/cart-7c9f/api` or `1000/app.slice/X`. For a
  /// container whose name is not known, the first 12 digits of its id; for such a pod, its uid.
  public let name: [UInt8]
  /// Kind and name, such as `docker:web`.
  public let text: [UInt8]
  /// The innermost systemd unit of the control group; `nil` when it is in none.
  public let unit: [UInt8]?
  /// The name of the container, or the first 12 digits of its id; `nil` when it is in none.
  public let container: [UInt8]?
  /// The pod as `NAMESPACE/NAME`, or its uid; `nil` when it is in none.
  public let pod: [UInt8]?

  /// Makes a workload from its parts.
  public init(
    _ kind: Kind, name: [UInt8], unit: [UInt8]? = nil, container: [UInt8]? = nil, pod: [UInt8]? = nil
  ) {
    self.kind = kind
    self.name = name
    self.unit = unit
    self.container = container
    self.pod = pod
    text = Array(kind.rawValue.utf8) + [UInt8(ascii: ":")] + name
  }

  /// The short text, without the kind of the most frequent workloads: a unit's
  /// name, whose suffix says what it is, and the ``text`` of all others.
  package var label: [UInt8] { kind == .unit ? name : text }

  /// Whether it is systemd itself, which makes the sockets of socket units and hands them on to
  /// their services.
  package var isInit: Bool { kind == .unit && name.elementsEqual("init.scope".utf8) }
}

/// A part of a ``Workload`` that a field shows.
package enum WorkloadPart: Sendable, Hashable {
  /// Kind and name.
  case text
  /// The systemd unit.
  case unit
  /// The container.
  case container
  /// The pod.
  case pod
}

extension Workload {
  /// A part of it; `nil` when it has none.
  package func part(_ part: WorkloadPart) -> [UInt8]? {
    switch part {
    case .text: text
    case .unit: unit
    case .container: container
    case .pod: pod
    }
  }
}

extension Snapshot {
  /// The workload of the socket in a row, as far as it is known and was asked for.
  ///
  /// It is the one whose control group the socket was made in or, where the kernel does not report
  /// that, that of the first owner with one. A socket that systemd made for a service belongs to
  /// the workload of its owner too. When workloads were not asked for, only sockets without a known
  /// owner have one.
  ///
  /// It is no ``Owner``: which process has the socket now is not known by it. So counts and queries
  /// by process, problems and exit statuses treat the owner as unknown.
  public func workload(at row: Int) -> Workload? {
    let id = records[row].cgroup
    let maker = id == 0 || workloads.isEmpty ? nil : workloads[id]
    guard hasAllWorkloads else { return maker != nil && lacksOwner(at: row) ? maker : nil }
    if let maker, !maker.isInit { return maker }
    for owner in ownerRange(at: row) {
      guard let process = owners[owner].processIndex else { continue }
      if let workload = processes[Int(process)].workload { return workload }
    }
    return maker
  }
}
