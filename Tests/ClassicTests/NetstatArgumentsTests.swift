import Inspection
import Options
import Rendering
import TestSupport
import Testing

@testable import Classic

@Suite("The command line of netstat", .timeLimited)
struct NetstatArgumentsTests {
  private func read(_ line: String) throws -> NetstatArguments {
    try NetstatArguments(line.split(separator: " ").map(String.init))
  }

  @Test("without arguments every kind of socket is shown, but no servers")
  func plain() throws {
    let plain = try read("")
    #expect(!plain.isChosen && plain.shows(.tcp) && plain.shows(.unix) && plain.readsIPv4 && plain.readsIPv6)
    #expect(plain.view.servers == .none && plain.root == nil && !plain.isContinuous && !plain.wantsStatistics)
  }

  @Test(
    "kinds and families choose what is shown",
    arguments: [
      ("-t", "tcp 4 6"), ("-tu -4", "tcp udp 4"), ("-x", "unix 4 6"), ("-4", "tcp sctp udp udplite raw 4 implied"),
      ("-6x", "tcp sctp udp udplite raw unix 6 implied"), ("-A ip,ip6 -w", "raw 4 6"), ("-46t", "tcp 4 6"),
      ("--inet6 --udpl", "udplite 6"), ("--protocol=tcpip", "tcp sctp udp udplite raw 4 implied"), ("-A ddp", "4 6"),
      ("-s", "tcp sctp udp udplite raw 4 6 implied"), ("-su", "udp 4 6"), ("--bluetooth", "l2cap rfcomm 4 6"),
      ("--bluetooth -2", "l2cap 4 6"), ("-tx -- -u", "tcp unix 4 6"), ("-t -u -t", "tcp udp 4 6"),
    ])
  func choice(line: String, shown: String) throws {
    let arguments = try read(line)
    var words = NetstatArguments.Socket.allCases.filter(arguments.sockets.contains).map { "\($0)" }
    if arguments.readsIPv4 { words.append("4") }
    if arguments.readsIPv6 { words.append("6") }
    if arguments.areProtocolsImplied { words.append("implied") }
    #expect(words.joined(separator: " ") == shown)
  }

  @Test("letters in clusters and long names mean the same, in any order, between operands")
  func spellings() throws {
    let long = "--all --numeric --extend --programs --timers --wide --tcp --verbose --continuous"
    #expect(try read("-anepoWtvc") == read(long))
    #expect(try read("eth0 -an 5 -epoWtvc x") == read(long))
    #expect(try read("--al --numeric --ext --progr --ti --wi --tcp --verb --conti") == read(long))
    #expect(
      try read("-la").view.servers == .all && read("-al").view.servers == .all && read("-l").view.servers == .only)
    #expect(try read("--numeric-u").view.numericUsers && !read("--numeric-users").view.numericHosts)
  }

  @Test("--netns is accepted anywhere among the options")
  func netns() throws {
    #expect(try read("-t").namespaces == .here && read("--netns all -t").namespaces == .all)
    #expect(try read("-tn --netns=blue -l").namespaces == .one("blue"))
    #expect(throws: NetstatArguments.End.wrong("option '--netns' requires an argument")) { try read("--netns") }
    #expect(try read("--netns all --root a").namespaces == .all)
  }

  @Test("--root is accepted anywhere among the options")
  func root() throws {
    #expect(try read("--root a -t").root == "a" && read("-t --root=b").root == "b")
    #expect(try read("--root a --root b").root == "b" && read("-t -- --root c").root == nil)
    #expect(throws: NetstatArguments.End.wrong("option '--root' requires an argument")) { try read("-t --root") }
  }

  @Test(
    "what ends the parsing of arguments",
    arguments: [
      ("-h -k", .help), ("-k -h", .wrong("invalid option -- 'k'")), ("-V", .version), ("-?", .wrong(nil)),
      ("-Z", .contexts),
      ("-A inet,nothing", .unknownFamily("nothing")), ("-A x25,", .unknownFamily("")),
      ("-rn", .refused("-r", shows: "the routing table", use: "ip route")),
      ("--gr", .refused("--groups", shows: "multicast groups", use: "ip maddress")),
      ("--tcp=1", .wrong("option '--tcp' doesn't allow an argument")),
      ("-A", .wrong("option requires an argument -- 'A'")),
      ("--proto", .wrong("option '--protocol' requires an argument")),
    ] as [(String, NetstatArguments.End)])
  func ends(line: String, end: NetstatArguments.End) throws {
    #expect(throws: end) { try read(line) }
  }

  @Test("a name that several options begin with is ambiguous unless they are one to getopt")
  func abbreviations() {
    let getopt = GetoptLong(
      letters: "ab:",
      names: [.init("alpha", "a"), .init("alp", "c"), .init("also", "a"), .init("beta", "b", takesValue: true)])
    #expect(getopt.parse(["--alp"]) == [.option("c", name: "alp", value: nil)])
    #expect(getopt.parse(["--als"]) == [.option("a", name: "also", value: nil)])
    #expect(getopt.parse(["--al"]) == [.wrong("option '--al' is ambiguous; possibilities: '--alpha' '--alp'")])
    #expect(
      getopt.parse(["--b=x", "-b", "y", "-abz", "-a-"]) == [
        .option("b", name: "beta", value: "x"), .option("b", name: nil, value: "y"),
        .option("a", name: nil, value: nil),
        .option("b", name: nil, value: "z"), .option("a", name: nil, value: nil), .wrong("invalid option -- '-'"),
      ])
    #expect(getopt.parse(["-", "x", "--", "-a"]) == [.operand("-"), .operand("x"), .operand("-a")])
    #expect(
      getopt.parse(["-:", "-a\u{1B}"]) == [
        .wrong("invalid option -- ':'"), .option("a", name: nil, value: nil), .wrong("invalid option -- '\u{1B}'"),
      ])
  }

  @Test(
    "every option of the table of help is one that is read, with its letter and its name",
    arguments: NetstatOptionTable.explained)
  func table(option: Option) throws {
    guard option.id != "root", option.id != "netns" else { return }
    let name = try #require(NetstatOptionTable.getopt.names.first { $0.name == option.long })
    #expect(name.takesValue == (option.value != nil))
    if let letter = option.short, name.meaning != "\u{1}" { #expect(name.meaning == letter) }
    if let letter = option.short { #expect(NetstatOptionTable.getopt.letters.contains(letter)) }
  }
}
