import Foundation
import Testing

@testable import Experiment

/// The tasks of experiments/.
@Suite struct ShippedTasksTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../experiments").standardized.path

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)
  }

  private static let tasks: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/tasks")) ?? [])
    .filter { $0.hasSuffix(".yaml") }.sorted()

  /// Undisclosed rates are why published numbers are hard to get again: every head that learns has a grid,
  /// of which dev chooses, where the corpus has a dev.
  @Test func headsChooseTheirLearningRateOnDev() throws {
    #expect(Self.tasks.count > 20)
    var alone: [String] = []
    for file in Self.tasks {
      let task = try TaskDefinition(yaml: Self.text("tasks/\(file)"), file: file)
      guard let recipe = task.evaluation?.recipe, recipe.steps > 0 else { continue }
      let corpus = try CorpusDefinition(
        yaml: Self.text("corpora/\(task.corpus).yaml"), file: "\(task.corpus).yaml")
      let hasDev =
        corpus.folder?.split.holdsOutDev
        ?? (corpus.notes.tellSize
          ? corpus.notes.hours[.dev] != nil || corpus.notes.utterances[.dev] != nil : true)
      if recipe.learningRates.count < 2 { alone.append(task.name) }
      #expect(recipe.learningRates.count > 1 || !hasDev, "\(task.name)")
    }
    #expect(alone == ["asv-voxceleb1"])
  }

  /// SUPERB's ER is the mean of five folds.
  @Test func emotionHasFiveFoldsOfOneRecipe() throws {
    let folds = try Self.tasks.filter { $0.hasPrefix("er-iemocap") }
      .map { try TaskDefinition(yaml: Self.text("tasks/\($0)"), file: $0) }
    #expect(folds.count == 5 && Set(folds.map(\.corpus)).count == 5)
    #expect(folds.allSatisfy { $0.published == ["ER"] })
    #expect(Set(folds.map { $0.evaluation?.recipe }).count == 1)
    #expect(Set(folds.map(\.metric)).count == 1)
  }
}
