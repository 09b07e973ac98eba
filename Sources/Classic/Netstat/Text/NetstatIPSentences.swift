// netstat's sentences about IP and ICMP.
extension NetstatSentences {
  /// What both versions of IP count.
  private static let eitherVersion = """
      InReceives = # total packets received
    ? InHdrErrors = # with invalid headers
    ? InAddrErrors = # with invalid addresses
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

  /// `Ip` of `/proc/net/snmp`.
  static let ip = """
    - DefaultTTL
      ForwDatagrams = # forwarded

    """ + eitherVersion

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
    ? InTooBigErrors = # with packets too big
    ? InNoRoutes = # incoming packets with no route
    ? InTruncatedPkts = # with truncated packets
      OutForwDatagrams = # forwarded
    ? InMcastPkts = # incoming multicast packets
    ? OutMcastPkts = # outgoing multicast packets

    """ + eitherVersion

  /// `Icmp6` of `/proc/net/snmp6`.
  static let icmp6 = """
      InMsgs = # ICMP messages received
      InErrors = # input ICMP message failed
      OutMsgs = # ICMP messages sent
    < InDestUnreachs = destination unreachable: #
    < InPktTooBigs = packets too big: #
    < InTimeExcds = received ICMPv6 time exceeded: #
    < InParmProblems = parameter problem: #
    < InEchos = echo requests: #
    < InEchoReplies = echo replies: #
    < InGroupMembQueries = group member queries: #
    < InGroupMembResponses = group member responses: #
    < InGroupMembReductions = group member reductions: #
    < InRouterSolicits = router solicits: #
    < InRouterAdvertisements = router advertisement: #
    < InNeighborSolicits = neighbour solicits: #
    < InNeighborAdvertisements = neighbour advertisement: #
    < InRedirects = redirects: #
    > OutDestUnreachs = destination unreachable: #
    > OutPktTooBigs = packets too big: #
    > OutTimeExcds = sent ICMPv6 time exceeded: #
    > OutParmProblems = parameter problem: #
    > OutEchos = echo requests: #
    > OutEchoReplies = echo replies: #
    > OutGroupMembQueries = group member queries: #
    > OutGroupMembResponses = group member responses: #
    > OutGroupMembReductions = group member reductions: #
    > OutRouterSolicits = router solicits: #
    > OutNeighborSolicits = neighbor solicits: #
    > OutNeighborAdvertisements = neighbor advertisements: #
    > OutRedirects = redirects: #
    """
}
