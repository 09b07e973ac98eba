import Lesson

/// The manual page sockinspect-lesson(7) in mdoc, made from the lesson.
enum LessonManual {
  /// The file of a language, below the project's folder.
  static func file(in language: Language) -> String {
    language("man/sockinspect-lesson.7", "man/es/sockinspect-lesson.7")
  }

  /// The whole page.
  static func text(in language: Language) -> String {
    let lesson = Lesson(in: language)
    var page = ManualPage.Page()
    page.lines = [".Dd \(ManualPage.date)", ".Dt SOCKINSPECT\\-LESSON 7", ".Os"]
    // The name that makewhatis looks for is the same in every language.
    page.section("NAME")
    page.lines.append(".Nm sockinspect\\-lesson")
    page.lines.append(".Nd " + page.plain(lesson.summary))
    page.section(page.plain(language("DESCRIPTION", "DESCRIPCIÓN")))
    add(lesson.introduction, to: &page)
    for (index, section) in lesson.sections.enumerated() {
      page.section(page.plain(lesson.heading(of: index)))
      add(section.blocks, to: &page)
    }
    page.section(page.plain(language("SEE ALSO", "VÉASE TAMBIÉN")))
    page.lines += [".Xr sockinspect 1 ,", ".Xr socket 7 ,", ".Xr tcp 7 ,", ".Xr udp 7"]
    return page.lines.joined(separator: "\n") + "\n"
  }

  private static func add(_ blocks: [Lesson.Block], to page: inout ManualPage.Page) {
    for (index, block) in blocks.enumerated() {
      switch block {
      case .text(let text):
        if index > 0 { page.lines.append(".Pp") }
        page.text(text)
      case .session(let terminal, let lines):
        page.display((terminal.map { ["# terminal \($0)"] } ?? []) + lines)
      }
    }
  }
}
