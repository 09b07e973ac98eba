import Options

/// An option of the listing, and its effect in each of the commands that have it too.
struct ListOption: Sendable {
  /// Checks or changes a watch according to a typed option, once it is known how its events are
  /// shown.
  typealias WatchCheck = @Sendable (inout WatchPlan, TypedArguments.Occurrence) throws(UsageError) -> Void

  /// The option as it is typed, explained and completed.
  let option: Option
  private let listing: OptionDeclaration<ListPlanBuilder>.Effect
  private var watch: OptionDeclaration<WatchPlanBuilder>.Effect?
  private var capture: OptionDeclaration<CapturePlan>.Effect?
  private var link: OptionDeclaration<LinkPlan>.Effect?

  fileprivate init(_ option: Option, _ effect: @escaping OptionDeclaration<ListPlanBuilder>.Effect) {
    self.option = option
    listing = effect
  }

  /// Its effect in a listing.
  var inListing: OptionDeclaration<ListPlanBuilder> { option.effect(listing) }
  /// Its effect in `watch`; `nil` when `watch` does not have it.
  var inWatch: OptionDeclaration<WatchPlanBuilder>? { watch.map { option.effect($0) } }
  /// Its effect after `capture`; `nil` when it does not go with it.
  var inCapture: OptionDeclaration<CapturePlan>? { capture.map { option.effect($0) } }
  /// Its effect after `link`; `nil` when it does not go with it.
  var inLink: OptionDeclaration<LinkPlan>? { link.map { option.effect($0) } }

  /// Declares that `watch` has it too, with the same effect on which sockets are chosen and how
  /// they are shown.
  func inWatch(_ check: WatchCheck? = nil) -> ListOption {
    let effect = listing
    var copy = self
    copy.watch = { (watch, typed) throws(UsageError) in
      try effect(&watch.list, typed)
      if let check { watch.checks.append((check, typed)) }
    }
    return copy
  }

  /// Declares its effect after `capture`.
  func inCapture(_ effect: @escaping OptionDeclaration<CapturePlan>.Effect) -> ListOption {
    var copy = self
    copy.capture = effect
    return copy
  }

  /// Declares its effect after `capture`, without a value.
  func inCapture(_ effect: @escaping @Sendable (inout CapturePlan) -> Void) -> ListOption {
    inCapture { capture, _ in effect(&capture) }
  }

  /// Declares its effect after `link`.
  func inLink(_ effect: @escaping @Sendable (inout LinkPlan) -> Void) -> ListOption {
    var copy = self
    copy.link = { link, _ in effect(&link) }
    return copy
  }
}

extension Option {
  /// Declares the effect of the option in a listing, which depends on its value.
  func inListing(_ effect: @escaping OptionDeclaration<ListPlanBuilder>.Effect) -> ListOption {
    ListOption(self, effect)
  }

  /// Declares the effect of the option in a listing, without a value.
  func inListing(_ effect: @escaping @Sendable (inout ListPlanBuilder) -> Void) -> ListOption {
    ListOption(self) { list, _ in effect(&list) }
  }

  /// Declares that a listing has no use for the option: only commands do.
  func ofCommandsOnly() -> ListOption {
    inListing { (list, typed) throws(UsageError) in
      throw list.registry.ofCommands(typed, of: list.plan.typedLine.arguments)
    }
  }
}

/// The options of the listing, and those of them that go with the small commands that share its
/// table.
package enum ListingOptions {
  static let all: [ListOption] = SelectingOptions.all + OutputOptions.all + GeneralOptions.all

  /// Those of the listing.
  package static let listing = CommandOptions(nil, all.map(\.inListing))

  /// Those that go with `capture`.
  package static let capture = CommandOptions("capture", all.compactMap(\.inCapture))

  /// Those that go with `link`.
  package static let link = CommandOptions("link", all.compactMap(\.inLink))
}
