import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("What the path of a control group stands for", .timeLimited)
struct ControlGroupPathTests {
  private static let id = String(repeating: "3f2a1b4c", count: 8)
  private static let uid = "1f3a5b7c-0d2e-4f60-8a9b-c0d1e2f30415"
  private static let slice = "kubepods-burstable-pod" + uid.map { $0 == "-" ? "_" : $0 } + ".slice"

  /// What a path is expected to stand for: the workload, and its unit, container and pod.
  struct Case: Sendable, CustomTestStringConvertible {
    let path: String
    let text: String?
    var unit: String?
    var container: String?
    var pod: String?

    init(_ path: String, _ text: String?, unit: String? = nil, container: String? = nil, pod: String? = nil) {
      (self.path, self.text, self.unit, self.container, self.pod) = (path, text, unit, container, pod)
    }

    var testDescription: String { path }
  }

  private static let short = "3f2a1b4c3f2a"

  private static let units: [Case] = [
    .init("/system.slice/nginx.service", "unit:nginx.service", unit: "nginx.service"),
    .init("/system.slice/nginx.service/worker/1", "unit:nginx.service", unit: "nginx.service"),
    .init("/system.slice/system-getty.slice/getty@tty1.service", "unit:getty@tty1.service", unit: "getty@tty1.service"),
    .init("/init.scope", "unit:init.scope", unit: "init.scope"),
    .init("/system.slice", "unit:system.slice", unit: "system.slice"),
    .init("/system.slice/_cgroup.service", "unit:cgroup.service", unit: "cgroup.service"),
    .init("/system.slice/a\\x2db.service", "unit:a\\x2db.service", unit: "a\\x2db.service"),
    .init("/../../system.slice/ssh.service", "unit:ssh.service", unit: "ssh.service"),
    .init("/system.slice/gone.service (deleted)", "unit:gone.service", unit: "gone.service"),
    .init("/system.slice/\u{1B}[31mred\n.service", "unit:\u{1B}[31mred\n.service", unit: "\u{1B}[31mred\n.service"),
    .init("/user.slice/user-1000.slice/session-3.scope", "user:1000/session-3.scope", unit: "session-3.scope"),
    .init("/user.slice/user-1000.slice/user@1000.service", "unit:user@1000.service", unit: "user@1000.service"),
    .init(
      "/user.slice/user-1000.slice/user@1000.service/init.scope", "user:1000/init.scope", unit: "init.scope"),
    .init(
      "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-editor-77.scope/x",
      "user:1000/app.slice/app-gnome-editor-77.scope", unit: "app-gnome-editor-77.scope"),
    .init("/user.slice/user-x.slice/session-3.scope", "unit:session-3.scope", unit: "session-3.scope"),
  ]

  private static let containers: [Case] = [
    .init("/system.slice/docker-\(id).scope", "docker:\(short)", unit: "docker-\(id).scope", container: short),
    .init("/docker/\(id)", "docker:\(short)", container: short),
    .init("/docker/\(id)/system.slice/inner.service", "docker:\(short)", unit: "inner.service", container: short),
    .init(
      "/machine.slice/libpod-\(id).scope/container", "podman:\(short)", unit: "libpod-\(id).scope", container: short),
    .init("/libpod_parent/libpod-\(id)", "podman:\(short)", container: short),
    .init("/system.slice/db.service/libpod-payload-\(id)", "podman:\(short)", unit: "db.service", container: short),
    .init(
      "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope", "podman:\(short)",
      unit: "libpod-\(id).scope", container: short),
    .init("/system.slice/crio-\(id).scope", "crio:\(short)", unit: "crio-\(id).scope", container: short),
    .init("/system.slice/nerdctl-\(id).scope", "containerd:\(short)", unit: "nerdctl-\(id).scope", container: short),
    .init("/k8s.io/\(id)", "containerd:\(short)", container: short),
    .init("/ecs/task/\(id)", "container:\(short)", container: short),
    .init(
      "/kubepods.slice/kubepods-burstable.slice/\(slice)/cri-containerd-\(id).scope", "pod:\(uid)/\(short)",
      unit: "cri-containerd-\(id).scope", container: short, pod: uid),
    .init(
      "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod\(uid.map { $0 == "-" ? "_" : $0 }.asText).slice",
      "pod:\(uid)", unit: "kubelet-kubepods-pod\(uid.map { $0 == "-" ? "_" : $0 }.asText).slice", pod: uid),
    .init("/kubepods/burstable/pod\(uid)/\(id)", "pod:\(uid)/\(short)", container: short, pod: uid),
    .init("/kubepods/pod\(uid)", "pod:\(uid)", pod: uid),
    .init(
      "/system.slice/containerd.service/\(slice):cri-containerd:\(id)", "pod:\(uid)/\(short)",
      unit: "containerd.service", container: short, pod: uid),
    .init("/kubepods/besteffort/pod\(uid)/\(id)/docker/\(id)", "pod:\(uid)/\(short)", container: short, pod: uid),
  ]

