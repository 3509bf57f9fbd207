import Experiment
import Torch

/// The weights of one encoder by the names of its published checkpoint, with its sizes.
package struct EncoderWeights {
  package var configuration: EncoderConfiguration
  /// In the order of the checkpoint's specification (`EncoderTensors.all`).
  package private(set) var tensors: [String: Tensor]

  /// Takes tensors as a checkpoint has them.
  ///
  /// - Throws: `CheckpointError` listing every missing, unexpected and mis-shaped tensor.
  package init(
    configuration: EncoderConfiguration, tensors: [String: Tensor], path: String
  ) throws(CheckpointError) {
    let problems = Self.problems(configuration, shapes: tensors.mapValues(\.shape))
    guard problems.isEmpty else {
      throw CheckpointError.tensors(path: path, problems: problems)
    }
    self.configuration = configuration
    self.tensors = tensors
  }

  /// Every missing, unexpected and mis-shaped tensor, by name and shape.
  package static func problems(
    _ configuration: EncoderConfiguration, shapes: [String: [Int]]
  ) -> [String] {
    let expected = EncoderTensors.all(configuration)
    var problems: [String] = []
    for (name, shape) in expected {
      guard let found = shapes[name] else {
        problems.append("missing \(name) \(shape)")
        continue
      }
      if found != shape { problems.append("\(name) is \(found), not \(shape)") }
    }
    let known = Set(expected.map(\.name))
    return problems
      + shapes.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
      .map { "unexpected \($0.key) \($0.value)" }
  }

  /// Random weights, drawn as transformers' `HubertPreTrainedModel._init_weights` does: linear maps
  /// from N(0, 0.02), convolutions by Kaiming, the position convolution from N(0, 2/√(k·D)).
  package init(
    random configuration: EncoderConfiguration, generator: Generator
  ) throws {
    var tensors: [String: Tensor] = [:]
    for (name, shape) in EncoderTensors.all(configuration) {
      tensors[name] = try EncoderTensors.initial(name, shape, configuration, generator)
    }
    let names = configuration.names
    if let direction = tensors[names.positionDirection] {
      // Weight norm starts as the identity: the magnitude is the norm of the direction.
      tensors[names.positionMagnitude] = try direction.multiplying(by: direction)
        .sum(dimensions: [0, 1], keep: true).sqrt()
    }
    self.configuration = configuration
    self.tensors = tensors
  }

  /// Names and tensors in checkpoint order.
  package var ordered: [(name: String, tensor: Tensor)] {
    EncoderTensors.all(configuration).compactMap { entry in
      tensors[entry.name].map { (entry.name, $0) }
    }
  }

  /// Parameters in all.
  package var count: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// The same weights in tensors of their own, without gradients.
  package func copied() throws -> EncoderWeights {
    var copy = self
    copy.tensors = try tensors.mapValues { try $0.detached().clone() }
    return copy
  }

  /// The tensor of a checkpoint's name.
  package subscript(tensor name: String) -> Tensor? { tensors[name] }
}
