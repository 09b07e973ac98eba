public import SocketModel
internal import Text

/// The list of all fields with what they mean (`--list-columns`).
public enum ColumnList {
  /// Groups of fields that belong together, in the order of `Field.all`.
  public enum Group: String, CaseIterable, Sendable {
    /// What a socket is.
    case kind = "What it is"
    /// Its two ends.
    case ends = "The two ends"
    /// Queues and counters.
    case queues = "Queues and counters"
    /// The running timer.
    case timer = "Timer"
    /// What identifies and labels it.
    case identity = "Identity"
    /// The processes that hold it.
    case owners = "Owners (one value an owner)"
    /// Unix sockets only.
    case unix = "Unix sockets"
    /// Memory accounting.
    case memory = "Memory"
    /// TCP and IP figures.
    case tcp = "TCP and IP"

    /// The fields of the group.
    public var fields: [Field] { Field.all.filter { $0.group == self } }
  }

  /// One line a field under the heading of its group: name, heading of the column, unit and summary. No line is wider than the style's width: the
  /// summary is cut where there is one.
  public static func text(_ style: TableStyle) -> [UInt8] {
    var output: [UInt8] = []
    let fields = Field.all.map { $0.description }
    let names = fields.reduce(0) { max($0, $1.name.utf8.count) }
    let titles = fields.reduce(0) { max($0, $1.title.utf8.count) }
    let units = fields.reduce(0) { max($0, ($1.unit ?? "-").utf8.count) }
    for group in Group.allCases {
      if !output.isEmpty { output.append(0x0A) }
      if style.usesColour { output.append(ascii: Colour.heading.start) }
      output.append(ascii: group.rawValue)
      if style.usesColour { output.append(ascii: Colour.end) }
      output.append(0x0A)
      for field in group.fields {
        let description = field.description
        var line: [UInt8] = []
        for (text, width) in [
          ("  " + description.name, names + 2), (description.title, titles), (description.unit ?? "-", units),
        ] {
          line.append(ascii: text)
          line.append(blanks: width - text.utf8.count + TableColumn.gap)
        }
        line.append(ascii: description.summary)
        if let width = style.width, TextWidth.columns(line[...]) > width {
          line = TextCut(isASCII: style.isASCII).end(line[...], to: max(width, 1))
        }
        output += line
        output.append(0x0A)
      }
    }
    return output
  }
}

extension Field {
  /// The group under which lists of fields show it.
  package var group: ColumnList.Group {
    switch self {
    case .transport, .family, .socketType, .ipProtocol, .state, .netns, .time, .hostName: .kind
    case .local, .localAddress, .localPort, .peer, .peerAddress, .peerPort, .interface, .ipv6Only, .portID,
      .peerPortID, .echoID, .groups:
      .ends
    case .receiveQueue, .sendQueue, .acceptQueue, .acceptLimit, .drops: .queues
    case .timer, .timerExpires, .retransmits, .probes: .timer
    case .uid, .user, .inode, .cookie, .mark, .cgroup, .shutdown: .identity
    case .owners, .pid, .descriptor, .process, .executable, .processUser, .processStart, .attribution: .owners
    case .path, .peerInode: .unix
    case .receiveAllocated, .receiveLimit, .sendAllocated, .sendLimit, .forwardAllocated, .sendQueued, .optionMemory,
      .backlogMemory:
      .memory
    case .congestion, .typeOfService, .trafficClass, .tcp: .tcp
    }
  }
}
