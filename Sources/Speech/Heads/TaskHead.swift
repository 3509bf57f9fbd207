import Experiment
import Torch

/// Weights of a head by name, all of them learning.
package struct HeadWeights {
  package private(set) var tensors: [String: Tensor]

  package init(tensors: [String: Tensor]) throws {
    for tensor in tensors.values { try tensor.setRequiresGradient(true) }
    self.tensors = tensors
  }

  /// Names and tensors, sorted by name: the order of optimiser state and of files.
  package var ordered: [(String, Tensor)] {
    tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  package subscript(name: String) -> Tensor? { tensors[name] }
}

/// The head of fine-tuning: linear map of the last hidden state, then either the mean over time
/// (labels) or BiLSTM layers where there are any (sequences), then a linear map to the outputs.
///
/// Source: the authors' ASR and ER heads (paper, section on fine-tuning; see SUPERB's s3prl).
package struct TaskHead {
  package let weights: HeadWeights
  let parameters: HeadParameters
  let isPooled: Bool

  /// Draws a head as `torch.nn.Linear` and `torch.nn.LSTM` do: U(±1/√fan-in), U(±1/√width).
  ///
  /// `width` is the features D of a frame; `outputs` are classes, or symbols with the blank.
  package init(
    random parameters: HeadParameters, width: Int, outputs: Int, isPooled: Bool,
    generator: Generator
  ) throws {
    var draws = HeadDraws(generator)
    if let projection = parameters.projection {
      try draws.linear("projection", from: width, to: projection)
    }
    let last = try draws.recurrent(
      from: parameters.projection ?? width,
      widths: parameters.recurrentWidth.map {
        Array(repeating: $0, count: parameters.recurrentLayers ?? 1)
      } ?? [], hasTanhMaps: false)
    try draws.linear("output", from: last, to: outputs)
    try self.init(draws.tensors, parameters: parameters, isPooled: isPooled)
  }

  /// A head with known weights, as a head-only phase left them.
  package init(_ tensors: [String: Tensor], parameters: HeadParameters, isPooled: Bool) throws {
    weights = try HeadWeights(tensors: tensors)
    self.parameters = parameters
    self.isPooled = isPooled
  }

  /// Outputs for B utterances of at most T frames, without softmax: B×classes for labels,
  /// B×T×symbols for sequences. `hidden` is B×T×D; `frames` is B×T×1 with 1 for real frames, or
  /// `nil` when all are.
  ///
  /// BiLSTM layers run over the `lengths` of each utterance, as PyTorch's packed sequences; dropout
  /// follows each of them, as in s3prl's `RNNs`.
  package func callAsFunction(
    _ hidden: Tensor, frames: Tensor?, lengths: [Int]? = nil, dropout: EncoderDropout? = nil
  ) throws -> Tensor {
    var features = parameters.projection == nil ? hidden : try map("projection", hidden)
    if isPooled {
      guard let frames else {
        return try map("output", features.mean(dimensions: [1], keep: false))
      }
      let sums = try features.multiplying(by: frames).sum(dimensions: [1], keep: false)
      return try map("output", sums.divided(by: frames.sum(dimensions: [1], keep: false)))
    }
    if parameters.recurrentWidth != nil {
      features = try weights.recurrent(
        features, layers: parameters.recurrentLayers ?? 1, lengths: lengths,
        dropout: dropout.map { (parameters.dropout, $0.generator) }, hasTanhMaps: false)
    } else if let dropout, parameters.dropout > 0 {
      features = try Network.dropout(
        features, probability: parameters.dropout, generator: dropout.generator)
    }
    return try map("output", features)
  }

  private func map(_ name: String, _ input: Tensor) throws -> Tensor {
    try weights.linear(name, input)
  }
}
