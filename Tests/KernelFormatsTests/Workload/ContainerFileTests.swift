import KernelFormats
import TestSupport
import Testing

@Suite("The files that name containers", .timeLimited)
struct ContainerFileTests {
  private static let id = String(repeating: "0123abcd", count: 8)

  @Test("the link to a log has pod, namespace, container and id")
  func logName() throws {
    let name = try #require(ContainerLogName(parsing: Array("cart-7c9f_shop_api-v2-\(Self.id).log".utf8)))
    #expect(name.pod.asText == "shop/cart-7c9f" && name.container.asText == "api-v2" && name.id.asText == Self.id)
  }

  @Test(
    "names of another form are no links to logs",
    arguments: [
      "", ".log", "a_b_c-\(id)", "a_b-\(id).log", "a_b_c_d-\(id).log", "_b_c-\(id).log", "a_b_-\(id).log",
      "a_b_c-0123.log", "a_b_\(id).log",
    ])
  func otherLogNames(name: String) {
    #expect(ContainerLogName(parsing: Array(name.utf8)) == nil)
  }

  @Test("the folder of a pod's logs has namespace, name and uid")
  func podFolder() throws {
    let folder = try #require(PodLogFolder(parsing: Array("kube-system_etcd-node1_7f3e".utf8)))
    #expect(folder.pod.asText == "kube-system/etcd-node1" && folder.uid.asText == "7f3e")
    for name in ["", "a_b", "a_b_", "_b_c", "a_b_c_d"] { #expect(PodLogFolder(parsing: Array(name.utf8)) == nil) }
  }

  @Test(
    "Docker's name and the annotations of containerd, CRI-O and nerdctl are found wherever they stand",
    arguments: [
      (#"{"ID":"1","Name":"/web","Config":{"Name":"x","annotations":{}}}"#, "web", nil),
      (#" { "a" : [ 1 , { "Name" : "no" } , "]}" ] , "Name" : "\/db\u00e9" } "#, "db\u{E9}", nil),
      (
        #"{"annotations":{"io.kubernetes.cri.container-name":"api","io.kubernetes.cri.sandbox-name":"cart","io.kubernetes.cri.sandbox-namespace":"shop"}}"#,
        "api", "shop/cart"
      ),
      (
        #"{"ociVersion":"1.0","annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"cart","io.kubernetes.cri.sandbox-namespace":"shop"}}"#,
        "sandbox", "shop/cart"
      ),
      (
        #"{"annotations":{"io.kubernetes.container.name":"POD","io.kubernetes.pod.name":"a","io.kubernetes.pod.namespace":"b"}}"#,
        "sandbox", "b/a"
      ),
      (#"{"annotations":{"nerdctl/name":"box","other":1}}"#, "box", nil),
      (#"{"annotations":{"io.kubernetes.pod.name":"a"}}"#, nil, nil),
      (#"{"Name":"evil\u001b[31m\n\ud83d\ude00\ud800"}"#, "evil\u{1B}[31m\n\u{1F600}\u{FFFD}", nil),
      (#"{"Name":5}"#, nil, nil), (#"{"Name":"/"}"#, nil, nil), (#"["Name","x"]"#, nil, nil), ("", nil, nil),
      (#"{"Name":"cut"#, nil, nil), (#"{"Name":"kept","Next":"cut"#, "kept", nil), (#"{"Name" "x"}"#, nil, nil),
      (#"{"Name":"\#(String(repeating: "x", count: 256))"}"#, nil, nil),
    ] as [(String, String?, String?)])
  func configuration(text: String, container: String?, pod: String?) {
    let found = ContainerConfiguration(parsing: Array(text.utf8).span)
    #expect(found.container?.asText == container && found.pod?.asText == pod)
  }

  @Test("the list of stored containers has the first name of each")
  func stored() {
    let text =
      #"[{"id":"a1","names":["db","alias"],"layer":"x"},{"names":["late"],"id":"b2"},{"id":"c3"},7,{"id":"d4"}]"#
    #expect(
      StoredContainers(parsing: Array(text.utf8).span).names
        == [Array("a1".utf8): Array("db".utf8), Array("b2".utf8): Array("late".utf8)])
    #expect(StoredContainers(parsing: Array(#"{"id":"a1","names":["x"]}"#.utf8).span).names.isEmpty)
  }

  @Test("texts of any form and depth are read to their end")
  func anyText() {
    var random = SeededGenerator()
    let text = Array(#"{"Name":"/w\u0041","annotations":{"nerdctl/name":"x","l":[[{}],1.5e3,true,null]}}"#.utf8)
    for _ in 0..<5000 {
      var bytes = Array(text.prefix(Int.random(in: 0...text.count, using: &random)))
      for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &random)
        bytes[place] = UInt8.random(in: 0...255, using: &random)
        if Bool.random(using: &random) { bytes[place] = Array(#"{}[]":,\"#.utf8)[Int(bytes[place]) % 8] }
      }
      let found = ContainerConfiguration(parsing: bytes.span)
      #expect((found.container?.count ?? 0) <= 255, "seed \(random.seed)")
      _ = StoredContainers(parsing: bytes.span)
    }
    for opening in ["[", "{\"a\":", "[{\"names\":"] {
      let deep = Array(String(repeating: opening, count: 100_000).utf8)
      #expect(ContainerConfiguration(parsing: deep.span).container == nil)
      #expect(StoredContainers(parsing: deep.span).names.isEmpty)
    }
  }
}

extension [UInt8] {
  /// The bytes as text.
  fileprivate var asText: String { String(decoding: self, as: UTF8.self) }
}
