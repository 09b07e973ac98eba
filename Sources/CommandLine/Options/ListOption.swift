import Options

/// An option of the listing, and what it does in each of the commands that have it too.
struct ListOption: Sendable {
  /// Checks or amends a watch by an option that was typed, once it is known how its events are shown.
  typealias WatchCheck = @Sendable (inout WatchPlan, TypedArguments.Occurrence) throws(UsageError) -> Void

  /// What it does in a listing.
  let inListing: OptionDeclaration<ListPlanBuilder>
  /// What it does in `watch`; `nil` when `watch` does not have it.
  private(set) var inWatch: OptionDeclaration<WatchPlanBuilder>?
  /// What it does behind `capture`; `nil` when it does not go with it.
  private(set) var inCapture: OptionDeclaration<CapturePlan>?
  /// What it does behind `link`; `nil` when it does not go with it.
  private(set) var inLink: OptionDeclaration<LinkPlan>?

  fileprivate init(_ declaration: OptionDeclaration<ListPlanBuilder>) { inListing = declaration }

  /// What is typed, explained and completed.
  var option: Option { inListing.option }

  /// Declares that `watch` has it too, with the same effect on which sockets are chosen and how they are shown.
  func inWatch(_ check: WatchCheck? = nil) -> ListOption {
    let effect = inListing.effect
    var copy = self
    copy.inWatch = option.effect { (watch, typed) throws(UsageError) in
      try effect(&watch.list, typed)
      if let check { watch.checks.append((check, typed)) }
    }
    return copy
  }

  /// Declares what it does behind `capture`.
  func inCapture(_ effect: @escaping OptionDeclaration<CapturePlan>.Effect) -> ListOption {
    var copy = self
    copy.inCapture = option.effect(effect)
    return copy
  }

  /// Declares what it does behind `capture`, without a value.
  func inCapture(_ effect: @escaping @Sendable (inout CapturePlan) -> Void) -> ListOption {
    var copy = self
    copy.inCapture = option.effect(effect)
    return copy
  }

  /// Declares what it does behind `link`.
  func inLink(_ effect: @escaping @Sendable (inout LinkPlan) -> Void) -> ListOption {
    var copy = self
    copy.inLink = option.effect(effect)
    return copy
  }
}

extension Option {
  /// Declares what the option does in a listing, which depends on its value.
  func inListing(_ effect: @escaping OptionDeclaration<ListPlanBuilder>.Effect) -> ListOption {
    ListOption(self.effect(effect))
  }

  /// Declares what the option does in a listing, which takes no value.
  func inListing(_ effect: @escaping @Sendable (inout ListPlanBuilder) -> Void) -> ListOption {
    ListOption(self.effect(effect))
  }

  /// Declares that a listing has no use for the option: only commands do.
  func ofCommandsOnly() -> ListOption {
    inListing { (list, typed) throws(UsageError) in
      throw list.registry.ofCommands(typed, of: list.plan.typedLine.arguments)
    }
  }
}

/// The options of the listing, and those of them that go with the small commands that share its table.
package enum ListingOptions {
  static let all: [ListOption] = SelectingOptions.all + OutputOptions.all + GeneralOptions.all

  /// Those of the listing.
  package static let listing = CommandOptions(nil, all.map(\.inListing))

  /// Those that go with `capture`.
  package static let capture = CommandOptions("capture", all.compactMap(\.inCapture))

  /// Those that go with `link`.
  package static let link = CommandOptions("link", all.compactMap(\.inLink))
}
