import ArgumentParser
import Experiment
import Foundation
import Reports

/// `alphasweep compare`: two experiments' numbers side by side.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Set two experiments' numbers side by side.",
    discussion: """
      A and B are each a spec, of which those numbers are taken that are there, with the intervals and \
      scores that its report would have, or a report's folder, \
      whose numbers.csv is read, with the intervals of its tests.csv and the scores of its comparison.csv. \
      Cells are the same when model, fine-tuning, row, task and metric are called the same. Numbers are \
      means over seeds in percent; the last is B less A, over the seeds that both have.
      """)

  @Argument(
    help: ArgumentHelp("A spec or a folder of results.", valueName: "a"), completion: .file())
  var a: String

  @Argument(
    help: ArgumentHelp("What it is held against.", valueName: "b"), completion: .file())
  var b: String

  @OptionGroup var site: SiteOptions

  @Flag(help: "Write it as JSON.")
  var json = false

  func run() async throws {
    try await reportingErrors {
      let comparison = NumbersComparison(try await numbers(a), try await numbers(b))
      let text = CompareText(comparison, a: a, b: b)
      print(json ? text.json.text + "\n" : text.text, terminator: "")
    }
  }

  private func numbers(_ place: String) async throws -> NumbersTable {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder), isFolder.boolValue
    else {
      let workspace = try await Workspace(spec: place, site: site.site)
      return try NumbersTable(
        plan: workspace.plan, source: StoredMeasurements(store: workspace.store))
    }
    let file = (place.hasSuffix("/") ? String(place.dropLast()) : place) + "/numbers.csv"
    var numbers = try NumbersTable(csv: Files.text(file, what: .numbers), file: file)
    // Without these two there are fewer numbers, and no error.
    func beside(_ name: String) -> String? {
      let path = String(file.dropLast("numbers.csv".count)) + name
      return try? Files.text(path, what: .numbers)
    }
    numbers.add(tests: beside("tests.csv"), comparison: beside("comparison.csv"))
    return numbers
  }
}
