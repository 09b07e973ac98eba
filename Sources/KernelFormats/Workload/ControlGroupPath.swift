package import SocketModel
internal import Text

/// The path of a control group, taken apart into what systemd and container runtimes put into it.
///
/// The path is that of `/proc/PID/cgroup` or of a folder of the hierarchy, of version 1 or 2, made
/// through systemd (`docker-ID.scope`) or by the runtime itself (`docker/ID`). In a control group
/// namespace it may begin with `/..`, which changes nothing: the last components decide.
package struct ControlGroupPath: Sendable, Hashable {
  /// The container that the path leads into.
  package struct Container: Sendable, Hashable {
    /// Who made it, as far as the path names it: ``Workload/Kind/container`` where it does not.
    package let runtime: Workload.Kind
    /// Its id: 64 hexadecimal digits.
    package let id: [UInt8]

    package init(runtime: Workload.Kind, id: [UInt8]) {
      self.runtime = runtime
      self.id = id
    }
  }

  /// The innermost container with an id; `nil` when there is none.
  package private(set) var container: Container?
  /// The uid of the pod, with dashes; `nil` when there is none.
  package private(set) var podUID: [UInt8]?
  /// The innermost container, machine or application that the path itself names; `nil` when there
  /// is none, or a container with an id is inside it.
  package private(set) var named: Workload?
  /// The innermost systemd unit.
  package private(set) var unit: [UInt8]?
  /// The user whose units these are, and what is below that user's manager: `1000/app.slice/X`.
  package private(set) var userUnit: [UInt8]?
  /// The number of the user whose slice the path leads through.
  package private(set) var user: UInt32?

  /// Takes a path apart. Any bytes are a path: what is not recognised is left out.
  package init(parsing path: [UInt8]) {
    var path = path[...]
    // The kernel appends this to the path of a group that was removed.
    let deleted = Array(" (deleted)".utf8)
    if path.count > deleted.count, path.suffix(deleted.count).elementsEqual(deleted) { path.removeLast(deleted.count) }
    let parts = path.split(separator: ASCII.slash)
    for index in parts.indices.reversed() {
      let parent = index > 0 ? parts[index - 1] : []
      if container == nil, named == nil { find(parts[index], in: parent) }
      if podUID == nil { podUID = Self.podUID(in: parts[index]) }
      if unit == nil, let name = Self.unit(parts[index]) {
        unit = Array(name)
        findUserUnit(parts[...index])
      }
      if user == nil { user = Self.user(of: parts[index]) }
    }
  }

  /// The workload that the path stands for; `nil` for the root of the hierarchy, and for groups
  /// that neither systemd nor a known runtime made.
  ///
  /// A container counts more than the units inside it, whose names are those of another system.
  package func workload(named names: ContainerNames? = nil) -> Workload? {
    let pod = names?.pod ?? podUID
    if let container {
      let name = names?.container ?? Array(container.id.prefix(Self.shortID))
      guard let pod else {
        return Workload(names?.runtime ?? container.runtime, name: name, unit: unit, container: name)
      }
      return Workload(.pod, name: pod + [ASCII.slash] + name, unit: unit, container: name, pod: pod)
    }
    if let pod { return Workload(.pod, name: pod, unit: unit, pod: pod) }
    if let named {
      return Workload(named.kind, name: named.name, unit: unit, container: named.container)
    }
    if let userUnit { return Workload(.user, name: userUnit, unit: unit) }
    return unit.map { Workload(.unit, name: $0, unit: $0) }
  }

  /// How many digits of a container's id are shown, as by `docker ps`.
  private static let shortID = 12
  /// How many digits the id of a container has.
  private static let idDigits = 64

  // MARK: Containers

  private mutating func find(_ part: ArraySlice<UInt8>, in parent: ArraySlice<UInt8>) {
    if let found = Self.container(part, in: parent) {
      container = found
    } else {
      named = Self.named(part, in: parent)
    }
  }

  /// A container with an id: `[PREFIX-]ID[.scope]`, or `SLICE:PREFIX:ID` where a runtime was given
  /// the name of a unit but no systemd to make it.
  private static func container(_ part: ArraySlice<UInt8>, in parent: ArraySlice<UInt8>) -> Container? {
    let name = part.dropping(suffix: ".scope") ?? part
    guard name.count >= idDigits, name.suffix(idDigits).allSatisfy(isHexadecimal) else { return nil }
    let prefix = name.dropLast(idDigits)
    let id = Array(name.suffix(idDigits))
    guard let last = prefix.last else { return Container(runtime: runtime(of: parent) ?? .container, id: id) }
    guard last == ASCII.hyphen || last == ASCII.colon else { return nil }
    let words = prefix.dropLast()
    let word = words.lastIndex(of: ASCII.colon).map { words[($0 + 1)...] } ?? words
    return Container(runtime: runtime(of: word) ?? .container, id: id)
  }

  /// The runtime that a prefix of a scope, or the folder around its containers, stands for.
  private static func runtime(of word: ArraySlice<UInt8>) -> Workload.Kind? {
    switch String(decoding: word, as: UTF8.self) {
    case "docker": .docker
    // The second is the process that waits for the container, the third a part of a service's own
    // group.
    case "libpod", "libpod-conmon", "libpod-payload", "libpod_parent": .podman
    case "cri-containerd", "nerdctl", "containerd", "k8s.io": .containerd
    case "crio", "crio-conmon": .crio
    default: nil
    }
  }

  /// The uid in the slice of a pod: `pod<UID>` or `kubepods-burstable-pod<UID>.slice`, in which `_`
  /// stands for `-`.
  private static func podUID(in part: ArraySlice<UInt8>) -> [UInt8]? {
    var name = part
    // A slice with a runtime's name for a scope behind it.
    if let colon = name.firstIndex(of: ASCII.colon) { name = name[..<colon] }
    if let slice = name.dropping(suffix: ".slice") {
      guard slice.starts(with: "kubepods".utf8) || slice.starts(with: "kubelet-kubepods".utf8) else { return nil }
      name = slice[(slice.lastIndex(of: ASCII.hyphen).map { $0 + 1 } ?? slice.startIndex)...]
    }
    guard let uid = name.dropping(prefix: "pod"), (32...36).contains(uid.count),
      uid.allSatisfy({ isHexadecimal($0) || $0 == ASCII.hyphen || $0 == UInt8(ascii: "_") })
    else { return nil }
    return uid.map { $0 == UInt8(ascii: "_") ? ASCII.hyphen : $0 }
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    ASCII.digits.contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  // MARK: What the path names

  private static func named(_ part: ArraySlice<UInt8>, in parent: ArraySlice<UInt8>) -> Workload? {
    func workload(_ kind: Workload.Kind, _ name: some Sequence<UInt8>) -> Workload? {
      let name = Array(name)
      if name.isEmpty { return nil }
      return Workload(kind, name: name, container: kind == .lxc ? name : nil)
    }
    for prefix in ["lxc.payload.", "lxc.monitor."] {
      if let name = part.dropping(prefix: prefix) { return workload(.lxc, name) }
    }
    if ["lxc", "lxc.payload", "lxc.monitor"].contains(where: { parent.elementsEqual($0.utf8) }) {
      return workload(.lxc, part)
    }
    if let name = part.dropping(prefix: "systemd-nspawn@")?.dropping(suffix: ".service") {
      return workload(.machine, unescaped(name))
    }
    if parent.elementsEqual("machine.slice".utf8),
      let name = part.dropping(prefix: "machine-")?.dropping(suffix: ".scope")
    {
      return workload(.machine, unescaped(name))
    }
    if parent.elementsEqual("machine".utf8), let name = part.dropping(suffix: ".libvirt-qemu") {
      return workload(.machine, name)
    }
    if let name = part.dropping(suffix: ".scope"),
      let application = name.dropping(prefix: "app-flatpak-") ?? name.dropping(prefix: "flatpak-")
    {
      // The number of the process that began it follows.
      let end = application.lastIndex(of: ASCII.hyphen) ?? application.endIndex
      return workload(.flatpak, unescaped(application[..<end]))
    }
    if let name = part.dropping(prefix: "snap."), unit(part) != nil {
      return workload(.snap, name.prefix { $0 != UInt8(ascii: ".") })
    }
    return nil
  }

  /// The text without the escapes of unit names, `\xHH` (`unit_name_unescape`,
  /// `src/basic/unit-name.c` of systemd).
  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    var rest = text
    while let byte = rest.first {
      if byte == ASCII.backslash, rest.count >= 4, rest[rest.startIndex + 1] == UInt8(ascii: "x"),
        let value = UInt8(String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self), radix: 16)
      {
        output.append(value)
        rest = rest.dropFirst(4)
      } else {
        output.append(byte)
        rest = rest.dropFirst()
      }
    }
    return output
  }

  // MARK: Units

  private static let unitSuffixes = [".service", ".scope", ".slice", ".socket", ".mount", ".swap"]

  /// The name of a unit; `nil` for another component. systemd puts `_` before a name that the
  /// kernel could take for one of its own files (`cg_escape`, `src/basic/cgroup-util.c`).
  private static func unit(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let name = part.first == UInt8(ascii: "_") ? part.dropFirst() : part
    for suffix in unitSuffixes where name.count > suffix.utf8.count && name.dropping(suffix: suffix) != nil {
      return name
    }
    return nil
  }

  /// The number of the user whose slice (`user-1000.slice`) or manager (`user@1000.service`) a
  /// component is.
  private static func user(of part: ArraySlice<UInt8>) -> UInt32? {
    guard
      let digits = part.dropping(prefix: "user-")?.dropping(suffix: ".slice")
        ?? part.dropping(prefix: "user@")?.dropping(suffix: ".service")
    else { return nil }
    return digits.isEmpty || !digits.allSatisfy(ASCII.digits.contains)
      ? nil : UInt32(String(decoding: digits, as: UTF8.self))
  }

  /// Finds what the last of some components is among the units and sessions of a user.
  private mutating func findUserUnit(_ parts: ArraySlice<ArraySlice<UInt8>>) {
    guard let last = parts.last else { return }
    // Below the user's manager its own units follow; a session is beside the manager.
    let manager = parts.dropLast().lastIndex {
      $0.dropping(suffix: ".service") != nil && Self.user(of: $0) != nil
    }
    let slice = parts.dropLast().lastIndex { $0.dropping(suffix: ".slice") != nil && Self.user(of: $0) != nil }
    let isSession = last.dropping(prefix: "session-")?.dropping(suffix: ".scope") != nil
    guard let top = manager ?? (isSession ? slice : nil), let user = Self.user(of: parts[top]) else { return }
    userUnit = Array("\(user)".utf8)
    for part in parts[(top + 1)...] {
      userUnit?.append(ASCII.slash)
      userUnit?.append(contentsOf: part)
    }
  }
}

/// The names of a container that files of its runtime or of the kubelet have for it.
package struct ContainerNames: Sendable, Hashable {
  /// Who made the container, where a file says it and its control group does not.
  package var runtime: Workload.Kind?
  /// The name of the container.
  package var container: [UInt8]?
  /// The pod as `NAMESPACE/NAME`.
  package var pod: [UInt8]?

  package init(runtime: Workload.Kind? = nil, container: [UInt8]? = nil, pod: [UInt8]? = nil) {
    self.runtime = runtime
    self.container = container
    self.pod = pod
  }
}

extension ArraySlice<UInt8> {
  /// The rest after a prefix; `nil` when it begins otherwise.
  func dropping(prefix: String) -> ArraySlice<UInt8>? {
    starts(with: prefix.utf8) ? dropFirst(prefix.utf8.count) : nil
  }

  /// The part before a suffix; `nil` when it ends otherwise.
  func dropping(suffix: String) -> ArraySlice<UInt8>? {
    let count = suffix.utf8.count
    return self.count >= count && self.suffix(count).elementsEqual(suffix.utf8) ? dropLast(count) : nil
  }
}
