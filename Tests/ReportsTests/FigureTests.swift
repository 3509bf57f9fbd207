import Foundation
import Testing

@testable import Reports

@Suite struct FigureTests {
  private static let gnuplotIsHere = ["/usr/bin/gnuplot", "/usr/local/bin/gnuplot"]
    .contains { FileManager.default.isExecutableFile(atPath: $0) }

  @Test func withoutGnuplotEverythingElseIsWritten() throws {
    let made = try MadeUpExperiment.small()
    let folder = try TemporaryFolder()
    let outcome = try ReportWriter(
      plan: made.plan, source: made.source, folder: folder.path,
      renderer: Gnuplot(searchPath: folder.path)
    ).write()
    #expect(outcome.figureProblem == .missing)
    #expect(outcome.files.contains("comparison.csv"))
    #expect(
      try folder.text("report.md").contains(
        "> Figures are missing: gnuplot is not installed, so the report has no figures; install it "
          + "(apt-get install gnuplot-nox) and give 'alphasweep report' again."))
    #expect(try folder.text("report.html").contains("apt-get install gnuplot-nox"))
    #expect(try !folder.text("report.md").contains("figures/"))
  }

  @Test func labelsThatWouldOverlapGiveWayToTheEndsOfTheCurve() {
    func label(_ x: Double, _ y: Double, _ text: String) -> Chart.Label {
      Chart.Label(x: x, y: y, text: text)
    }
    let near = [label(0, 5, "0"), label(0.1, 5, "0.25"), label(4, 5, "0.5"), label(9.9, 5, "1")]
    #expect(Figures.legible(near, 0...10, 0...10).map(\.text) == ["0", "1", "0.5"])
    let above = [label(5, 1, "0"), label(5, 4, "0.5"), label(5, 9, "1")]
    #expect(Figures.legible(above, 0...10, 0...10).count == 3)
    #expect(Figures.legible([label(1, 1, "0")], 0...10, 0...10).map(\.text) == ["0"])
  }

  @Test func aGnuplotThatFailsIsQuoted() throws {
    let folder = try TemporaryFolder()
    let program = folder.path + "/gnuplot"
    try Data("#!/bin/sh\necho 'no  such\n terminal' >&2\nexit 3\n".utf8)
      .write(to: URL(filePath: program))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let error = #expect(throws: FigureError.self) {
      try Gnuplot(searchPath: folder.path).render([
        Chart(
          name: "x", title: "x", caption: "x", x: .init(title: "x"), y: .init(title: "y"),
          series: [])
      ])
    }
    #expect(
      error?.description
        == "gnuplot ended with status 3, so the report has no figures: no such terminal")
  }

  @Test(.enabled(if: gnuplotIsHere, "gnuplot is not installed"))
  func drawsTheSameBytesTwiceWithoutVersionsAndWithItsOwnNames() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let charts = ReportOutline(results: results).document().charts
    let first = try Gnuplot().render(charts)
    let second = try Gnuplot().render(charts)
    #expect(first == second)
    #expect(first.keys.sorted() == charts.map(\.name).sorted())
    let voices = try #require(first["alpha-voices"])
    #expect(!voices.contains("GNUPLOT"))
    #expect(!voices.contains("<script"))
    #expect(voices.contains("&lt;script"))
    #expect(voices.contains("id='alpha-voices-gpPt6'"))
    #expect(voices.contains("href='#alpha-voices-gpPt6'"))
    #expect(!voices.contains("href='#gp"))
  }

  /// gnuplot leaves out a key that it takes to be too wide, all of it.
  @Test(
    .enabled(if: gnuplotIsHere, "gnuplot is not installed"), arguments: [1, 20, 21, 48, 75, 160])
  func aKeyHasTheTitlesOfAllCurvesHoweverLong(length: Int) throws {
    let titles = ["a", "b", "c"].map { String(repeating: $0, count: length) }
    let points = [0.0, 1].map { Chart.Point(x: $0, y: $0, spread: nil) }
    let chart = Chart(
      name: "x", title: "x", caption: "x", x: .init(title: "x"), y: .init(title: "y"),
      series: titles.enumerated().map {
        Chart.Series(title: $1, style: .line($0), points: points)
      })
    let svg = try #require(try Gnuplot().render([chart])["x"])
    for title in titles { #expect(svg.contains(title), "\(title)") }
  }

  @Test func quotesInTitlesStayTitles() {
    #expect(GnuplotScript.quoted("it's `x`\n\"y\"") == "'it''s `x` \"y\"'")
  }

  @Test func farBaselinesAreNamedInTheKeyInsteadOfFlatteningTheCurve() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let charts = Figures(results: results).alpha()
    let voices = try #require(charts.first { $0.name == "alpha-voices" })
    let far = try #require(voices.series.last)
    #expect(far.points.isEmpty)
    #expect(far.title.hasPrefix("log-mel, normalised: 7.4") && far.title.hasSuffix(", below"))
    let near = try #require(voices.series.dropLast().last)
    #expect(near.title == "log-mel")
    #expect(near.points.count == 2)
  }

  @Test func alphaCurvesHaveIntervalsAndTheLevelsOfTheirEnds() throws {
    var made = try MadeUpExperiment.small(seeds: [1, 2, 3])
    made.addTests()
    let results = try Results(plan: made.plan, source: made.source, draws: 200)
    let chart = try #require(
      Figures(results: results).alpha().first { $0.name == "alpha-tones-zh" })
    let group = try #require(results.groups.first)
    let curve = try #require(chart.series.first)
    let column = results.columns[1]
    #expect(curve.points.count == 3)
    for (point, entry) in zip(curve.points, group.curve) {
      let interval = try #require(results.tests.sample(entry.row, column)?.interval)
      #expect(point.interval == interval.low...interval.high)
      #expect(interval.low < point.y && point.y < interval.high)
    }
    #expect(
      chart.series.map(\.title).prefix(3) == [
        "Fine-tuned on Dutch phonemes", "Pre-trained", "Stable-FT",
      ])
    for (series, point) in zip(chart.series[1...2], [curve.points[0], curve.points[2]]) {
      #expect(series.points.map(\.y) == [point.y, point.y])
      #expect(series.points.map(\.x) == [-0.04, 1.04])
    }
    #expect(chart.caption.contains("with 95 % intervals over the test's units and seeds"))
    let script = GnuplotScript(chart: chart).text
    #expect(script.contains("$points0 using 1:2:3:4 with yerrorbars"))
    let ends = try #require(curve.points[0].interval)
    #expect(script.contains("0.0 \(curve.points[0].y) \(ends.lowerBound) \(ends.upperBound)\n"))
  }

  @Test func inlineFiguresTakeTheirSizeFromThePage() {
    let svg =
      "<?xml version=\"1.0\"?>\n<svg \n width=\"440\" height=\"320\"\n viewBox=\"0 0 440 320\">\n</svg>\n"
    #expect(SVG.inline(svg) == "<svg\n viewBox=\"0 0 440 320\" role=\"img\">\n</svg>\n")
  }

  @Test func namesOfFilesAreSafe() {
    let chart = Chart(
      name: "alpha-../a b", title: "", caption: "", x: .init(title: ""), y: .init(title: ""),
      series: [])
    #expect(chart.name == "alpha-..-a-b")
  }
}
