import Experiment
import Foundation
import Testing

@testable import Reports

/// Names that would be code in what a report is written in, wherever a spec, a task, a corpus or a stage
/// may bring them.
@Suite struct HostileNamesTests {
  private static let name =
    #""'><img src=x onerror=alert(1)><script>alert(2)</script>&{{x}}{{{style}}}"#
  private static let gnuplotIsHere = ["/usr/bin/gnuplot", "/usr/local/bin/gnuplot"]
    .contains { FileManager.default.isExecutableFile(atPath: $0) }

  /// Everything that has a name has that one.
  private func made(_ name: String) throws -> MadeUpExperiment {
    var made = try MadeUpExperiment(
      tasks: [
        .init(
          column: TaskColumn(
            name: "voices", title: name, metric: name, higherIsBetter: true, caveat: name),
          chance: 8, logMel: 57, normalised: 8, pretrained: 58, gain: 5),
        .init(
          column: TaskColumn(
            name: "tones-zh", title: name, metric: "accuracy", higherIsBetter: true, caveat: nil),
          chance: 26, logMel: 81, normalised: 65, pretrained: 63, gain: 12),
      ],
      fineTuning: ["voices"],
      methods: [
        (MethodPoint(name: "stable-ft", title: "Stable-FT", alpha: 1), 1),
        (MethodPoint(name: "speech-ft", title: name, alpha: 0.5), 0.5),
      ],
      seeds: [1, 2], layers: 3, question: name)
    made.plan.heldOut = [
      HeldOutCorpus(
        corpus: name, splitBy: name, trainRecordings: 3, devRecordings: 0, testRecordings: 2,
        testGroups: 1, duplicates: 0, trainedOnBy: [name])
    ]
    made.plan.cells = made.plan.cells.map { cell in
      var cell = cell
      if cell.model != nil { cell.model = name }
      return cell
    }
    made.addTests()
    made.forget(label: made.plan.stages.values.first { $0.kind == .evaluate }?.label ?? "")
    return made
  }

  private func written(
    _ made: MadeUpExperiment, _ renderer: any FigureRenderer
  ) throws -> (folder: TemporaryFolder, page: String) {
    let folder = try TemporaryFolder()
    try ReportWriter(
      plan: made.plan, source: made.source, folder: folder.path, renderer: renderer, draws: 100
    ).write()
    return (folder, try folder.text("report.html"))
  }

  private func expectNoCode(_ page: String) {
    for code in ["<img", "<script"] {
      #expect(!page.contains(code), "\(code)")
    }
    #expect(page.contains("&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(2)"))
    // Every quote within a name is written as what it stands for, so that no attribute ends early.
    let tags = page.matches(of: /<[a-zA-Z][^>]*>/).map { String($0.output) }
    #expect(tags.count > 50 && tags.allSatisfy { !$0.contains("alert") || $0.contains("&lt;img") })
  }

  @Test func aPageHasNoCodeWhateverThingsAreCalled() throws {
    expectNoCode(try written(made(Self.name), BlankFigures()).page)
  }

  @Test func markdownAndLaTeXHaveNoCodeWhateverThingsAreCalled() throws {
    let name = Self.name + #"\input{/etc/passwd}\write18{touch x} [a](javascript:b) `c`"#
    let (folder, _) = try written(made(name), BlankFigures())
    let markdown = try folder.text("report.md")
    for code in [#"[^\\]<img"#, #"[^\\]<script"#, #"[^\\]\[a\]"#, #"[^\\]`c"#] {
      #expect(markdown.range(of: code, options: .regularExpression) == nil, "\(code)")
    }
    for (file, bytes) in try folder.files() where file.hasSuffix(".tex") {
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        .filter { !$0.hasPrefix("%") }
      #expect(lines.allSatisfy { !$0.contains(#"\input"#) && !$0.contains(#"\write"#) }, "\(file)")
    }
  }

  /// gnuplot's backquotes and `system` start programs.
  @Test(.enabled(if: gnuplotIsHere, "gnuplot is not installed"))
  func figuresStartNothingWhateverThingsAreCalled() throws {
    let mark = NSTemporaryDirectory() + "hostile-" + UUID().uuidString
    let name =
      Self.name + "`touch \(mark)`'; system('touch \(mark)'); !touch \(mark)\n"
      + "system 'touch \(mark)'\r!touch \(mark)\n@x \\"
    let (folder, page) = try written(made(name), Gnuplot())
    #expect(try folder.files().keys.contains { $0.hasSuffix(".svg") })
    #expect(!FileManager.default.fileExists(atPath: mark))
    expectNoCode(page)
  }
}
