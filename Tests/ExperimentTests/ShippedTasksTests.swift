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

  /// What s3prl's configuration says of a head's training; batches with what its runner adds up.
  private struct Recipe {
    var task: String
    var steps: Int
    var batch: Int
    var rate: Double
    var clip: Double
    var devEvery: Int?
    /// Whether its loader gives any utterances, and not those of like length.
    var isShuffled = false
  }

  /// s3prl's downstream/*/config.yaml, ctc/libriphone.yaml, ctc/snips.yaml, ctc/cv_config/*.yaml and
  /// sv_voxceleb1/configs/amsoftmax.yaml at revision ec8064b5. Its asr halves every batch of 32.
  private static let published: [Recipe] =
    [
      Recipe(
        task: "pr-librispeech", steps: 100_000, batch: 16 * 2, rate: 1e-2, clip: 1, devEvery: 1000),
      Recipe(
        task: "asr-librispeech", steps: 200_000, batch: 32 / 2, rate: 1e-4, clip: 1, devEvery: 2000),
      Recipe(task: "asr-es", steps: 500_000, batch: 16, rate: 1e-4, clip: 1, devEvery: 2000),
      Recipe(task: "asr-zh-cn", steps: 500_000, batch: 16, rate: 1e-4, clip: 1, devEvery: 5000),
      Recipe(
        task: "sf-audio-snips", steps: 200_000, batch: 32, rate: 1e-4, clip: 1, devEvery: 2000),
      Recipe(
        task: "ks-speech-commands", steps: 200_000, batch: 32, rate: 1e-4, clip: 1, devEvery: 5000),
      Recipe(
        task: "ic-fluent-speech-commands", steps: 200_000, batch: 32, rate: 1e-4, clip: 1,
        devEvery: 5000, isShuffled: true),
      Recipe(
        task: "sid-voxceleb1", steps: 200_000, batch: 8 * 4, rate: 1e-4, clip: 1, devEvery: 5000,
        isShuffled: true),
      Recipe(
        task: "asv-voxceleb1", steps: 200_000, batch: 10 * 5, rate: 1e-4, clip: 1000,
        isShuffled: true),
      Recipe(
        task: "sd-libri2mix", steps: 30_000, batch: 8 * 4, rate: 1e-4, clip: 1, devEvery: 500,
        isShuffled: true),
    ]
    + ["", "-fold-2", "-fold-3", "-fold-4", "-fold-5"].map {
      Recipe(
        task: "er-iemocap\($0)", steps: 30_000, batch: 4 * 8, rate: 1e-4, clip: 1, devEvery: 1000,
        isShuffled: true)
    }

  @Test func tasksOfSUPERBHaveS3prlsNumbers() throws {
    for theirs in Self.published {
      let file = theirs.task + ".yaml"
      let task = try TaskDefinition(yaml: Self.text("tasks/\(file)"), file: file)
      let ours = try #require(task.evaluation?.recipe)
      #expect(ours.steps == theirs.steps && ours.batch == theirs.batch, "\(file)")
      #expect(ours.learningRates.contains(theirs.rate) && ours.clip == theirs.clip, "\(file)")
      #expect(ours.devEvery == theirs.devEvery, "\(file)")
      #expect((ours.isShuffled == true) == theirs.isShuffled, "\(file)")
      #expect((ours.isBalanced == true) == (theirs.task == "ks-speech-commands"), "\(file)")
      #expect((ours.decay != nil) == (theirs.task == "asv-voxceleb1"), "\(file)")
      #expect((ours.cropSeconds == 8) == theirs.task.hasSuffix("voxceleb1"), "\(file)")
      #expect(
        (ours.augment != nil) == ["asr", "sf-"].contains(theirs.task.prefix(3)), "\(file)")
      #expect(ours.isRaw == true && task.caveat?.contains("s3prl") == true, "\(file)")
    }
  }

  /// What differs is said, the learning rates among it.
  @Test func everyTaskThatWasPublishedHasACaveat() throws {
    let tasks = try Self.tasks.map {
      try TaskDefinition(yaml: Self.text("tasks/\($0)"), file: $0)
    }.filter { !$0.published.isEmpty && $0.evaluation != nil }
    #expect(tasks.count > 14)
    for task in tasks {
      #expect(task.caveat != nil, "\(task.name)")
      let isSUPERB = Self.published.contains { $0.task == task.name }
      if isSUPERB, (task.evaluation?.recipe.learningRates.count ?? 0) > 1 {
        #expect(task.caveat?.contains("learning rate") == true, "\(task.name)")
      }
    }
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
