/// The fields that code asks for by name. Free are the numbers 79-84 and 86-111; those of TCP metrics
/// begin at 112.
///
/// They are constants that other modules can inline, so that a `switch` over them is as quick as
/// one over an enumeration.
extension Field {
  // What it is.
  /// The field `transport`: protocol: tcp, udp, unix ...
  @inlinable public static var transport: Field { Field(number: 0) }
  /// The field `family`: address family: ipv4, ipv6, unix, packet, netlink, other.
  @inlinable public static var family: Field { Field(number: 1) }
  /// The field `socket_type`: stream, dgram, raw, seqpacket ...
  @inlinable public static var socketType: Field { Field(number: 2) }
  /// The field `ip_protocol`: protocol number of a raw, packet (ethertype) or netlink socket.
  @inlinable public static var ipProtocol: Field { Field(number: 3) }
  /// The field `state`: state, as the kernel names it, in lower case.
  @inlinable public static var state: Field { Field(number: 4) }
  /// The field `netns`: inode number of the network namespace.
  @inlinable public static var netns: Field { Field(number: 5) }

  // When and where it was seen.
  /// The field `time`: when the sockets were read, as RFC 3339 writes it.
  @inlinable public static var time: Field { Field(number: 6) }
  /// The field `hostname`: name of the machine that the sockets are of.
  @inlinable public static var hostName: Field { Field(number: 7) }

  // The two ends.
  /// The field `local`: local address and port, or unix path.
  @inlinable public static var local: Field { Field(number: 8) }
  /// The field `local_address`: local address.
  @inlinable public static var localAddress: Field { Field(number: 9) }
  /// The field `local_port`: local port.
  @inlinable public static var localPort: Field { Field(number: 10) }
  /// The field `peer`: remote address and port; - when there is none.
  @inlinable public static var peer: Field { Field(number: 11) }
  /// The field `peer_address`: remote address.
  @inlinable public static var peerAddress: Field { Field(number: 12) }
  /// The field `peer_port`: remote port.
  @inlinable public static var peerPort: Field { Field(number: 13) }
  /// The field `interface`: interface the socket is bound to.
  @inlinable public static var interface: Field { Field(number: 14) }
  /// The field `ipv6_only`: whether an IPv6 socket refuses IPv4 (sock_diag only).
  @inlinable public static var ipv6Only: Field { Field(number: 15) }

  // Instead of ports.
  /// The field `port_id`: port id of a netlink socket; 0 for the kernel's own.
  @inlinable public static var portID: Field { Field(number: 16) }
  /// The field `peer_port_id`: port id that a netlink socket is connected to.
  @inlinable public static var peerPortID: Field { Field(number: 17) }
  /// The field `echo_id`: echo identifier of an ICMP socket, which it has instead of a port.
  @inlinable public static var echoID: Field { Field(number: 18) }
  /// The field `groups`: multicast groups that a netlink socket has joined: 1,5-8 (sock_diag only).
  @inlinable public static var groups: Field { Field(number: 19) }

  // Queues and counters.
  /// The field `recv_queue`: bytes not read yet; for a listener, connections not accepted yet.
  @inlinable public static var receiveQueue: Field { Field(number: 20) }
  /// The field `send_queue`: bytes not acknowledged yet.
  @inlinable public static var sendQueue: Field { Field(number: 21) }
  /// The field `accept_queue`: connections waiting to be accepted, of a TCP or unix listener.
  @inlinable public static var acceptQueue: Field { Field(number: 22) }
  /// The field `accept_limit`: limit of the accept queue.
  @inlinable public static var acceptLimit: Field { Field(number: 23) }
  /// The field `drops`: datagrams, or connections of a listener, that were dropped.
  @inlinable public static var drops: Field { Field(number: 24) }

  // Timer.
  /// The field `timer`: timer that is running: retransmit, keepalive, timewait, probe, delack, off.
  @inlinable public static var timer: Field { Field(number: 25) }
  /// The field `timer_expires_ms`: time until the timer fires.
  @inlinable public static var timerExpires: Field { Field(number: 26) }
  /// The field `retransmits`: retransmissions in a row, unanswered.
  @inlinable public static var retransmits: Field { Field(number: 27) }
  /// The field `probes`: keepalive or window probes in a row, unanswered.
  @inlinable public static var probes: Field { Field(number: 28) }

  // Identity.
  /// The field `uid`: user id of the socket.
  @inlinable public static var uid: Field { Field(number: 29) }
  /// The field `user`: user of the socket.
  @inlinable public static var user: Field { Field(number: 30) }
  /// The field `inode`: inode of the socket; 0 for one without a file.
  @inlinable public static var inode: Field { Field(number: 31) }
  /// The field `cookie`: the kernel's identity of the socket (sock_diag only).
  @inlinable public static var cookie: Field { Field(number: 32) }
  /// The field `mark`: SO_MARK; needs CAP_NET_ADMIN.
  @inlinable public static var mark: Field { Field(number: 33) }
  /// The field `cgroup`: control group that the socket was made in.
  @inlinable public static var cgroup: Field { Field(number: 34) }
  /// The field `shutdown`: directions that were shut down: r, w or rw.
  @inlinable public static var shutdown: Field { Field(number: 35) }

