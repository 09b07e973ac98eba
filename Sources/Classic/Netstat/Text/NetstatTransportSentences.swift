// netstat's sentences about TCP, UDP and SCTP.
extension NetstatSentences {
  /// `Tcp` of `/proc/net/snmp`.
  package static let tcp = """
    - RtoAlgorithm
    - RtoMin
    - RtoMax
    - MaxConn
      ActiveOpens = # active connection openings
      PassiveOpens = # passive connection openings
      AttemptFails = # failed connection attempts
      EstabResets = # connection resets received
      CurrEstab = # connections established
      InSegs = # segments received
      OutSegs = # segments sent out
      RetransSegs = # segments retransmitted
      InErrs = # bad segments received
      OutRsts = # resets sent
    """

  /// `TcpExt` of `/proc/net/netstat`.
  static let tcpExtended = """
    ? SyncookiesSent = # SYN cookies sent
    ? SyncookiesRecv = # SYN cookies received
    ? SyncookiesFailed = # invalid SYN cookies received
    ? EmbryonicRsts = # resets received for embryonic SYN_RECV sockets
    ? PruneCalled = # packets pruned from receive queue because of socket buffer overrun
    ? RcvPruned = # packets pruned from receive queue
    ? OfoPruned = # packets dropped from out-of-order queue because of socket buffer overrun
    ? OutOfWindowIcmps = # ICMP packets dropped because they were out-of-window
    ? LockDroppedIcmps = # ICMP packets dropped because socket was locked
    ? TW = # TCP sockets finished time wait in fast timer
    ? TWRecycled = # time wait sockets recycled by time stamp
    ? PAWSActive = # active connections rejected because of time stamp
    ? PAWSEstab = # packets rejected in established connections because of timestamp
    ? DelayedACKs = # delayed acks sent
    ? DelayedACKLocked = # delayed acks further delayed because of locked socket
    ? DelayedACKLost = Quick ack mode was activated # times
    ? ListenOverflows = # times the listen queue of a socket overflowed
    ? ListenDrops = # SYNs to LISTEN sockets dropped
      TCPHPHits = # packet headers predicted
    ? TCPPureAcks = # acknowledgments not containing data payload received
    ? TCPHPAcks = # predicted acknowledgments
    ? TCPRenoRecovery = # times recovered from packet loss due to fast retransmit
    ? TCPSACKReorder = Detected reordering # times using SACK
    ? TCPRenoReorder = Detected reordering # times using reno fast retransmit
    ? TCPTSReorder = Detected reordering # times using time stamp
    ? TCPFullUndo = # congestion windows fully recovered without slow start
    ? TCPPartialUndo = # congestion windows partially recovered using Hoe heuristic
    ? TCPLossUndo = # congestion windows recovered without slow start after partial ack
    ? TCPRenoFailures = # timeouts after reno fast retransmit
    ? TCPLossFailures = # timeouts in loss state
    ? TCPFastRetrans = # fast retransmits
    ? TCPSlowStartRetrans = # retransmits in slow start
    ? TCPRcvCollapsed = # packets collapsed in receive queue due to low socket buffer
    ? TCPAbortOnData = # connections reset due to unexpected data
    ? TCPAbortOnClose = # connections reset due to early user close
    ? TCPAbortOnMemory = # connections aborted due to memory pressure
    ? TCPAbortOnTimeout = # connections aborted due to timeout
    ? TCPAbortOnLinger = # connections aborted after user close in linger timeout
    ? TCPAbortFailed = # times unable to send RST due to no memory
    ? TCPMemoryPressures = TCP ran low on memory # times
    ? PAWSPassive = # passive connections rejected because of time stamp
    ? SockMallocOOM = Ran # times out of system memory during packet sending
    ? TCPAbortOnSyn = # connections reset due to unexpected SYN
    ? TCPDirectCopyFromBacklog = # bytes directly in process context from backlog
    ? TCPFACKReorder = Detected reordering # times using FACK
    ? TCPForwardRetrans = # forward retransmits
    ? TCPHPHitsToUser = # packet headers predicted and directly queued to user
    ? TCPLostRetransmits = # retransmits lost
    ? TCPPrequeued = # packets directly queued to recvmsg prequeue
    ? TCPSchedulerFailed = # times receiver scheduled too late for direct processing
    """

  /// `Udp` of `/proc/net/snmp`.
  package static let udp = """
      InDatagrams = # packets received
      NoPorts = # packets to unknown port received
      InErrors = # packet receive errors
      OutDatagrams = # packets sent
      RcvbufErrors = # receive buffer errors
      SndbufErrors = # send buffer errors
    """

  /// `Udp6` of `/proc/net/snmp6`.
  package static let udp6 = """
      InDatagrams = # packets received
      NoPorts = # packets to unknown port received
      InErrors = # packet receive errors
      OutDatagrams = # packets sent
    """

  /// `/proc/net/sctp/snmp`.
  package static let sctp = """
      SctpAborteds = # Number of Aborteds\u{20}
      SctpActiveEstabs = # Active Associations
      SctpChecksumErrors = # Number of Packets with invalid Checksum
      SctpCurrEstab = # Current Associations
      SctpFragUsrMsgs = # Number of messages fragmented
      SctpInCtrlChunks = # Number of control chunks received
      SctpInOrderChunks = # Number of ordered chunks received
      SctpInSCTPPacks = # Number of SCTP packets received
      SctpInUnorderChunks = # Number of Unordered chunks received
      SctpOutCtrlChunks = # Number of control chunks sent
      SctpOutOfBlues = # Number of Out of Blue packets
      SctpOutOrderChunks = # Number of ordered chunks sent
      SctpOutSCTPPacks = # Number of SCTP packets sent
      SctpOutUnorderChunks = # Number of Unordered chunks sent
      SctpPassiveEstabs = # Passive Associations
      SctpReasmUsrMsgs = # Number of messages reassembled\u{20}
      SctpShutdowns = # Number of Graceful Terminations
    """
}
