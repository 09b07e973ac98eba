/// The multicast groups of a netlink socket as text.
enum NetlinkGroups {
  /// The groups as numbers and ranges, such as `1,5-8`.
  static func text(_ groups: [UInt32]) -> String {
    var parts: [String] = []
    var index = 0
    while index < groups.count {
      var end = index
      while end + 1 < groups.count, groups[end + 1] == groups[end] &+ 1 { end += 1 }
      parts.append(end == index ? "\(groups[index])" : "\(groups[index])-\(groups[end])")
      index = end + 1
    }
    return parts.joined(separator: ",")
  }
}
