import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

/// The descriptors that this process has open.
private func openDescriptors() throws -> Set<Int32> {
  var reader = DirectoryReader(try Descriptor.open("/proc/self/fd", for: .directory))
  var found: Set<Int32> = []
  while let number = try reader.nextNumber() { if number != reader.number { found.insert(number) } }
  return found
}

private func temporaryFolder() throws -> String {
  var template = Array("/tmp/sockinspect-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

@Suite("Descriptors and directories", .timeLimited, .serialized)
struct DescriptorTests {
  @Test("a descriptor is closed when it goes out of scope, and the detector sees one that is not")
  func closing() throws {
    let number: Int32
    do {
      let descriptor = try Descriptor.open("/proc/self/stat")
      number = descriptor.number
      #expect(try openDescriptors().contains(number))
    }
    let leaked = try Descriptor.open("/proc/self/stat").release()
    #expect(try openDescriptors().contains(leaked))
    close(leaked)
  }

  @Test("opened descriptors do not survive exec")
  func closeOnExec() throws {
    let descriptor = try Descriptor.open("/dev/null")
    #expect(fcntl(descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test("an error names the call, the path and the reason")
  func errors() {
    do {
      _ = try Descriptor.open("/nonexistent/file")
      Issue.record("opened what does not exist")
    } catch {
      #expect(error.description == "openat /nonexistent/file: No such file or directory")
      #expect(error.isGone && !error.isForbidden)
    }
  }

  @Test("a file is read whole, or up to the limit with a word that there is more")
  func reading() throws {
    let folder = try temporaryFolder()
    defer { _ = rmdir(folder) }
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    do {
      let file = try Descriptor.open(folder + "/file", for: .creating)
      try file.writeAll(bytes.span)
    }
    defer { _ = unlink(folder + "/file") }
    var all: [UInt8] = [1, 2]
    #expect(try Descriptor.open(folder + "/file").readAll(into: &all) == true)
    #expect(all == [1, 2] + bytes)
    var some: [UInt8] = []
    #expect(try Descriptor.open(folder + "/file").readAll(into: &some, limit: 1000) == false)
    #expect(some == Array(bytes[..<1000]))
    var exact: [UInt8] = []
    #expect(try Descriptor.open(folder + "/file").readAll(into: &exact, limit: bytes.count) == true)
    #expect(throws: SystemError.self) { _ = try Descriptor.open(folder + "/file", for: .creating) }
    try Descriptor.open(folder + "/file", for: .replacing).writeAll([7].span)
    var replaced: [UInt8] = []
    #expect(try Descriptor.open(folder + "/file").readAll(into: &replaced) == true && replaced == [7])
    defer { _ = unlink(folder + "/link") }
    #expect(symlink("file", folder + "/link") == 0)
    #expect { _ = try Descriptor.open(folder + "/link", for: .replacing) } throws: {
      ($0 as? SystemError)?.code == ELOOP
    }
    #expect(Descriptor.linkTarget(of: folder + "/link") == Array("file".utf8))
    #expect(Descriptor.linkTarget(of: folder + "/file") == nil)
    replaced = []
    #expect(try Descriptor.open(folder + "/file").readAll(into: &replaced) == true && replaced == [7], "it was emptied")
    defer { _ = unlink(folder + "/pipe") }
    #expect(mkfifo(folder + "/pipe", 0o600) == 0)
    #expect { _ = try Descriptor.open(folder + "/pipe", for: .replacing) } throws: {
      ($0 as? SystemError)?.code == ENXIO
    }
  }

  @Test("a private folder is made for its owner only, and never opened through what stands in its place")
  func privateFolder() throws {
    let path = try temporaryFolder()
    defer { for name in ["new", "link", "target", ""] { rmdir(path + "/" + name) } }
    defer { unlink(path + "/link") }
    let place = try Descriptor.open(path, for: .place)
    #expect(try place.makePrivateFolder("new").status().mode & 0o777 == 0o700)
    #expect(throws: SystemError.self) { _ = try place.makePrivateFolder("new") }
    #expect(mkdir(path + "/target", 0o700) == 0 && symlink("target", path + "/link") == 0)
    #expect(throws: SystemError.self) { _ = try place.makePrivateFolder("link") }
    for open in [Descriptor.openFolder, Descriptor.openFolderStepwise] {
      #expect(try open("target", place).status().isDirectory)
      for name in ["link", "link/.", "../target", "/"] {
        #expect(throws: SystemError.self, "\(name)") { _ = try open(name, place) }
      }
    }
  }

  @Test("numbers in a directory are found among other names, whatever the buffer's size", arguments: [64, 300, 32768])
  func numbers(bufferSize: Int) throws {
    let folder = try temporaryFolder()
    let names = ["1", "23", "self", "9999999", "4x", "x4", "-1", "00", "99999999999999", "net"]
    for name in names { _ = try Descriptor.open(folder + "/" + name, for: .creating) }
    defer {
      for name in names { unlink(folder + "/" + name) }
      rmdir(folder)
    }
    var reader = DirectoryReader(try Descriptor.open(folder, for: .directory), bufferSize: bufferSize)
    var found: [Int32] = []
    while let number = try reader.nextNumber() { found.append(number) }
    #expect(found.sorted() == [0, 1, 23, 9_999_999])
    var second = DirectoryReader(try Descriptor.open(folder, for: .directory), bufferSize: bufferSize)
    var all: [String] = []
    while let name = try second.nextName() { all.append(String(decoding: name, as: UTF8.self)) }
    #expect(all.sorted() == names.sorted())
  }

  @Test("links are read as bytes")
  func links() throws {
    let folder = try temporaryFolder()
    symlink("socket:[42]", folder + "/3")
    defer {
      unlink(folder + "/3")
      rmdir(folder)
    }
    let directory = try Descriptor.open(folder, for: .directory)
    #expect(try directory.readLink("3") == Array("socket:[42]".utf8))
    #expect(throws: SystemError.self) { _ = try directory.readLink("4") }
  }

  @Test("parallel work does every number exactly once", arguments: [0, 1, 7, 10_000], [1, 2, 16])
  func parallel(count: Int, threads: Int) {
    let done = Locked<[Int]>([])
    parallelForEach(count: count, threads: threads) { index in done.withLock { $0.append(index) } }
    #expect(done.withLock { $0.sorted() } == Array(0..<count))
  }
}

extension Descriptor {
  fileprivate static func openFolder(_ name: String, _ place: borrowing Descriptor) throws -> Descriptor {
    try openBeneath(name, in: place, directoryExpected: true, followLinks: false)
  }

  fileprivate static func openFolderStepwise(_ name: String, _ place: borrowing Descriptor) throws -> Descriptor {
    try openStepwise(name, in: place, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }
}
