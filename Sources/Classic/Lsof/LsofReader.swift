import Inspection
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel

/// Reads the command line of `lsof`: what is accepted, refused and wrong.
package struct LsofReader {
  var scanner: LsofScanner
  var plan = LsofPlan()
  var problems: [String] = []
  /// The first request that this program does not support.
  var refusal: String?
  let names: NameTables
  let kindOfName: ([UInt8]) -> LsofNameKind
  let isMountPoint: ([UInt8]) -> Bool?
  let variable: (String) -> String?
  var wantsHelp = false
  var wantsVersion = false
  var skipsInternet = false
  fileprivate var wantsFieldHelp = false
  fileprivate var wantsOffset = false
  fileprivate var wantsSize = false
  fileprivate var crossesOver = false

  private init(
    _ arguments: [String], names: NameTables, variable: @escaping (String) -> String?,
    kindOfName: @escaping ([UInt8]) -> LsofNameKind, isMountPoint: @escaping ([UInt8]) -> Bool?
  ) {
    scanner = LsofScanner(arguments)
    self.names = names
    self.variable = variable
    self.kindOfName = kindOfName
    self.isMountPoint = isMountPoint
  }

  /// Reads the arguments after the program's name. `kindOfName` looks at the file of a name;
  /// `isMountPoint` returns whether a file system is mounted at a path (`nil` when that is
  /// unknown).
  static func read(
    _ arguments: [String], names: NameTables, variable: @escaping (String) -> String?,
    kindOfName: @escaping ([UInt8]) -> LsofNameKind = LsofNameKind.of,
    isMountPoint: @escaping ([UInt8]) -> Bool? = { MountTable.contains($0) }
  ) -> LsofPlan.ParseResult {
    var reader = LsofReader(
      arguments, names: names, variable: variable, kindOfName: kindOfName, isMountPoint: isMountPoint)
    reader.readOptions()
    return reader.conclude()
  }

  private mutating func readOptions() {
    while true {
      switch scanner.next() {
      case .end: return
      case .unknown(let letter): problems.append(Self.unknown(letter))
      case .option(let letter):
        guard let option = LsofOptions.option(letter, behind: scanner.sign) else {
          problems.append(Self.unknown(letter))
          continue
        }
        option.effect(&self)
      }
    }
  }

  private static func unknown(_ letter: UInt8) -> String {
    letter == UInt8(ascii: ":")
      ? "a colon is no option" : "unknown option: \(String(decoding: [letter], as: UTF8.self))"
  }

  var isPlus: Bool { scanner.sign == UInt8(ascii: "+") }

  static let otherFiles = "files other than sockets are the work of the original lsof"

  mutating func refuse(_ option: String, _ advice: String) {
    if refusal == nil { refusal = "\(option) is not for sockets: \(advice)" }
  }

  // MARK: Options together

  private mutating func conclude() -> LsofPlan.ParseResult {
    if let netns = scanner.netns { plan.namespaces = NamespaceSelection(netns) }
    plan.root = scanner.root ?? RootVariable.value(variable)
    plan.isRootByVariable = scanner.root == nil && plan.root != nil
    if let problem = scanner.rootProblem { problems.append(problem) }
    checkCommands()
    let both = plan.criteria.states.intersection(plan.criteria.excludedStates)
    for number in both.sorted() {
      problems.append("-s: \(LsofStates.name(number) ?? "\(number)") is both included and excluded")
    }
    if wantsSize, wantsOffset { problems.append("-o and -s without states exclude each other") }
    plan.view.sizes = wantsOffset ? .offset : wantsSize ? .size : .either
    if plan.fields != nil {
      if plan.isTerse { problems.append("-F and -t exclude each other") }
      if let marker = plan.repetition?.marker, LsofReader.hasNewline(marker) {
        problems.append("-r: with -F the format must not hold %n: \"\(marker)\"")
      }
    }
    if crossesOver { problems.append("-x goes with +d or +D only") }
    if !problems.isEmpty { return .wrong(problems) }
    if wantsHelp { return .help }
    if wantsFieldHelp { return .fieldHelp }
    if wantsVersion { return .version }
    readNames()
    if let refusal { return .refused(refusal) }
    if !plan.nameErrors.isEmpty, plan.criteria.names.isEmpty {
      if !plan.allowsMissing { return .missing(plan.nameErrors) }
      if plan.criteria.selectors.isEmpty { return .missing([]) }
    }
    let selectors = plan.criteria.selectors
    if selectors.isEmpty, plan.criteria.isAnded { return .wrong(["-a: nothing is selected that could be joined"]) }
    if skipsInternet, !selectors.isDisjoint(with: [.internet, .address]) {
      return .wrong(["-X leaves out what -i selects"])
    }
    guard !selectors.isDisjoint(with: .sockets) else {
      return .refused("no sockets are selected: add -i or -U (\(Self.otherFiles))")
    }
    return .list(plan)
  }

  private mutating func checkCommands() {
    let commands = plan.criteria.commands.filter { $0.expression == nil }
    for excluded in commands.reversed() where excluded.isExcluded {
      for included in commands where !included.isExcluded && included.text == excluded.text {
        let name = String(decoding: included.text, as: UTF8.self)
        problems.append("-c^\(name) and -c\(name) contradict each other")
      }
    }
  }

  /// Whether a format of `strftime` makes a new line.
  static func hasNewline(_ format: String) -> Bool {
    var afterPercent = false
    for character in format {
      if afterPercent, character == "n" { return true }
      afterPercent = character == "%" && !afterPercent
    }
    return false
  }
}

