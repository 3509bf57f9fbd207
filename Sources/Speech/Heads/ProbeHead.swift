import Experiment
import Torch

/// The head of evaluation: softmax-weighted sum of all hidden states, then a head as fine-tuning has
/// it.
///
/// Source: SUPERB (Yang et al. 2021, arXiv 2105.01051), s3prl's `Featurizer` and downstream heads. Heads
/// that take the mean over time have no non-linearity before it, so pooling may come first without
/// changing the result.
package struct ProbeHead {
  /// Those of the head, and `layers`: a number for each hidden state.
  package let weights: HeadWeights
  private let head: TaskHead

  private static let layersName = "layers"

  package init(
    layers: Int, width: Int, parameters: HeadParameters, outputs: Int, isPooled: Bool,
    generator: Generator
  ) throws {
    head = try TaskHead(
      random: parameters, width: width, outputs: outputs, isPooled: isPooled,
      generator: generator)
    var tensors = head.weights.tensors
    tensors[Self.layersName] = try .zeros([layers])
    weights = try HeadWeights(tensors: tensors)
  }

  /// The share of each hidden state: L numbers that add up to 1.
  package func shares() throws -> Tensor { try Self.shares(of: weights) }

  package static func shares(of weights: HeadWeights) throws -> Tensor {
    guard let layers = weights[layersName] else {
      throw CheckpointError.tensors(path: "head", problems: ["missing \(layersName)"])
    }
    return try layers.softmax(dimension: 0)
  }

  /// Outputs without softmax of B×T×D, which is summed over layers already: B×classes where the head
  /// pools, B×T×symbols where it does not. `lengths` are T of each utterance, where they differ.
  package func callAsFunction(
    _ mixed: Tensor, lengths: [Int]? = nil, dropout: EncoderDropout? = nil
  ) throws -> Tensor {
    try head(mixed, frames: nil, lengths: lengths, dropout: dropout)
  }
}
