import Experiment
import Torch

/// The head of evaluation: softmax-weighted sum of all hidden states, then one of SUPERB's heads.
///
/// Source: SUPERB (Yang et al. 2021, arXiv 2105.01051), s3prl's `Featurizer` and downstream heads. Heads
/// that take the mean over time have no non-linearity before it, so pooling may come first without
/// changing the result.
package struct ProbeHead {
  /// Those of the head, and `layers`: a number for each hidden state.
  package let weights: HeadWeights
  private let head: Head

  private enum Head {
    /// One answer an utterance, or a symbol a frame.
    case linear(TaskHead)
    case recurrent(RecurrentProbe)
    case slots(SlotsHead)

    var weights: HeadWeights {
      switch self {
      case .linear(let head): head.weights
      case .recurrent(let head): head.weights
      case .slots(let head): head.weights
      }
    }
  }

  /// - Parameters:
  ///   - layers: Hidden states L.
  ///   - width: D of each.
  ///   - parameters: Sizes.
  ///   - target: What is predicted.
  ///   - outputs: How many there are; of several labels those of each.
  ///   - generator: Draws the weights; those of layers start equal.
  /// - Throws: `TorchError`.
  package init(
    layers: Int, width: Int, parameters: HeadParameters, target: Target, outputs: [Int],
    generator: Generator
  ) throws {
    if case .labels = target {
      head = .slots(
        try SlotsHead(
          random: outputs, width: width, projection: parameters.projection ?? width,
          generator: generator))
    } else if let cells = parameters.recurrentWidth {
      let sizes = RecurrentProbe.Sizes(
        projection: parameters.projection ?? width,
        widths: Array(repeating: cells, count: parameters.recurrentLayers ?? 1),
        dropout: parameters.dropout, hasTanhMaps: parameters.hasTanhMaps == true, stride: 1)
      head = .recurrent(
        try RecurrentProbe(
          random: sizes, width: width, outputs: outputs.reduce(0, +), generator: generator))
    } else {
      head = .linear(
        try TaskHead(
          random: parameters, width: width, outputs: outputs.reduce(0, +),
          isPooled: target.isPooled, generator: generator))
    }
    weights = try LayerShares.adding(layers, to: head.weights)
  }

  /// Outputs without softmax of B×T×D, which is summed over layers already: B×classes where the head
  /// pools (T is 1), B×T×symbols where it does not. `lengths` are T of each utterance.
  package func callAsFunction(
    _ mixed: Tensor, lengths: [Int], dropout: EncoderDropout? = nil
  ) throws -> Tensor {
    switch head {
    case .linear(let head):
      try head(mixed, frames: nil, lengths: lengths, dropout: dropout)
    case .recurrent(let head):
      try head(mixed, lengths: lengths, dropout: dropout?.generator).outputs
    case .slots(let head):
      try head(means: mixed.squeezed(1))
    }
  }

  /// The head of several labels, which has a loss of its own.
  package var slots: SlotsHead? {
    if case .slots(let head) = head { head } else { nil }
  }
}

/// How much of each hidden state a head is given: the softmax of a number for each, all equal at first.
package enum LayerShares {
  private static let name = "layers"

  /// The weights of a head, and those of `layers` hidden states.
  package static func adding(_ layers: Int, to weights: HeadWeights...) throws -> HeadWeights {
    var tensors = [name: try Tensor.zeros([layers])]
    for one in weights { tensors.merge(one.tensors) { first, _ in first } }
    return try HeadWeights(tensors: tensors)
  }

  /// L numbers that add up to 1.
  package static func shares(of weights: HeadWeights) throws -> Tensor {
    try weights.tensor(name).softmax(dimension: 0)
  }
}