// Options that change what is shown.
extension LsofReader {
  /// The number that the value begins with, and how many bytes it takes.
  package static func number(_ value: [UInt8]) -> (number: Int, length: Int)? {
    let digits = value.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty else { return nil }
    return (digits.reduce(0) { min($0 * 10 + Int($1 - UInt8(ascii: "0")), Int(Int32.max)) }, digits.count)
  }

  mutating func readCommandWidth() {
    guard let value = scanner.optionalValue(), let (width, _) = Self.number(value) else {
      return problems.append("+c: a width must stand behind it")
    }
    plan.view.commandLimit = width
    if width > Self.longestCommand {
      problems.append("+c \(width): the kernel keeps no more than \(Self.longestCommand) characters")
    }
  }

  /// The length of a process's name in the kernel, `TASK_COMM_LEN` without its NUL.
  static let longestCommand = 15

  mutating func readFields() {
    func all(_ terminator: UInt8) {
      plan.fields = Set("acCdDfFGikKlLmMnNopgPRsStTuzZ")
      plan.terminator = terminator
      plan.view.parents = true
      plan.view.groups = true
      plan.view.links = true
      plan.view.flags = .hexadecimal
      plan.view.information = .all
    }
    guard let value = scanner.optionalValue() else { return all(plan.terminator) }
    if value == [UInt8(ascii: "0")] { return all(0) }
    if value == [UInt8(ascii: "?")] {
      wantsFieldHelp = true
      return
    }
    var letters = plan.fields ?? []
    for byte in value {
      let letter = Character(Unicode.Scalar(byte))
      switch letter {
      case "0": plan.terminator = 0
      case "g": plan.view.groups = true
      case "R": plan.view.parents = true
      case "k": plan.view.links = true
      case "T": plan.view.information = .all
      case "G": plan.view.flags = .hexadecimal
      case "o": wantsOffset = true
      case _ where "acCdDfFiKlLmMnNpPrsStuzZ".contains(letter): break
      default: problems.append("-F: there is no field \(letter)")
      }
      if letter != "0" { letters.insert(letter) }
    }
    plan.fields = letters
  }

