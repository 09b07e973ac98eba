/// The fields that code asks for by name. The next free number is 57.
///
/// They are constants that other modules see through, so that a `switch` over them is as quick as
/// one over an enumeration.
extension Field {
  // What it is.
  @inlinable package static var transport: Field { Field(number: 0) }
  @inlinable package static var family: Field { Field(number: 1) }
  @inlinable package static var socketType: Field { Field(number: 2) }
  @inlinable package static var ipProtocol: Field { Field(number: 3) }
  @inlinable package static var state: Field { Field(number: 4) }
  @inlinable package static var netns: Field { Field(number: 5) }

  // When and where it was seen.
  @inlinable package static var time: Field { Field(number: 6) }
  @inlinable package static var hostName: Field { Field(number: 7) }

  // The two ends.
  @inlinable package static var local: Field { Field(number: 8) }
  @inlinable package static var localAddress: Field { Field(number: 9) }
  @inlinable package static var localPort: Field { Field(number: 10) }
  @inlinable package static var peer: Field { Field(number: 11) }
  @inlinable package static var peerAddress: Field { Field(number: 12) }
  @inlinable package static var peerPort: Field { Field(number: 13) }
  @inlinable package static var interface: Field { Field(number: 14) }
  @inlinable package static var ipv6Only: Field { Field(number: 15) }

  // What takes the place of ports.
  @inlinable package static var portID: Field { Field(number: 16) }
  @inlinable package static var peerPortID: Field { Field(number: 17) }
  @inlinable package static var echoID: Field { Field(number: 18) }
  @inlinable package static var groups: Field { Field(number: 19) }

  // Queues and counters.
  @inlinable package static var receiveQueue: Field { Field(number: 20) }
  @inlinable package static var sendQueue: Field { Field(number: 21) }
  @inlinable package static var acceptQueue: Field { Field(number: 22) }
  @inlinable package static var acceptLimit: Field { Field(number: 23) }
  @inlinable package static var drops: Field { Field(number: 24) }

  // Timer.
  @inlinable package static var timer: Field { Field(number: 25) }
  @inlinable package static var timerExpires: Field { Field(number: 26) }
  @inlinable package static var retransmits: Field { Field(number: 27) }
  @inlinable package static var probes: Field { Field(number: 28) }

  // Identity.
  @inlinable package static var uid: Field { Field(number: 29) }
  @inlinable package static var user: Field { Field(number: 30) }
  @inlinable package static var inode: Field { Field(number: 31) }
  @inlinable package static var cookie: Field { Field(number: 32) }
  @inlinable package static var mark: Field { Field(number: 33) }
  @inlinable package static var cgroup: Field { Field(number: 34) }
  @inlinable package static var shutdown: Field { Field(number: 35) }

  // Owners. A field of this group has as many values as the socket has owners, but for the
  // attribution.
  @inlinable package static var owners: Field { Field(number: 36) }
  @inlinable package static var pid: Field { Field(number: 37) }
  @inlinable package static var descriptor: Field { Field(number: 38) }
  @inlinable package static var process: Field { Field(number: 39) }
  @inlinable package static var executable: Field { Field(number: 40) }
  @inlinable package static var processUser: Field { Field(number: 41) }
  @inlinable package static var processStart: Field { Field(number: 42) }
  @inlinable package static var attribution: Field { Field(number: 43) }

  // Unix sockets.
  @inlinable package static var path: Field { Field(number: 44) }
  @inlinable package static var peerInode: Field { Field(number: 45) }

  // Memory.
  @inlinable package static var receiveAllocated: Field { Field(number: 46) }
  @inlinable package static var receiveLimit: Field { Field(number: 47) }
  @inlinable package static var sendAllocated: Field { Field(number: 48) }
  @inlinable package static var sendLimit: Field { Field(number: 49) }
  @inlinable package static var forwardAllocated: Field { Field(number: 50) }
  @inlinable package static var sendQueued: Field { Field(number: 51) }
  @inlinable package static var optionMemory: Field { Field(number: 52) }
  @inlinable package static var backlogMemory: Field { Field(number: 53) }

  // TCP and IP.
  @inlinable package static var congestion: Field { Field(number: 54) }
  @inlinable package static var typeOfService: Field { Field(number: 55) }
  @inlinable package static var trafficClass: Field { Field(number: 56) }
}
