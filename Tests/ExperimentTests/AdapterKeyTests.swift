import Foundation
import Testing

@testable import Experiment

/// What trainings with adapters leave is numbered apart from what all trainings do.
struct AdapterKeyTests {
  @Test func `only trainings with adapters carry their revision`() throws {
    let plan = try SmallWorld.plan(
      SmallWorld.spec(
        methods: """
          { stable-ft: {}, regular-ft: {}, l2-sp: { strength: [0.1] },
            lora: { rank: [2], alpha: [4], targets: [q_proj], dropout: 0% },
            dora: { rank: [2], alpha: [4], targets: [q_proj], dropout: 0% } }
          """))
    var carrying: Set<String> = []
    for stage in plan.stages(.fineTune) {
      // Elsewhere the word is the kind's own, once.
      let words = stage.identityText.ranges(of: #""revision":2"#).count
      #expect(words == (stage.parameters["adapters"] == nil ? 1 : 2), "\(stage.label)")
      if words == 2 { carrying.insert(stage.label) }
    }
    #expect(
      carrying == [
        "fine-tune phones · lora rank 2, lora_alpha 4 · seed 1",
        "fine-tune phones · dora rank 2, lora_alpha 4 · seed 1",
      ])
  }

  /// As they were encoded before: kept requests are still read, and are other stages.
  @Test func `parameters from before have no revision and other keys`() throws {
    let now = AdapterParameters(
      rank: 2, alpha: 4, targets: [.query], dropout: 0.1, isWeightDecomposed: false)
    let text = try Canonical(encoding: now).text
    let before = text.replacing(#","revision":2"#, with: "")
    #expect(
      before
        == #"{"alpha":4,"dropout":0.1,"isWeightDecomposed":false,"rank":2,"targets":["q_proj"]}"#)
    let old = try Canonical(json: Data(before.utf8)).decoded(as: AdapterParameters.self)
    #expect(old.revision == nil && old != now)
    #expect(try Canonical(encoding: old).text == before)
  }
}
