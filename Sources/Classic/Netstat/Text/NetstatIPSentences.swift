// netstat's sentences about IP and ICMP.
extension NetstatSentences {
  /// `Ip` of `/proc/net/snmp`.
  package static let ip = """
    - DefaultTTL
      InReceives = # total packets received
    ? InHdrErrors = # with invalid headers
    ? InAddrErrors = # with invalid addresses
      ForwDatagrams = # forwarded
    ? InUnknownProtos = # with unknown protocol
      InDiscards = # incoming packets discarded
      InDelivers = # incoming packets delivered
      OutRequests = # requests sent out
    ? OutDiscards = # outgoing packets dropped
    ? OutNoRoutes = # dropped because of missing route
    ? ReasmTimeout = # fragments dropped after timeout
    ? ReasmReqds = # reassemblies required
    ? ReasmOKs = # packets reassembled ok
    ? ReasmFails = # packet reassemblies failed
    ? FragOKs = # outgoing packets fragmented ok
    ? FragFails = # outgoing packets failed fragmentation
    ? FragCreates = # fragments created
    """

  /// `Icmp` of `/proc/net/snmp`.
  package static let icmp = """
      InMsgs = # ICMP messages received
      InErrors = # input ICMP message failed
    < InDestUnreachs = destination unreachable: #
    < InTimeExcds = timeout in transit: #
    < InParmProbs = wrong parameters: #
    < InSrcQuenchs = source quenches: #
    < InRedirects = redirects: #
    < InEchos = echo requests: #
    < InEchoReps = echo replies: #
    < InTimestamps = timestamp request: #
    < InTimestampReps = timestamp reply: #
    < InAddrMasks = address mask request: #
    < InAddrMaskReps = address mask replies: #
      OutMsgs = # ICMP messages sent
      OutErrors = # ICMP messages failed
    > OutDestUnreachs = destination unreachable: #
    > OutTimeExcds = time exceeded: #
    > OutParmProbs = wrong parameters: #
    > OutSrcQuenchs = source quench: #
    > OutRedirects = redirect: #
    > OutEchos = echo requests: #
    > OutEchoReps = echo replies: #
    > OutTimestamps = timestamp requests: #
    > OutTimestampReps = timestamp replies: #
    > OutAddrMasks = address mask requests: #
    > OutAddrMaskReps = address mask replies: #
    """

  /// `Ip6` of `/proc/net/snmp6`.
  static let ip6 = """
      Ip6InReceives = # total packets received
    ? Ip6InHdrErrors = # with invalid headers
    ? Ip6InTooBigErrors = # with packets too big
    ? Ip6InNoRoutes = # incoming packets with no route
    ? Ip6InAddrErrors = # with invalid addresses
    ? Ip6InUnknownProtos = # with unknown protocol
    ? Ip6InTruncatedPkts = # with truncated packets
      Ip6InDiscards = # incoming packets discarded
      Ip6InDelivers = # incoming packets delivered
      Ip6OutForwDatagrams = # forwarded
      Ip6OutRequests = # requests sent out
    ? Ip6OutDiscards = # outgoing packets dropped
    ? Ip6OutNoRoutes = # dropped because of missing route
    ? Ip6ReasmTimeout = # fragments dropped after timeout
    ? Ip6ReasmReqds = # reassemblies required
    ? Ip6ReasmOKs = # packets reassembled ok
    ? Ip6ReasmFails = # packet reassemblies failed
    ? Ip6FragOKs = # outgoing packets fragmented ok
    ? Ip6FragFails = # outgoing packets failed fragmentation
    ? Ip6FragCreates = # fragments created
    ? Ip6InMcastPkts = # incoming multicast packets
    ? Ip6OutMcastPkts = # outgoing multicast packets
    """

  /// `Icmp6` of `/proc/net/snmp6`.
  static let icmp6 = """
      Icmp6InMsgs = # ICMP messages received
      Icmp6InErrors = # input ICMP message failed
      Icmp6OutMsgs = # ICMP messages sent
    < Icmp6InDestUnreachs = destination unreachable: #
    < Icmp6InPktTooBigs = packets too big: #
    < Icmp6InTimeExcds = received ICMPv6 time exceeded: #
    < Icmp6InParmProblems = parameter problem: #
    < Icmp6InEchos = echo requests: #
    < Icmp6InEchoReplies = echo replies: #
    < Icmp6InGroupMembQueries = group member queries: #
    < Icmp6InGroupMembResponses = group member responses: #
    < Icmp6InGroupMembReductions = group member reductions: #
    < Icmp6InRouterSolicits = router solicits: #
    < Icmp6InRouterAdvertisements = router advertisement: #
    < Icmp6InNeighborSolicits = neighbour solicits: #
    < Icmp6InNeighborAdvertisements = neighbour advertisement: #
    < Icmp6InRedirects = redirects: #
    > Icmp6OutDestUnreachs = destination unreachable: #
    > Icmp6OutPktTooBigs = packets too big: #
    > Icmp6OutTimeExcds = sent ICMPv6 time exceeded: #
    > Icmp6OutParmProblems = parameter problem: #
    > Icmp6OutEchos = echo requests: #
    > Icmp6OutEchoReplies = echo replies: #
    > Icmp6OutGroupMembQueries = group member queries: #
    > Icmp6OutGroupMembResponses = group member responses: #
    > Icmp6OutGroupMembReductions = group member reductions: #
    > Icmp6OutRouterSolicits = router solicits: #
    > Icmp6OutNeighborSolicits = neighbor solicits: #
    > Icmp6OutNeighborAdvertisements = neighbor advertisements: #
    > Icmp6OutRedirects = redirects: #
    """
}
