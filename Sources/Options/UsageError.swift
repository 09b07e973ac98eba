import Text

/// A mistake in the command line: exit status 2.
package struct UsageError: Error, Sendable, Equatable {
  /// What is wrong, in one line without a full stop.
  package let message: String
  /// Lines below it: the place marked, what would be right.
  package let details: [String]
  /// How many of the details, from the first, are the text with the place marked.
  private let markedLines: Int

  package init(_ message: String, _ details: [String] = []) {
    self.init(message, marked: [], details)
  }

  /// A mistake at a place of a text, which is shown with a mark below it.
  package init(_ message: String, marked: [String], _ details: [String]) {
    self.message = message
    self.details = marked + details
    markedLines = marked.count
  }

  /// What is printed, in lines of at most so many columns. The text with its mark stays as it is.
  package func lines(width: Int) -> [String] {
    TextWrap.message("sockinspect: \(message)", width: width)
      + details.enumerated().flatMap { index, detail in
        index < markedLines ? ["  " + detail] : TextWrap.message(detail, width: width, indent: 2)
      }
  }
}
