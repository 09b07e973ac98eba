import CommandLine
import Options

extension Registry {
  /// The commands of the program. A new command is one file and one entry here.
  static let sockinspect = Registry(
    listing: ListingOptions.listing.table,
    commands: [
      .watch, .top, .graph, .why, .canBind, .doctor, .listenDemo, .connectDemo, .flowDemo, .netstat, .lsof, .explain,
      .lesson,
      .capture, .link, .help,
      .completions, .man, .version,
    ],
    chapters: chapters(of:))

  /// The chapters of help and manual: of the listing, of the commands, of the program. Most
  /// chapters of commands have a fixed place, as does what the demos share; a new one follows them.
  @Sendable static func chapters(of commands: [Command]) -> [Topic] {
    let places: [TopicID] = [
      .capture, .watch, .top, .graph, .why, .canBind, .doctor, .demo, .listenDemo, .connectDemo, .flowDemo, .explain,
      .lesson,
      .netstat, .lsof,
      .link,
    ]
    let chapters = [Topic.demo] + commands.compactMap { $0.chapter?() }
    let placed = places.compactMap { place in chapters.first { $0.id == place } }
    return Topic.ofListing + placed + chapters.filter { !places.contains($0.id) } + Topic.ofProgram
  }
}