  mutating func readFlags() {
    // Without a value it says how names are meant, of which there are none here.
    guard let value = scanner.optionalValue() else { return }
    for byte in value {
      switch byte {
      case UInt8(ascii: "g"), UInt8(ascii: "G"):
        plan.view.flags = !isPlus ? .none : byte == UInt8(ascii: "G") ? .hexadecimal : .names
      default: problems.append("\(isPlus ? "+" : "-")f: unknown letter \(String(decoding: [byte], as: UTF8.self))")
      }
    }
  }

  mutating func readTasks() {
    guard let value = scanner.optionalValue() else {
      plan.criteria.tasks = true
      return
    }
    guard value == [UInt8(ascii: "i")] || value == [UInt8(ascii: "I")] else {
      return problems.append("-K: only i may stand behind it")
    }
    plan.criteria.tasks = false
  }

  mutating func readLinks() {
    plan.view.links = isPlus
    guard let value = scanner.optionalValue() else { return }
    let length = Self.number(value)?.length ?? 0
    if length > 0 {
      isPlus
        ? refuse("+L with a number", "sockets have no links; " + Self.otherFiles)
        : problems.append("-L: no number may stand behind it")
    }
    if length < value.count { scanner.putBack(from: length) }
  }

  mutating func readOffset() {
    guard let value = scanner.optionalValue() else {
      wantsOffset = true
      return
    }
    // The most digits of an offset before it is hexadecimal: the offsets of sockets have one.
    let length = Self.number(value)?.length ?? 0
    if length == 0 { wantsOffset = true }
    if length < value.count { scanner.putBack(from: length) }
  }

  mutating func readTimeout() {
    guard let value = scanner.optionalValue() else { return }
    let number = Self.number(value)
    if let number, number.number < 2 {
      Messages.sayLine("lsof: WARNING: -S time (\(number.number)) changed to 2")
    }
    if (number?.length ?? 0) < value.count { scanner.putBack(from: number?.length ?? 0) }
  }

  mutating func readCrossing() {
    crossesOver = true
    guard let value = scanner.optionalValue() else { return }
    for byte in value where byte != UInt8(ascii: "f") && byte != UInt8(ascii: "l") {
      problems.append("-x: unknown letter \(String(decoding: [byte], as: UTF8.self))")
    }
  }

  mutating func readInformation() {
    guard let value = scanner.optionalValue() else {
      plan.view.information = isPlus ? .state : []
      return
    }
    plan.view.information = []
    for byte in value {
      switch byte {
      case UInt8(ascii: "f"): plan.view.information.insert(.flags)
      case UInt8(ascii: "q"): plan.view.information.insert(.queues)
      case UInt8(ascii: "s"): plan.view.information.insert(.state)
      default: problems.append("-T: unsupported letter \(String(decoding: [byte], as: UTF8.self))")
      }
    }
  }

  mutating func readRepetition() {
    var repetition = LsofPlan.Repetition()
    repetition.endsWhenEmpty = isPlus || plan.repetition?.endsWhenEmpty ?? false
    defer { plan.repetition = repetition }
    guard let value = scanner.optionalValue() else { return }
    let number = Self.number(value)
    if let number { repetition.seconds = number.number }
    var rest = value[(number?.length ?? 0)...].drop { $0 == UInt8(ascii: " ") }
    if rest.isEmpty { return }
    if rest.first == UInt8(ascii: "c") {
      let count = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      repetition.count = Self.number(Array(count))?.number ?? 0
      rest = rest.dropFirst(1 + count.count)
    }
    guard rest.first == UInt8(ascii: "m") else { return scanner.putBack(from: number?.length ?? 0) }
    let format = String(decoding: rest.dropFirst(), as: UTF8.self)
    repetition.marker = format
    if Clock.localTime(format: format, limit: LsofProgram.markerLimit(format)) == nil {
      problems.append("-r: strftime makes nothing of the format \"\(format)\"")
    }
  }

  mutating func readStates() {
    guard let value = scanner.optionalValue() else {
      wantsSize = true
      return
    }
    readStates(value)
  }
}
