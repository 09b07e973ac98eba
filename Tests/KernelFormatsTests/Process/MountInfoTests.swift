import KernelFormats
import TestSupport
import Testing

@Suite("/proc/PID/mountinfo", .timeLimited)
struct MountInfoTests {
  private func namespaces(_ text: String) -> [MountInfo.MountedNamespace] {
    MountInfo.networkNamespaces(parsing: Array(text.utf8).span)
  }

  @Test("mounted network namespaces are found with their number and file")
  func found() {
    let text = """
      25 30 0:23 / /sys rw,nosuid shared:7 - sysfs sysfs rw
      101 30 0:4 net:[4026532177] /run/netns/blue rw shared:88 - nsfs nsfs rw
      102 30 0:4 net:[4026532299] /run/docker/netns/1-a rw - nsfs nsfs rw
      103 30 0:4 mnt:[4026532300] /run/snapd/ns/x.mnt rw - nsfs nsfs rw
      104 30 0:4 net:[4026532301] /run/netns/a\\040b\\134c\\012 rw shared:1 master:2 - nsfs nsfs rw

      """
    let found = namespaces(text)
    #expect(found.map(\.inode) == [4_026_532_177, 4_026_532_299, 4_026_532_301])
    #expect(
      found.map { String(decoding: $0.path, as: UTF8.self) } == [
        "/run/netns/blue", "/run/docker/netns/1-a", "/run/netns/a b\\c\n",
      ])
  }

  @Test(
    "other lines are skipped, and so are those of another file system",
    arguments: [
      "", "\n\n", "1 2 3", "1 2 0:4 net:[1] /a rw", "1 2 0:4 net:[1] /a rw - ", "1 2 0:4 net:[x] /a rw - nsfs n rw",
      "1 2 0:4 net:[99999999999] /a rw - nsfs n rw", "1 2 0:4 net:[1] /a rw - ext4 n rw", "- - - - - - - -",
    ])
  func skipped(line: String) {
    #expect(namespaces(line).isEmpty)
  }

  @Test("any bytes are read without harm")
  func hostile() {
    var generator = SeededGenerator()
    let pieces = ["net:[7]", " ", "-", "nsfs", "\\04", "\\777", "\n", "\u{0}", "/x", "\\"]
    for _ in 0..<2000 {
      let count = Int.random(in: 0..<40, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }
      _ = namespaces(text.joined())
    }
  }
}
