import Glibc
import SocketModel
import TestSupport
import Testing

@testable import Inspection
@testable import LinuxSystem

@Suite("Workloads of sockets and processes", .timeLimited)
struct WorkloadSearchTests {
  private static let ids = (0..<8).map { index in String(repeating: "\(index)f2a1b4c", count: 8) }
  private static let uid = "1f3a5b7c-0d2e-4f60-8a9b-c0d1e2f30415"
  private static let otherUID = "00000000-0d2e-4f60-8a9b-c0d1e2f30415"
  private static let slice = "kubepods.slice/kubepods-pod1f3a5b7c_0d2e_4f60_8a9b_c0d1e2f30415.slice"

  /// Groups in the folder `cgroup` of a tree, and what they stand for, by what the files of the
  /// tree say.
  private static let groups: [(path: String, text: String?)] = [
    ("system.slice/nginx.service", "unit:nginx.service"),
    ("system.slice/docker-\(ids[0]).scope", "docker:web"),
    ("docker/\(ids[1])", "docker:1f2a1b4c1f2a"),
    ("machine.slice/libpod-\(ids[2]).scope/container", "podman:db"),
    ("user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(ids[3]).scope", "podman:mine"),
    ("\(slice)/cri-containerd-\(ids[4]).scope", "pod:shop/cart-7c9f/api"),
    ("kubepods/burstable/pod\(otherUID)/\(ids[5])", "pod:kube-system/dns/5f2a1b4c5f2a"),
    ("ecs/task/\(ids[6])", "docker:task"),
    ("system.slice/crio-\(ids[7]).scope", "pod:shop/queue/worker"),
    ("memory/other", nil),
  ]

