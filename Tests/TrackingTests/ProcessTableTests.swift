import KernelFormats
import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("The table of processes", .timeLimited)
struct ProcessTableTests {
  @Test("process 2 of a container and its children are owners; threads of the kernel are not, and neither are theirs")
  func kernelThreads() {
    func began(_ pid: Int32, parent: Int32) -> PerfRecord {
      PerfRecord(time: 1, content: .began(process: pid, thread: pid, parent: parent))
    }
    var container = ProcessTable()
    container.add(2, name: Array("server".utf8), startTime: 1, namespace: 1)
    container.take(began(30, parent: 2))
    #expect(container.actor(2, thread: 2)?.owner.first?.pid == 2)
    #expect(container.actor(30, thread: 30)?.owner.first?.pid == 30)
    var machine = ProcessTable()
    machine.add(2, name: Array("kthreadd".utf8), startTime: 1, namespace: 1, isKernel: true)
    machine.take(began(30, parent: 2))
    #expect(machine.actor(2, thread: 2) == nil)
    #expect(machine.actor(30, thread: 30) == nil)
  }

  @Test("those that ended are forgotten, so that the table does not grow")
  func forgetting() {
    var table = ProcessTable()
    for pid in 1000..<3000 as Range<Int32> {
      let time = UInt64(pid) * 1_000_000
      table.take(PerfRecord(time: time, content: .began(process: pid, thread: pid, parent: 1)))
      table.take(PerfRecord(time: time, content: .ended(process: pid, thread: pid)))
    }
    table.forget(at: 3000 * 1_000_000 + 5_000_000_000)
    #expect(table.count == 0)
  }

  @Test("a thread that entered a namespace has that one, until it ends")
  func threads() {
    var table = ProcessTable()
    table.add(100, name: Array("server".utf8), startTime: 1, namespace: 7)
    table.take(PerfRecord(time: 1, content: .network(process: 100, thread: 101, 9)))
    #expect(table.actor(100, thread: 101)?.namespace == 9)
    #expect(table.actor(100, thread: 100)?.namespace == 7)
    // A thread about which nothing was reported need not be in its process's namespace.
    #expect(table.actor(100, thread: 102)?.namespace == nil)
    table.take(PerfRecord(time: 2, content: .ended(process: 100, thread: 101)))
    #expect(table.actor(100, thread: 101)?.namespace == nil)
    #expect(table.namespaces == [7: [100]])
  }
}
