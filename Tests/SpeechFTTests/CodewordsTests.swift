import Artifacts
import Experiment
import Foundation
import Speech
import Testing
import Torch

@testable import SpeechFT

/// Continued pre-training by θ₀'s own codewords.
@Suite struct CodewordsTests {
  let world: SpokenWorld

  init() throws { world = try SpokenWorld.unlabelled.get() }

  private func folder(_ kind: StageKind) throws -> String {
    let stage = try #require(world.plan.stages.values.first { $0.kind == kind })
    return world.store.folder(kind, stage.key)
  }

  /// The head's definition in double precision: cosines of the projected last hidden state.
  @Test func aFrameHasTheCodewordWhoseCosineIsHighest() throws {
    let pretrained = try folder(.pretrain)
    let head = try SafetensorsFile(path: pretrained + "/units.safetensors")
    let embeddings = try head.tensor(named: "label_embs_concat")
    let weight = try head.tensor(named: "final_proj.weight").floats().map(Double.init)
    let bias = try head.tensor(named: "final_proj.bias").floats().map(Double.init)
    let rows = try embeddings.floats().map(Double.init)
    let encoder = SpeechEncoder(try CheckpointFolder.read(pretrained + "/model"))
    let corpus = try Corpus(folder: folder(.corpus))
    let stored = try StoredCodewords(folder: folder(.codewords))
    #expect(stored.count == 6)
    var seen: Set<Int> = []
    for utterance in corpus.select(Selection(splits: [.train])).prefix(5) {
      let samples = encoder.configuration.prepared(try corpus.samples(of: utterance))
      let states = try Autograd.disabled {
        try encoder.encode(
          encoder.project(encoder.downsample(Tensor(samples, shape: [1, samples.count]))))
      }
      let width = bias.count
      let hidden = try states[states.count - 1].floats().map(Double.init)
      let expected = stride(from: 0, to: hidden.count, by: width).map { start in
        let projected = (0..<width).map { row in
          bias[row] + (0..<width).reduce(0) { $0 + weight[row * width + $1] * hidden[start + $1] }
        }
        func cosine(_ codeword: Int) -> Double {
          let row = rows[(codeword * width)..<((codeword + 1) * width)]
          let product = zip(row, projected).reduce(0) { $0 + $1.0 * $1.1 }
          return product / row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        return (0..<stored.count).max { cosine($0) < cosine($1) }
      }
      let found = try #require(stored(utterance))
      #expect(found == expected.compactMap { $0 })
      seen.formUnion(found)
    }
    #expect(seen.count > 1, "one codeword for all would show nothing")
  }

  @Test func onlyMaskedFramesOfUtterancesCount() throws {
    var numbers = SplitMix64(state: 3)
    let mask = try SpanMask(batch: 2, frames: 6, probability: 0.3, length: 2, numbers: &numbers)
    let codewords = [[0, 1, 2, 0, 1, 2], [2, 2, 1]]
    let logits = (0..<36).map { Float(($0 * 7) % 11) / 3 }
    let asked = (0..<12).filter { mask.flags[$0] && $0 % 6 < codewords[$0 / 6].count }
    try #require(!asked.isEmpty && asked.count < 9)
    let terms = asked.map { frame -> Double in
      let row = logits[(3 * frame)..<(3 * frame + 3)].map(Double.init)
      let right = row[codewords[frame / 6][frame % 6]]
      return log(row.reduce(0) { $0 + exp($1) }) - right
    }
    let targets = FrameTargets(codewords, frames: 6, mask: mask)
    let loss = try targets.loss(Tensor(logits, shape: [2, 6, 3])).item()
    #expect(abs(loss - terms.reduce(0, +) / Double(terms.count)) < 1e-6)
    #expect(try targets.hits(Tensor(logits, shape: [2, 6, 3])).count == asked.count)
    let none = try SpanMask(batch: 2, frames: 6, probability: 0, length: 2, numbers: &numbers)
    #expect(
      try FrameTargets(codewords, frames: 6, mask: none).loss(Tensor(logits, shape: [2, 6, 3]))
        .item() == 0)
  }

  /// Masks are of the step, so that a head-only phase and what follows see one sequence of them.
  @Test func theEncoderLearnsFromUnlabelledSpeech() throws {
    let stage = try #require(world.stage(.fineTune, "fine-tune frames · stable-ft · seed 1"))
    let before = try CheckpointFolder.read(folder(.pretrain) + "/model")
    let after = try #require(try world.weights(stage))
    for (name, tensor) in before.ordered {
      let isSame = try after[tensor: name]?.floats() == tensor.floats()
      #expect(isSame == name.hasPrefix(EncoderTensors.downsamplingPrefix), "\(name)")
    }
    let head = try SafetensorsFile(
      path: world.store.folder(stage.kind, stage.key) + "/head.safetensors")
    #expect(Set(try head.all().keys) == ["output.weight", "output.bias"])
    #expect(try head.tensor(named: "output.weight").shape == [6, 32])
    #expect(world.plan.cells.count == 3)
    for cell in world.plan.cells { #expect(try world.evaluation(cell, "speaker") != nil) }
  }
}
