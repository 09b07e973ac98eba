import CommandLine
import Options

extension Command {
  /// `sockinspect version`, which is `--version`.
  static let version = Command("version", "version", "print name and version") { (_, _) throws(UsageError) in .version }
}
