import Diagnosis
import Lesson
import Options

/// The options of `doctor`: those of the listing that choose the source, and its own.
package enum DoctorOptions {
  package static let options = CommandOptions(
    "doctor", own + shared + [Option.help(.doctor).effect { _ in }])

  private static let shared: [OptionDeclaration<DoctorPlanBuilder>] =
    ListingOptions.shared(["source", "root", "netns", "byte-order", "strict", "quiet", "color", "width"])

  private static let own: [OptionDeclaration<DoctorPlanBuilder>] = [
    Option(
      "only", value: OptionValue("CHECKS", .list(Check.allCases.map(\.rawValue))), topic: .doctor,
      "make these checks only",
      examples: [Example("doctor --only close-wait,descriptors", "does a program leak connections or descriptors?")],
      "The checks to make, separated by commas. `doctor --list` names them."
    )
    .effect { (doctor, typed) throws(UsageError) in doctor.plan.checks = try typed.checks() },
    Option(
      "fail-on", value: OptionValue("SEVERITY", .choice(["note", "warning", "error"])), topic: .doctor,
      "exit status 1 from: note, warning, error",
      examples: [Example("doctor --fail-on error", "only what loses connections now is a failure")],
      "The severity from which findings end with exit status 1: `note`, `warning`, which is the default, or `error`."
    )
    .effect { (doctor, typed) throws(UsageError) in
      doctor.plan.failOn = Severity(rawValue: try typed.choice()) ?? .warning
    },
    Option(
      "for", value: OptionValue("SECONDS", .number), topic: .doctor, "read twice, so far apart: 10s, 500ms",
      examples: [Example("doctor --for 10s", "what has gone wrong within ten seconds")],
      """
      Reads twice, so many seconds apart. Counters are then what was counted in between, and sockets that were reset \
      count when both scans have them. With one scan counters are since boot, or since the socket was made, which \
      says little: most of what rests on them alone is a note.
      """
    )
    .effect { (doctor, typed) throws(UsageError) in
      doctor.plan.interval = try typed.duration(from: 1, to: 86_400_000)
    },
    Option(
      "threshold", value: OptionValue("NAME=N", .text), topic: .doctor, "another limit, as in --list",
      examples: [Example("doctor --threshold close-wait-age=5m", "a minute is usual on this machine")],
      """
      Another limit from which a check reports something; several are separated by commas, or the option is repeated. A \
      time is `500ms`, `30s`, `5m` or `2h`, a share `80%`. `doctor --list` shows them with the reasons for their values, \
      and each finding states the one that it exceeds.
      """
    )
    .effect { (doctor, typed) throws(UsageError) in try typed.set(&doctor.plan.thresholds) },
    Option(
      "list", topic: .doctor, "the checks, what they need, and their limits",
      "Prints what is checked, what each check needs, and the limits with their reasons, then ends."
    )
    .effect { $0.plan.listsChecks = true },
    Option(
      "json", topic: .doctor, "one JSON object, in English",
      examples: [
        Example("doctor --json | jq '.findings[].evidence'", "the numbers alone")
      ],
      """
      Prints one object with `meta`, `findings` and `skipped`. A finding has `check`, `kind`, `severity`, `subject`, \
      `owner`, `evidence` with numbers whose names end with their unit, `since`, `meaning`, `action` and `show`, the \
      command that shows the rows. Its words are English in every language.
      """
    )
    .effect { $0.plan.isJSON = true },
    Option.language(.doctor, examples: [Example("doctor --lang es", "the findings in Spanish")])
      .effect { (doctor, typed) throws(UsageError) in doctor.plan.language = try typed.language() },
  ]
}
