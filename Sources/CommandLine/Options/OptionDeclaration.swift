package import Options

/// An option and its effect. Parsing, help, manual and completions read the option; the plan of a
/// command is made by the effects of the typed options, in their order.
///
/// `Builder` is what a command collects before it decides what the options mean together, at the
/// end.
package struct OptionDeclaration<Builder>: Sendable {
  /// Notes in the builder what was typed, or refuses its value.
  package typealias Effect = @Sendable (inout Builder, TypedArguments.Occurrence) throws(UsageError) -> Void

  package let option: Option
  package let effect: Effect
}

extension Option {
  /// Declares the effect of the option, which depends on its value.
  package func effect<Builder>(_ effect: @escaping OptionDeclaration<Builder>.Effect) -> OptionDeclaration<Builder> {
    OptionDeclaration(option: self, effect: effect)
  }

  /// Declares the effect of the option, without a value.
  package func effect<Builder>(_ effect: @escaping @Sendable (inout Builder) -> Void) -> OptionDeclaration<Builder> {
    OptionDeclaration(option: self) { builder, _ in effect(&builder) }
  }
}

/// The options of one command with their effects.
package struct CommandOptions<Builder>: Sendable {
  /// The options as they are typed, explained and completed.
  package let table: OptionTable
  private let effects: [OptionDeclaration<Builder>.Effect]

  package init(_ command: String?, _ declarations: [OptionDeclaration<Builder>], rules: [OptionRule] = []) {
    table = OptionTable(command, declarations.map(\.option), rules: rules)
    effects = declarations.map(\.effect)
  }

  /// Applies the effect of one typed option; returns false for an option that is none of these.
  func apply(_ typed: TypedArguments.Occurrence, to builder: inout Builder) throws(UsageError) -> Bool {
    guard let index = table.options.firstIndex(where: { $0.id == typed.id }) else { return false }
    try effects[index](&builder, typed)
    return true
  }

  /// Applies the effects of all options that were typed, in their order.
  package func apply(_ typed: [TypedArguments.Occurrence], to builder: inout Builder) throws(UsageError) {
    for option in typed { _ = try apply(option, to: &builder) }
  }
}