  // Owners. A field of this group, except the attribution, has as many values as the socket has
  // owners.
  /// The field `owners`: every owner: process, pid and descriptor.
  @inlinable public static var owners: Field { Field(number: 36) }
  /// The field `pid`: process id of an owner.
  @inlinable public static var pid: Field { Field(number: 37) }
  /// The field `fd`: descriptor number in the owner.
  @inlinable public static var descriptor: Field { Field(number: 38) }
  /// The field `process`: name of the owning process.
  @inlinable public static var process: Field { Field(number: 39) }
  /// The field `executable`: program file of the owner.
  @inlinable public static var executable: Field { Field(number: 40) }
  /// The field `process_user`: user that the owner runs as.
  @inlinable public static var processUser: Field { Field(number: 41) }
  /// The field `process_start`: when the owner started; in JSON and CSV seconds since 1970.
  @inlinable public static var processStart: Field { Field(number: 42) }
  /// The field `attribution`: how the owners were found: fd, io_uring, in_flight, thread.
  @inlinable public static var attribution: Field { Field(number: 43) }
  /// The field `command`: how the owner was called: program and arguments.
  @inlinable public static var command: Field { Field(number: 61) }
  /// The field `age`: how long the owner has been running.
  @inlinable public static var age: Field { Field(number: 62) }
  /// The field `parent`: process id of the owner's parent.
  @inlinable public static var parent: Field { Field(number: 63) }
  /// The field `cwd`: working directory of the owner.
  @inlinable public static var workingDirectory: Field { Field(number: 64) }

  // Workload.
  /// The field `workload`: unit, container, pod ... of the socket.
  @inlinable public static var workload: Field { Field(number: 57) }
  /// The field `unit`: systemd unit that the socket was made in.
  @inlinable public static var unit: Field { Field(number: 58) }
  /// The field `container`: container that the socket was made in.
  @inlinable public static var container: Field { Field(number: 59) }
  /// The field `pod`: pod that the socket was made in.
  @inlinable public static var pod: Field { Field(number: 60) }

  // The other end's owners.
  /// The field `peer_pid`: process id of an owner of the other end.
  @inlinable public static var peerPID: Field { Field(number: 66) }
  /// The field `peer_process`: name of a process at the other end.
  @inlinable public static var peerProcess: Field { Field(number: 67) }
  /// The field `peer_owners`: every owner of the other end.
  @inlinable public static var peerOwners: Field { Field(number: 68) }

  /// The field `peer_workload`: unit, container or pod of the other end.
  @inlinable public static var peerWorkload: Field { Field(number: 69) }

  /// The field `owner_reason`: why no process is known to have it: not-permitted, kernel ...
  @inlinable public static var ownerReason: Field { Field(number: 65) }

  // Sockets that no table lists.
  /// The field `kernel_protocol`: the kernel's name of a protocol without a transport here.
  @inlinable public static var kernelProtocol: Field { Field(number: 85) }

  // Unix sockets.
  /// The field `path`: name of a unix socket; @ begins an abstract one.
  @inlinable public static var path: Field { Field(number: 44) }
  /// The field `peer_inode`: inode of the unix socket at the other end.
  @inlinable public static var peerInode: Field { Field(number: 45) }

  // Memory.
  /// The field `receiveAllocated`.
  @inlinable public static var receiveAllocated: Field { Field(number: 46) }
  /// The field `receiveLimit`.
  @inlinable public static var receiveLimit: Field { Field(number: 47) }
  /// The field `sendAllocated`.
  @inlinable public static var sendAllocated: Field { Field(number: 48) }
  /// The field `sendLimit`.
  @inlinable public static var sendLimit: Field { Field(number: 49) }
  /// The field `forwardAllocated`.
  @inlinable public static var forwardAllocated: Field { Field(number: 50) }
  /// The field `sendQueued`.
  @inlinable public static var sendQueued: Field { Field(number: 51) }
  /// The field `optionMemory`.
  @inlinable public static var optionMemory: Field { Field(number: 52) }
  /// The field `backlogMemory`.
  @inlinable public static var backlogMemory: Field { Field(number: 53) }

  // TCP and IP.
  /// The field `congestion`: congestion control algorithm.
  @inlinable public static var congestion: Field { Field(number: 54) }
  /// The field `tos`: IPv4 type of service byte.
  @inlinable public static var typeOfService: Field { Field(number: 55) }
  /// The field `tclass`: IPv6 traffic class byte.
  @inlinable public static var trafficClass: Field { Field(number: 56) }

  // Multipath TCP.
  /// The field `mptcp_token`: token of an MPTCP connection, and of the TCP sockets that carry it.
  @inlinable public static var mptcpToken: Field { Field(number: 70) }
  /// The field `subflows`: how many TCP connections carry an MPTCP connection.
  @inlinable public static var subflows: Field { Field(number: 71) }
  /// The field `fallback`: whether an MPTCP or SMC connection goes on as plain TCP.
  @inlinable public static var fallback: Field { Field(number: 72) }
  /// The field `mptcp_flags`: flags of a subflow, in the letters of ss.
  @inlinable public static var mptcpFlags: Field { Field(number: 73) }

  // Traffic of tracked sockets.
  /// The field `rx_rate`: bytes received per second, between the last two scans.
  @inlinable public static var receiveRate: Field { Field(number: 77) }
  /// The field `tx_rate`: bytes sent and acknowledged per second, between the last two scans.
  @inlinable public static var sendRate: Field { Field(number: 78) }

  // The ends of vsock and xdp.
  /// The field `cid`: context identifier of the local end of a vsock socket.
  @inlinable public static var contextID: Field { Field(number: 74) }
  /// The field `peer_cid`: context identifier of the remote end of a vsock socket.
  @inlinable public static var peerContextID: Field { Field(number: 75) }
  /// The field `queue`: queue of the interface that an xdp socket is bound to.
  @inlinable public static var interfaceQueue: Field { Field(number: 76) }
}
