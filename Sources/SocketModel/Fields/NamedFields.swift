/// The fields that code asks for by name. The next free number is 57.
///
/// They are constants that other modules see through, so that a `switch` over them is as quick as
/// one over an enumeration.
extension Field {
  // What it is.
  @inlinable public static var transport: Field { Field(number: 0) }
  @inlinable public static var family: Field { Field(number: 1) }
  @inlinable public static var socketType: Field { Field(number: 2) }
  @inlinable public static var ipProtocol: Field { Field(number: 3) }
  @inlinable public static var state: Field { Field(number: 4) }
  @inlinable public static var netns: Field { Field(number: 5) }

  // When and where it was seen.
  @inlinable public static var time: Field { Field(number: 6) }
  @inlinable public static var hostName: Field { Field(number: 7) }

  // The two ends.
  @inlinable public static var local: Field { Field(number: 8) }
  @inlinable public static var localAddress: Field { Field(number: 9) }
  @inlinable public static var localPort: Field { Field(number: 10) }
  @inlinable public static var peer: Field { Field(number: 11) }
  @inlinable public static var peerAddress: Field { Field(number: 12) }
  @inlinable public static var peerPort: Field { Field(number: 13) }
  @inlinable public static var interface: Field { Field(number: 14) }
  @inlinable public static var ipv6Only: Field { Field(number: 15) }

  // What takes the place of ports.
  @inlinable public static var portID: Field { Field(number: 16) }
  @inlinable public static var peerPortID: Field { Field(number: 17) }
  @inlinable public static var echoID: Field { Field(number: 18) }
  @inlinable public static var groups: Field { Field(number: 19) }

  // Queues and counters.
  @inlinable public static var receiveQueue: Field { Field(number: 20) }
  @inlinable public static var sendQueue: Field { Field(number: 21) }
  @inlinable public static var acceptQueue: Field { Field(number: 22) }
  @inlinable public static var acceptLimit: Field { Field(number: 23) }
  @inlinable public static var drops: Field { Field(number: 24) }

  // Timer.
  @inlinable public static var timer: Field { Field(number: 25) }
  @inlinable public static var timerExpires: Field { Field(number: 26) }
  @inlinable public static var retransmits: Field { Field(number: 27) }
  @inlinable public static var probes: Field { Field(number: 28) }

  // Identity.
  @inlinable public static var uid: Field { Field(number: 29) }
  @inlinable public static var user: Field { Field(number: 30) }
  @inlinable public static var inode: Field { Field(number: 31) }
  @inlinable public static var cookie: Field { Field(number: 32) }
  @inlinable public static var mark: Field { Field(number: 33) }
  @inlinable public static var cgroup: Field { Field(number: 34) }
  @inlinable public static var shutdown: Field { Field(number: 35) }

  // Owners. A field of this group has as many values as the socket has owners, but for the
  // attribution.
  @inlinable public static var owners: Field { Field(number: 36) }
  @inlinable public static var pid: Field { Field(number: 37) }
  @inlinable public static var descriptor: Field { Field(number: 38) }
  @inlinable public static var process: Field { Field(number: 39) }
  @inlinable public static var executable: Field { Field(number: 40) }
  @inlinable public static var processUser: Field { Field(number: 41) }
  @inlinable public static var processStart: Field { Field(number: 42) }
  @inlinable public static var attribution: Field { Field(number: 43) }

  // Unix sockets.
  @inlinable public static var path: Field { Field(number: 44) }
  @inlinable public static var peerInode: Field { Field(number: 45) }

  // Memory.
  @inlinable public static var receiveAllocated: Field { Field(number: 46) }
  @inlinable public static var receiveLimit: Field { Field(number: 47) }
  @inlinable public static var sendAllocated: Field { Field(number: 48) }
  @inlinable public static var sendLimit: Field { Field(number: 49) }
  @inlinable public static var forwardAllocated: Field { Field(number: 50) }
  @inlinable public static var sendQueued: Field { Field(number: 51) }
  @inlinable public static var optionMemory: Field { Field(number: 52) }
  @inlinable public static var backlogMemory: Field { Field(number: 53) }

  // TCP and IP.
  @inlinable public static var congestion: Field { Field(number: 54) }
  @inlinable public static var typeOfService: Field { Field(number: 55) }
  @inlinable public static var trafficClass: Field { Field(number: 56) }
}
