import Artifacts
import Experiment
import Foundation

/// Writes an experiment's report: `report.md`, `report.html`, each table as CSV and LaTeX,
/// `numbers.csv`, and `figures/`. Equal numbers give equal bytes; a partial plan gives a report that says so.
package struct ReportWriter {
  /// What was written, and what could not be.
  package struct Outcome: Sendable, Equatable {
    /// Paths below the folder, sorted.
    package var files: [String]
    /// Why there are no figures; `nil` when they are there.
    package var figureProblem: FigureError?
    /// Numbers that the plan asks for and that are not there.
    package var missingCount: Int
  }

  private let plan: Plan
  private let source: any MeasurementSource
  private let folder: String
  private let renderer: any FigureRenderer
  private let draws: Int
  private let costs: StageCosts?

  /// - Parameters:
  ///   - plan: The experiment.
  ///   - source: Where its numbers are.
  ///   - folder: The experiment's own folder of results.
  ///   - renderer: What draws the figures.
  ///   - draws: How often the units of each test are drawn.
  ///   - costs: What the stages took, which stands in files of its own; `nil` where that is unknown.
  package init(
    plan: Plan, source: some MeasurementSource, folder: String,
    renderer: some FigureRenderer = Gnuplot(), draws: Int = TestStatistics.usualDraws,
    costs: StageCosts? = nil
  ) {
    self.costs = costs
    self.draws = draws
    self.plan = plan
    self.source = source
    self.folder = folder
    self.renderer = renderer
  }

  /// Writes all files, each whole or not at all.
  ///
  /// - Returns: What was written; without gnuplot everything but the figures is.
  /// - Throws: `StorageError` when a file cannot be written, `ArtifactError` for a damaged artifact.
  @discardableResult
  package func write() throws -> Outcome {
    let results = try Results(plan: plan, source: source, draws: draws)
    let hasCosts = costs != nil && !results.rows.isEmpty
    let document = ReportOutline(
      results: results, costFiles: hasCosts ? ["cost.md", "cost.csv"] : []
    ).document()
    var figures: [String: String] = [:]
    var problem: FigureError?
    do throws(FigureError) {
      if !document.charts.isEmpty { figures = try renderer.render(document.charts) }
    } catch {
      problem = error
    }
    var files: [(path: String, text: String)] = []
    for (name, svg) in figures { files.append(("figures/\(name).svg", svg)) }
    for table in document.tables {
      files.append(("\(table.name).csv", table.csv))
      files.append(("\(table.name).tex", table.latex))
    }
    if let costs, !results.rows.isEmpty {
      let table = try CostTable(results: results, costs: costs).table()
      files += [
        ("cost.md", table.markdown), ("cost.csv", table.csv), ("cost.tex", table.latex),
      ]
    }
    files.append((NumbersFile.name, NumbersFile(results: results).text))
    files.append(
      (
        "report.md",
        document.markdown(figures: Set(figures.keys), problem: problem?.description)
      ))
    // The page last: whoever finds it finds the rest.
    files.append(
      ("report.html", try document.page(figures: figures, problem: problem?.description)))
    for file in files { try AtomicFile.write(text: file.text, to: folder + "/" + file.path) }
    removeStale(keeping: Set(files.map(\.path)))
    return Outcome(
      files: files.map(\.path).sorted(), figureProblem: problem,
      missingCount: results.missing.count)
  }

  /// What names of tables and figures begin with: nothing else in the folder is ever removed.
  private static let stems = [
    "comparison", "alpha", "trade-off", "similarity", "weight-distance", "held-out", "tasks",
    "tests", "paired", "published", "layers", "cost", "training",
    "against-log-mel", "numbers",
    "linear-cka", "debiased-cka", "r2",
  ]

  /// Removes figures and tables of an earlier report that this one does not have, so that the folder
  /// never shows old numbers beside new ones.
  private func removeStale(keeping files: Set<String>) {
    for (below, endings) in [("", [".csv", ".tex"]), ("figures/", [".svg"])] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + below)) ?? []
      for name in names
      where endings.contains(where: name.hasSuffix) && Self.stems.contains(where: name.hasPrefix)
        && !files.contains(below + name)
      {
        try? FileManager.default.removeItem(atPath: folder + "/" + below + name)
      }
    }
  }
}
