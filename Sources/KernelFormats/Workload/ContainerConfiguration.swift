internal import Text

/// The file in which a container runtime keeps what it made a container from, as far as it names
/// the container: Docker's `config.v2.json`, and the `config.json` of the OCI runtime
/// specification, whose annotations containerd, CRI-O and nerdctl fill.
package struct ContainerConfiguration: Sendable, Hashable {
  /// The name of the container; `nil` when the file has none.
  package private(set) var container: [UInt8]?
  /// The pod as `NAMESPACE/NAME`; `nil` when the file has none.
  package private(set) var pod: [UInt8]?

  /// Parses the file's content. What it does not have, or has in another form, is `nil`; a file
  /// that is no JSON, or was cut, has what precedes the mistake.
  package init(parsing bytes: Span<UInt8>) {
    var annotations: [String: [UInt8]] = [:]
    var name: [UInt8]?
    var cursor = JSONCursor()
    cursor.forEachMember(bytes) { key, cursor in
      switch String(decoding: key, as: UTF8.self) {
      case "Name": name = cursor.name(bytes)
      case "annotations":
        cursor.forEachMember(bytes) { key, cursor in
          let key = String(decoding: key, as: UTF8.self)
          guard Self.keys.contains(key) else { return }
          annotations[key] = cursor.name(bytes)
        }
      default: break
      }
    }
    container =
      annotations[Self.containerd + "container-name"] ?? annotations["io.kubernetes.container.name"]
      ?? annotations["nerdctl/name"] ?? name.map { Array($0.drop { $0 == ASCII.slash }) }
    // CRI-O's sandbox, which holds the namespaces of a pod, has this name.
    if container?.elementsEqual("POD".utf8) == true { container = Array("sandbox".utf8) }
    if container == nil, annotations[Self.containerd + "container-type"]?.elementsEqual("sandbox".utf8) == true {
      container = Array("sandbox".utf8)
    }
    if container?.isEmpty == true { container = nil }
    let podName = annotations[Self.containerd + "sandbox-name"] ?? annotations["io.kubernetes.pod.name"]
    let namespace = annotations[Self.containerd + "sandbox-namespace"] ?? annotations["io.kubernetes.pod.namespace"]
    if let podName, let namespace, !podName.isEmpty, !namespace.isEmpty {
      pod = namespace + [ASCII.slash] + podName
    }
  }

  private static let containerd = "io.kubernetes.cri."
  private static let keys: Set<String> = [
    containerd + "container-name", containerd + "container-type", containerd + "sandbox-name",
    containerd + "sandbox-namespace", "io.kubernetes.container.name", "io.kubernetes.pod.name",
    "io.kubernetes.pod.namespace", "nerdctl/name",
  ]
}

/// The list `containers.json` of containers/storage, in which Podman, Buildah and CRI-O keep the
/// names of their containers.
package struct StoredContainers: Sendable, Hashable {
  /// The first name of each container, by its id.
  package private(set) var names: [[UInt8]: [UInt8]] = [:]

  /// Parses the file's content; elements of another form are left out.
  package init(parsing bytes: Span<UInt8>) {
    var cursor = JSONCursor()
    cursor.forEachElement(bytes) { cursor in
      var id: [UInt8]?
      var name: [UInt8]?
      cursor.forEachMember(bytes) { key, cursor in
        if key.elementsEqual("id".utf8) {
          id = cursor.name(bytes)
        } else if key.elementsEqual("names".utf8) {
          cursor.forEachElement(bytes) { cursor in name = name ?? cursor.name(bytes) }
        }
      }
      if let id, let name, !name.isEmpty { names[id] = name }
    }
  }
}
