import TestSupport
import Testing
import Text

@Suite("Did you mean", .timeLimited)
struct SuggestionTests {
  @Test(
    "the nearest known word is found, or none",
    arguments: [
      ("prot", "port"), ("jsno", "json"), ("establihsed", "established"), ("TIMEWAIT", "time_wait"), ("stat", "state"),
      ("list", "listen"), ("xyzzy", nil), ("", nil), ("q", nil), ("colums", "columns"),
    ] as [(String, String?)])
  func nearestWord(typed: String, expected: String?) {
    let words = ["port", "json", "established", "time_wait", "state", "listen", "columns", "csv"]
    #expect(NearestWord.nearest(to: typed, among: words) == expected)
  }

  @Test(
    "replacing, adding, leaving out and swapping cost one each",
    arguments: [
      ("port", "port", 0), ("port", "pork", 1), ("port", "ports", 1), ("port", "por", 1), ("prot", "port", 1),
      ("", "ab", 2),
    ])
  func distance(left: String, right: String, expected: Int) {
    #expect(NearestWord.distance(Array(left.utf8), Array(right.utf8)) == expected)
    #expect(NearestWord.distance(Array(right.utf8), Array(left.utf8)) == expected)
  }
}
