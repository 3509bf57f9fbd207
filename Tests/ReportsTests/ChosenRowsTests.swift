import Experiment
import Testing

@testable import Reports

/// Rows chosen on dev, marks of heard tests, and the table of trainings.
@Suite struct ChosenRowsTests {
  private func made(dev: [Double?], heard: HeardTest? = nil) throws -> Results {
    var made = try MadeUpExperiment.small()
    made.plan.choices = [RowChoice(method: "early-checkpoint")]
    let grid = ["Early checkpoint 20%", "Early checkpoint 50%"]
    for index in made.plan.cells.indices {
      let title = made.plan.cells[index].method.title
      guard title == "Stable-FT" || title == "Speech-FT α 0.5" else { continue }
      let row = title == "Stable-FT" ? 0 : 1
      made.plan.cells[index].method = MethodPoint(name: "early-checkpoint", title: grid[row])
      if let heard { made.plan.cells[index].heard = ["tones-zh": heard] }
      for (task, key) in made.plan.cells[index].evaluations {
        // An error rate is better when it is lower.
        made.source.evaluations[key]?.dev = dev[row].map {
          .init(value: task == "phones-nl" ? 100 - $0 : $0, count: 9)
        }
      }
    }
    return try Results(plan: made.plan, source: made.source)
  }

  @Test(arguments: [([40, 60], 1), ([60, 40], 0), ([50, 50], 0)])
  func theRowThatIsBestOnDevStandsAfterItsGrid(dev: [Double?], best: Int) throws {
    let results = try made(dev: dev)
    let names = results.rowsWithChosen.map(\.method.name)
    let at = try #require(names.firstIndex(of: "early-checkpoint-chosen-on-dev"))
    #expect(names[..<at].suffix(2) == ["early-checkpoint", "early-checkpoint"])
    #expect(names.count { $0 == "early-checkpoint-chosen-on-dev" } == 1)
    let chosen = results.rowsWithChosen[at]
    #expect(!results.rows.contains { $0.method.name == "early-checkpoint-chosen-on-dev" })
    let grid = results.rows.filter { $0.method.name == "early-checkpoint" }
    #expect(chosen.method.title == "Chosen on dev: \(grid[best].method.title)")
    for task in results.tasks {
      #expect(chosen.estimate(task) == grid[best].estimate(task))
    }
  }

  /// Half a grid may lack its best point.
  @Test func aGridWithANumberMissingChoosesNone() throws {
    let results = try made(dev: [40, nil])
    #expect(!results.rowsWithChosen.contains { $0.method.name == "early-checkpoint-chosen-on-dev" })
  }

  @Test func marksStandInTheTableAndAreExplained() throws {
    let speakers = HeardTest(recordings: 0, speakers: 2, ofSpeakers: 3, heardBy: ["fine-tune"])
    let table = ComparisonTables(results: try made(dev: [40, 60], heard: speakers), score: nil)
      .comparison()
    let marked = table.rows.filter { $0[2].signs == "§" }
    // Both of the grid and the chosen one, in the column of the tones alone.
    #expect(
      marked.count == 3 && table.rows.allSatisfy { $0[1].signs.isEmpty && $0[3].signs.isEmpty })
    #expect(
      table.allNotes.contains(
        "§: speakers of the test could have been heard in fine-tuning or pre-training (Tone: up to "
          + "2 of 3)."))
    #expect(table.markdown.contains(" §"))
    #expect(table.latex.contains("\\S{}"))
    #expect(!table.csv.contains("§"))
    let recordings = HeardTest(recordings: 5, speakers: 0, ofSpeakers: 0, heardBy: ["fine-tune"])
    let other = ComparisonTables(results: try made(dev: [40, 60], heard: recordings), score: nil)
    #expect(
      other.comparison().allNotes.contains(
        "‡: recordings of the test could have been heard in fine-tuning or pre-training (Tone: up to "
          + "5)."))
  }
}
