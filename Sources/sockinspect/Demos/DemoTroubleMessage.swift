import CommandLine
import Lesson
import Options
import Text

extension Messages {
  /// Reports why a demo cannot do what the user asked for. The texts may contain any characters.
  static func complain(_ trouble: DemoTrouble) {
    complain(UsageError(escaped(trouble.message), trouble.advice.map(escaped)))
  }
}
