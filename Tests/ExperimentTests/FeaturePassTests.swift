import Foundation
import Testing

@testable import Experiment

/// Which heads can be trained in one pass over features, and from which batches.
struct FeaturePassTests {
  private func evaluations(_ tasks: String) throws -> [Stage] {
    let plan = try Planner.plan(
      SmallWorld.input(SmallWorld.spec(seeds: "[1, 2]", tasks: tasks)))
    return plan.stages.values.filter { $0.kind == .evaluate }
  }

  @Test func `a key tells whether a seed draws its own batches, which it does unless it is said`()
    throws
  {
    let plain = try evaluations("[phones]")
    let own = try evaluations("[phones], batches: own")
    let shared = try evaluations("[phones], batches: shared")
    #expect(!plain.isEmpty && own.map(\.key) == plain.map(\.key))
    #expect(
      shared.count == plain.count && Set(shared.map(\.key)).isDisjoint(with: plain.map(\.key)))
    #expect(shared.map(\.inputs) == plain.map(\.inputs))
    for (stages, isShared) in [(plain, nil), (shared, true)] {
      for stage in stages {
        let parameters: EvaluateParameters = try stage.parameters.decoded()
        #expect(parameters.recipe.sharesBatches == isShared)
      }
    }
  }

  @Test func `seeds are of one pass, and heads of other features or threads are not`() throws {
    func pass(
      _ change: (inout EvaluateParameters) -> Void = { _ in }
    ) throws -> FeaturePass? {
      let stage = try #require(try evaluations("[phones]").first)
      var parameters: EvaluateParameters = try stage.parameters.decoded()
      change(&parameters)
      return FeaturePass(parameters)
    }
    let plain = try #require(try pass())
    for stage in try evaluations("[phones]") { #expect(stage.featureReading?.pass == plain) }
    #expect(try pass { $0.task = "other" } == plain)
    #expect(try pass { $0.recipe.steps += 1 } == plain)
    #expect(try pass { $0.recipe.learningRate *= 2 } == plain)
    #expect(try pass { $0.recipe.threads += 1 } != plain)
    #expect(try pass { $0.recipe = $0.recipe.plain(learningRate: 1) } != plain, "raw features")
    #expect(try pass { $0.target = .queries } == nil)
    // Stored features have their own selection and cuts; what is encoded anew follows the task's.
    #expect(try pass { $0.recipe.cropSeconds = 8 } == plain)
    let anew = try pass { $0.source = .logMel }
    #expect(anew != plain)
    #expect(
      try pass {
        $0.source = .logMel
        $0.recipe.cropSeconds = 8
      } != anew)
  }

  @Test func `tasks of a seed have the same batches, and seeds where they share them`() throws {
    func orders(_ tasks: String) throws -> [BatchOrder] {
      try evaluations(tasks).map { try #require($0.featureReading?.order) }
    }
    let own = try orders("[phones]")
    let shared = try orders("[phones], batches: shared")
    #expect(own.count == 4 && Set(own).count == 2 && Set(shared).count == 1)
    let stage = try #require(try evaluations("[phones]").first)
    func order(_ change: (inout EvaluateParameters) -> Void) throws -> BatchOrder? {
      var parameters: EvaluateParameters = try stage.parameters.decoded()
      change(&parameters)
      let changed = try Stage(
        .evaluate, parameters: parameters, seed: stage.seed, inputs: stage.inputs, label: "changed")
      return changed.featureReading?.order
    }
    #expect(try order { $0.task = "other" } == own[0])
    #expect(try order { $0.recipe.steps += 1 } == own[0])
    #expect(try order { $0.recipe.batch += 1 } != own[0])
    #expect(try order { $0.recipe = $0.recipe.ordered(for: .label("speaker")) } != own[0])
  }
}