  private static let others: [Case] = [
    .init("/lxc.payload.web", "lxc:web", container: "web"),
    .init("/lxc.payload.web/system.slice/ssh.service", "lxc:web", unit: "ssh.service", container: "web"),
    .init("/lxc/101/ns", "lxc:101", container: "101"),
    .init("/lxc.monitor.web", "lxc:web", container: "web"),
    .init(
      "/machine.slice/systemd-nspawn@fedora.service/payload", "machine:fedora", unit: "systemd-nspawn@fedora.service"),
    .init(
      "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/vcpu0", "machine:qemu-1-vm",
      unit: "machine-qemu\\x2d1\\x2dvm.scope"),
    .init("/machine/vm.libvirt-qemu/emulator", "machine:vm"),
    .init(
      "/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.mozilla.firefox-4242.scope",
      "flatpak:org.mozilla.firefox", unit: "app-flatpak-org.mozilla.firefox-4242.scope"),
    .init("/system.slice/snap.lxd.daemon.service", "snap:lxd", unit: "snap.lxd.daemon.service"),
  ]

  private static let nothing: [Case] = [
    "/", "", "/..", "/../..", "//", "/memory/abc", "/process_api/b232af49b51eb1bc3632c3ae4340063e", "/.service",
    "/docker", "/docker/3f2a", "/docker/\(id)f0", "/docker/\(id.uppercased())", "/podx/\(uid)", "/pod\(uid)x",
    "/lxc", "/user.slice.d",
  ].map { Case($0, nil) }

  @Test(
    "units, containers, pods, machines and applications are named as systemd and the runtimes name them",
    arguments: units + containers + others + nothing)
  func decoded(expected: Case) {
    let workload = ControlGroupPath(parsing: Array(expected.path.utf8)).workload()
    #expect(workload?.text.asText == expected.text)
    #expect(workload?.unit?.asText == expected.unit)
    #expect(workload?.container?.asText == expected.container)
    #expect(workload?.pod?.asText == expected.pod)
  }

  @Test("names from files take the place of ids, and a pod has its namespace")
  func named() {
    let docker = ControlGroupPath(parsing: Array("/docker/\(Self.id)".utf8))
    #expect(docker.workload(named: .init(container: Array("web".utf8)))?.text.asText == "docker:web")
    let bare = ControlGroupPath(parsing: Array("/ecs/task/\(Self.id)".utf8))
    #expect(bare.workload(named: .init(runtime: .docker, container: Array("web".utf8)))?.text.asText == "docker:web")
    let pod = ControlGroupPath(parsing: Array("/kubepods/pod\(Self.uid)/\(Self.id)".utf8))
    let names = ContainerNames(container: Array("api".utf8), pod: Array("shop/cart-7c9f".utf8))
    let workload = pod.workload(named: names)
    #expect(workload?.text.asText == "pod:shop/cart-7c9f/api")
    #expect(workload?.pod?.asText == "shop/cart-7c9f" && workload?.container?.asText == "api")
    let unnamed = pod.workload(named: ContainerNames(pod: Array("shop/cart-7c9f".utf8)))
    #expect(unnamed?.text.asText == "pod:shop/cart-7c9f/\(Self.short)")
  }

  @Test("any bytes are a path, and what is recognised in them is part of them")
  func anyBytes() {
    var random = SeededGenerator()
    let pieces = Self.units.map(\.path) + Self.containers.map(\.path) + Self.others.map(\.path)
    for _ in 0..<3000 {
      var bytes = (0..<Int.random(in: 0...3, using: &random)).flatMap { _ in
        Array((pieces.randomElement(using: &random) ?? "").utf8)
      }
      for _ in 0..<Int.random(in: 0...8, using: &random) where !bytes.isEmpty {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let workload = ControlGroupPath(parsing: bytes).workload()
      guard let workload else { continue }
      #expect(!workload.name.isEmpty, "seed \(random.seed)")
      #expect(workload.text.count <= bytes.count + 20, "seed \(random.seed)")
      if let unit = workload.unit { #expect(!unit.contains(UInt8(ascii: "/")), "seed \(random.seed)") }
    }
    let deep = Array(String(repeating: "/a.slice", count: 20_000).utf8)
    #expect(ControlGroupPath(parsing: deep).workload()?.text.asText == "unit:a.slice")
  }
}

extension Sequence<UInt8> {
  /// The bytes as text.
  fileprivate var asText: String { String(decoding: Array(self), as: UTF8.self) }
}

extension Sequence<Character> {
  /// The characters as text.
  fileprivate var asText: String { String(self) }
}
