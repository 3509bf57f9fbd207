import Torch

/// Dropout during training: how much, and whose draws.
package struct EncoderDropout {
  package var probability: Double
  package var generator: Generator

  package init(probability: Double, generator: Generator) {
    self.probability = probability
    self.generator = generator
  }
}

extension Tensor {
  /// This tensor outside training, else with elements dropped.
  func dropped(_ dropout: EncoderDropout?) throws -> Tensor {
    guard let dropout, dropout.probability > 0 else { return self }
    return try Network.dropout(
      self, probability: dropout.probability, generator: dropout.generator)
  }
}
