import Experiment
import Speech
import Torch

/// An encoder that learns, with the head that predicts units.
///
/// Source: HuBERT's prediction head: a projection and one embedding a unit, compared by cosine with
/// temperature 0.1 (Hsu et al. 2021, equation 3). The embeddings start from N(0, 1), not from fairseq's
/// U(0, 1), whose directions are so alike that a short training is spent on telling them apart.
struct PretrainingModel {
  let weights: EncoderWeights
  let encoder: SpeechEncoder
  /// `final_proj.*` and `label_embs_concat`, by the names of fairseq's checkpoints.
  let predictor: [(String, Tensor)]

  private static let temperature = 0.1
  /// Added to squared norms: keeps the cosine's gradient finite for a vector of zeros.
  private static let tiny = 1e-8

  init(weights: EncoderWeights, clusters: Int, draws: Draws) throws {
    let width = weights.configuration.width
    let generator = try draws.generator("predictor")
    predictor = [
      (
        "final_proj.weight",
        try Tensor.normal([width, width], mean: 0, standardDeviation: 0.02, generator: generator)
      ),
      ("final_proj.bias", try Tensor.zeros([width])),
      (
        "label_embs_concat",
        try Tensor.normal(
          [clusters, width], mean: 0, standardDeviation: 1, generator: generator)
      ),
    ]
    for (_, tensor) in predictor { try tensor.setRequiresGradient(true) }
    for (_, tensor) in weights.ordered { try tensor.setRequiresGradient(true) }
    self.weights = weights
    encoder = SpeechEncoder(weights)
  }

  /// Every tensor that the optimiser moves, in a fixed order.
  var learning: [(String, Tensor)] { weights.ordered.map { ($0.name, $0.tensor) } + predictor }

  /// What a saved state holds of the model.
  var state: [(String, Tensor)] { learning.map { ("model." + $0.0, $0.1) } }

  /// Puts back the tensors of a saved state.
  func restore(_ saved: [String: Tensor]) throws {
    try Autograd.disabled {
      for (name, tensor) in learning {
        try tensor.copy_(
          from: StatePart.tensor("model." + name, like: tensor, of: saved, stage: "pretrain"))
      }
    }
  }

  func maskEmbedding() throws -> Tensor {
    guard let embedding = weights[tensor: EncoderTensors.mask] else {
      throw CheckpointError.tensors(path: "encoder", problems: ["missing \(EncoderTensors.mask)"])
    }
    return embedding
  }

  /// Similarities to every unit, divided by the temperature: N×D → N×clusters.
  func logits(_ hidden: Tensor) throws -> Tensor {
    let projected = try Network.linear(
      hidden, weight: predictor[0].1, bias: predictor[1].1)
    let cosine = try Self.unit(projected).matmul(Self.unit(predictor[2].1).transposed(0, 1))
    return try cosine.multiplying(by: 1 / Self.temperature)
  }

  private static func unit(_ rows: Tensor) throws -> Tensor {
    let squares = try rows.multiplying(by: rows).sum(dimensions: [1], keep: true)
    return try rows.divided(by: squares.adding(tiny).sqrt())
  }
}