  private static func tree() throws -> Tree {
    let tree = try Tree()
    for group in groups { try tree.makeFolder("cgroup/" + group.path) }
    try tree.write("var/lib/docker/containers/\(ids[0])/config.v2.json", #"{"Name":"/web"}"#)
    try tree.write("var/lib/docker/containers/\(ids[6])/config.v2.json", #"{"Name":"/task"}"#)
    try tree.write(
      "var/lib/containers/storage/overlay-containers/containers.json", #"[{"id":"\#(ids[2])","names":["db"]}]"#)
    try tree.write("etc/passwd", "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000:Dev:/home/dev:/bin/sh\n")
    try tree.write(
      "home/dev/.local/share/containers/storage/overlay-containers/containers.json",
      #"[{"id":"\#(ids[3])","names":["mine"]}]"#)
    try tree.link("var/log/containers/cart-7c9f_shop_api-\(ids[4]).log", to: "/nowhere")
    try tree.makeFolder("var/log/pods/kube-system_dns_\(otherUID)")
    try tree.write(
      "run/containers/storage/overlay-containers/\(ids[7])/userdata/config.json",
      #"{"annotations":{"io.kubernetes.container.name":"worker","io.kubernetes.pod.name":"queue","io.kubernetes.pod.namespace":"shop"}}"#
    )
    return tree
  }

  private static func search(_ tree: Tree, mostFolders: Int = 1000) -> WorkloadSearch {
    WorkloadSearch(
      CgroupTree(mounts: [tree.path + "/none", tree.path + "/cgroup"], mostFolders: mostFolders, isMounted: false),
      files: ContainerFiles(root: tree.path + "/"))
  }

  /// A snapshot with a TCP socket for each id of a control group.
  private static func snapshot(_ groups: [UInt64]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    for (index, group) in groups.enumerated() {
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: .listen)
      record.known = [.inode]
      record.inode = UInt64(index + 1)
      record.cgroup = group
      snapshot.records.append(record)
    }
    return snapshot
  }

  private static func texts(_ snapshot: Snapshot) -> [String?] {
    snapshot.records.indices.map { row in
      snapshot.workload(at: row).map { String(decoding: $0.text, as: UTF8.self) }
    }
  }

  @Test("sockets have the workload of their group, named by the files of runtimes and of the kubelet")
  func ofSockets() throws {
    let tree = try Self.tree()
    let inodes = try Self.groups.map { group in
      try FileStatus(ofPath: Array("\(tree.path)/cgroup/\(group.path)".utf8)).inode
    }
    var snapshot = Self.snapshot(inodes + [0, 1, .max])
    var search = Self.search(tree)
    search.nameSockets(in: &snapshot)
    #expect(Self.texts(snapshot) == Self.groups.map(\.text) + [nil, nil, nil])
    // The second time, for other sockets too, nothing is read that is known.
    var again = Self.snapshot([inodes[0], inodes[1]])
    try tree.write("var/lib/docker/containers/\(Self.ids[0])/config.v2.json", #"{"Name":"/renamed"}"#)
    search.nameSockets(in: &again)
    #expect(Self.texts(again) == ["unit:nginx.service", "docker:web"])
  }

  @Test("processes have the workload of the group that /proc names")
  func ofProcesses() throws {
    let tree = try Self.tree()
    var snapshot = Self.snapshot([0, 0, 0])
    snapshot.processes = Self.groups.prefix(2).map { group in
      var process = ProcessInfo(pid: 1, name: [])
      process.controlGroup = Array("/\(group.path)".utf8)
      return process
    }
    snapshot.owners = [Owner(pid: 1, descriptor: 3, processIndex: 0), Owner(pid: 2, descriptor: 3, processIndex: 1)]
    snapshot.ownerStarts = [0, 1, 2, 2]
    var search = Self.search(tree)
    search.nameSockets(in: &snapshot)
    search.nameProcesses(in: &snapshot)
    #expect(Self.texts(snapshot) == ["unit:nginx.service", "docker:web", nil])
  }

  @Test("a socket that systemd made belongs to its owner's workload, or to systemd where none is known")
  func madeBySystemd() throws {
    let tree = try Self.tree()
    try tree.makeFolder("cgroup/init.scope")
    let made = try FileStatus(ofPath: Array("\(tree.path)/cgroup/init.scope".utf8)).inode
    var snapshot = Self.snapshot([made, made])
    var process = ProcessInfo(pid: 1, name: [])
    process.controlGroup = Array("/system.slice/ssh.service".utf8)
    snapshot.processes = [process]
    snapshot.owners = [Owner(pid: 1, descriptor: 3, processIndex: 0)]
    snapshot.ownerStarts = [0, 1, 1]
    var search = Self.search(tree)
    search.nameSockets(in: &snapshot)
    #expect(WorkloadSearch.needsOwners(snapshot))
    search.nameProcesses(in: &snapshot)
    #expect(Self.texts(snapshot) == ["unit:ssh.service", "unit:init.scope"])
  }

  @Test("without a question for workloads only sockets whose owner may not be seen have one")
  func inPlaceOfOwners() throws {
    let tree = try Self.tree()
    let path = Array("\(tree.path)/cgroup/system.slice/nginx.service".utf8)
    let group = try FileStatus(ofPath: path).inode
    var snapshot = Self.snapshot([group, group, group])
    snapshot.records[2].inode = 0
    snapshot.processes = [ProcessInfo(pid: 1, name: [])]
    snapshot.owners = [Owner(pid: 1, descriptor: 3, processIndex: 0)]
    snapshot.ownerStarts = [0, 1, 1, 1]
    var search = Self.search(tree)
    search.replaceOwners(in: &snapshot)
    #expect(snapshot.workloads.isEmpty && !snapshot.hidesOwners, "all processes were read")
    snapshot.problems = [
      Problem(
        subject: .descriptors, cause: .forbidden(.processes(count: 1, of: 2, hidesOthers: false)),
        remedy: .runAsRoot(.owners))
    ]
    search.replaceOwners(in: &snapshot)
    #expect(snapshot.hidesOwners && Self.texts(snapshot) == [nil, "unit:nginx.service", nil])
  }

  @Test("when every socket has an owner no folder is opened, and otherwise no more than allowed")
  func budget() throws {
    let tree = try Self.tree()
    let path = Array("\(tree.path)/cgroup/\(Self.groups[3].path)".utf8)
    let deep = try FileStatus(ofPath: path).inode
    for (limit, found) in [(0, false), (2, false), (100, true)] {
      var snapshot = Self.snapshot([deep])
      var search = Self.search(tree, mostFolders: limit)
      search.nameSockets(in: &snapshot)
      #expect(Self.texts(snapshot) == [found ? "podman:db" : nil], "\(limit)")
    }
  }

  @Test("files of runtimes that are no files, too large or cyclic leave the id")
  func hostileFiles() throws {
    let tree = try Tree()
    let places = Self.ids.map { "var/lib/docker/containers/\($0)/config.v2.json" }
    for id in Self.ids { try tree.makeFolder("cgroup/docker/\(id)") }
    try tree.makeFIFO(places[0])
    try tree.makeFolder(places[1])
    try tree.link(places[2], to: "config.v2.json")
    try tree.link(places[3], to: "/dev/zero")
    try tree.write(places[4], Array(repeating: UInt8(ascii: " "), count: 5 << 20) + Array(#"{"Name":"/late"}"#.utf8))
    try tree.write(places[5], [0xFF, 0xFE, 0])
    try tree.write(places[6], #"{"Name":"/\u001b]0;x\u0007\n"}"#)
    let inodes = try Self.ids.map { id in
      try FileStatus(ofPath: Array("\(tree.path)/cgroup/docker/\(id)".utf8)).inode
    }
    var snapshot = Self.snapshot(inodes)
    var search = Self.search(tree)
    search.nameSockets(in: &snapshot)
    var expected: [String?] = Self.ids.map { "docker:" + $0.prefix(12) }
    expected[6] = "docker:\u{1B}]0;x\u{7}\n"
    #expect(Self.texts(snapshot) == expected)
  }

  @Test("the workload of a captured process comes from its copied files, and names of others do not")
  func captured() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", inode: 7) + tcpRow("0100007F:04D3", inode: 8))
    try tree.process(5, "nginx", [(3, 7)])
    try tree.process(6, "web", [(3, 8)])
    try tree.write("6/cgroup", "4:memory:/docker/\(Self.ids[0])\n1:name=systemd:/docker/\(Self.ids[0])\n")
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.requiredDetails = .workloads
    let snapshot = try tree.snapshot(request)
    #expect(Self.texts(snapshot) == ["unit:nginx.service", "docker:0f2a1b4c0f2a"])
    // Neither the owners nor the groups are read when they were not asked for.
    request.requiredDetails = .owners
    #expect(Self.texts(try tree.snapshot(request)) == [nil, nil])
  }
}
