import Artifacts
import Experiment
import Foundation
import Testing

@testable import SpeechFT

/// Evaluation heads that try several learning rates.
@Suite struct LearningRateTests {
  private static func record(
    _ rates: String, _ folder: TemporaryFolder, task: String = "phones"
  ) throws -> EvaluationRecord {
    let spec = SpokenWorld.severalSpec
    var text = spec[..<(spec.range(of: "fine-tune:")?.lowerBound ?? spec.endIndex)]
    text += """
      fine-tune: { tasks: [phones], recipe: { dev-every: 100 } }
      methods: { log-mel: { normalise: [false] } }
      evaluate: { tasks: [\(task)] }
      """
    let plan = try SpokenWorld.plan(
      String(text), recordings: folder.path, headRates: rates)
    let store = ArtifactStore(root: folder.path + "/artifacts")
    for stage in plan.stages.values
    where !stage.kind.isVirtual && [.corpus, .features, .evaluate].contains(stage.kind) {
      try StageExecution.run(
        StageContext(
          request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
          report: { _ in }))
    }
    let stage = try #require(plan.stages.values.first { $0.kind == .evaluate })
    let path = store.folder(stage.kind, stage.key) + "/metrics.json"
    return try JSONDecoder().decode(
      EvaluationRecord.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// The chosen head is the one that the rate alone gives; a rate that diverges takes no part.
  @Test func devChoosesTheRateAndTestHasNoSay() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try SpokenWorld.record(in: folder)
      let chosen = try Self.record("[1e-5, 1e-2, 1e30]", folder)
      let rates = try #require(chosen.rates)
      #expect(rates.map(\.learningRate) == [1e-5, 1e-2, 1e30])
      #expect(rates[2].dev == nil)
      let (low, high) = (try #require(rates[0].dev), try #require(rates[1].dev))
      #expect(high < low, "a rate of 1e-5 has hardly begun")
      #expect(chosen.learningRate == 1e-2 && chosen.dev?.value == high)
      let alone = try Self.record("1e-2", folder)
      #expect(alone.value == chosen.value && alone.rates == nil && alone.learningRate == nil)
    }
  }

  @Test func ratesThatAllDivergeAreAnError() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try SpokenWorld.record(in: folder)
      #expect(throws: StageError.self) { try Self.record("[1e29, 1e30]", folder) }
    }
  }
}
