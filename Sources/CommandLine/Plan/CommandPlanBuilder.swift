package import Options

/// Collects the plan of a command that reads what a listing reads, from the options, one by one.
package protocol CommandPlanBuilder: SendableMetatype {
  /// The plan that it makes.
  associatedtype Planned

  /// The listing that decides where sockets are read.
  var list: ListPlanBuilder { get set }

  /// Begins with what holds without options.
  init(_ typed: TypedArguments, in environment: Environment)

  /// The plan that the arguments ask for.
  mutating func build(_ typed: TypedArguments) throws(UsageError) -> Planned
}

extension CommandPlanBuilder where Planned: CommandPlan {
  /// The meaning of the arguments of the command.
  package static var meaning: Command.Meaning {
    { (typed, environment) throws(UsageError) in
      var builder = Self(typed, in: environment)
      return .command(try builder.build(typed))
    }
  }
}
