import Experiment
import Torch

/// The weights of one encoder by the names of its Hugging Face checkpoint, with its sizes.
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
    let expected = EncoderTensors.all(configuration)
    var problems: [String] = []
    for (name, shape) in expected {
      guard let tensor = tensors[name] else {
        problems.append("missing \(name) \(shape)")
        continue
      }
      if tensor.shape != shape {
        problems.append("\(name) is \(tensor.shape), not \(shape)")
      }
    }
    let known = Set(expected.map(\.name))
    problems += tensors.keys.filter { !known.contains($0) }.sorted().map { "unexpected \($0)" }
    guard problems.isEmpty else {
      throw CheckpointError.tensors(path: path, problems: problems)
    }
    self.configuration = configuration
    self.tensors = tensors
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
    let position = EncoderTensors.position
    if let direction = tensors[position + ".original1"] {
      // Weight norm starts as the identity: the magnitude is the norm of the direction.
      tensors[position + ".original0"] = try direction.multiplying(by: direction)
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

/// What tensors a HuBERT checkpoint holds.
///
/// Source: the state dictionary of transformers 5 `HubertModel`.
package enum EncoderTensors {
  /// Weight norm of the position convolution, under the name of `torch.nn.utils.parametrizations`.
  static let position = "encoder.pos_conv_embed.conv.parametrizations.weight"
  /// Prefix of the tensors that Stable-FT never trains.
  package static let downsamplingPrefix = "feature_extractor."
  /// The vector that stands in for masked frames; unused outside pre-training.
  package static let mask = "masked_spec_embed"

  /// Name and shape of every tensor of an encoder of these sizes.
  package static func all(
    _ configuration: EncoderConfiguration
  ) -> [(name: String, shape: [Int])] {
    let width = configuration.width
    var list: [(name: String, shape: [Int])] = []
    func norm(_ name: String, _ width: Int) {
      list.append((name + ".weight", [width]))
      list.append((name + ".bias", [width]))
    }
    func linear(_ name: String, from input: Int, to output: Int) {
      list.append((name + ".weight", [output, input]))
      list.append((name + ".bias", [output]))
    }
    var channels = 1
    for (index, output) in configuration.convolutionChannels.enumerated() {
      let layer = "feature_extractor.conv_layers.\(index)"
      list.append(
        (layer + ".conv.weight", [output, channels, configuration.convolutionKernels[index]]))
      if index == 0 { norm(layer + ".layer_norm", output) }
      channels = output
    }
    norm("feature_projection.layer_norm", channels)
    linear("feature_projection.projection", from: channels, to: width)
    list.append((mask, [width]))
    list.append((position + ".original0", [1, 1, configuration.positionKernel]))
    list.append(
      (
        position + ".original1",
        [width, width / configuration.positionGroups, configuration.positionKernel]
      ))
    list.append(("encoder.pos_conv_embed.conv.bias", [width]))
    norm("encoder.layer_norm", width)
    for index in 0..<configuration.layers {
      let layer = "encoder.layers.\(index)"
      for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        linear(layer + ".attention." + projection, from: width, to: width)
      }
      norm(layer + ".layer_norm", width)
      linear(
        layer + ".feed_forward.intermediate_dense", from: width, to: configuration.feedForwardWidth)
      linear(layer + ".feed_forward.output_dense", from: configuration.feedForwardWidth, to: width)
      norm(layer + ".final_layer_norm", width)
    }
    return list
  }

  static func initial(
    _ name: String, _ shape: [Int], _ configuration: EncoderConfiguration, _ generator: Generator
  ) throws -> Tensor {
    if name == mask { return try .uniform(shape, low: 0, high: 1, generator: generator) }
    if name.hasSuffix(".bias") { return try .zeros(shape) }
    if name.contains("layer_norm") { return try .ones(shape) }
    if name.hasPrefix(position) {
      let fanIn = Double(configuration.positionKernel * configuration.width)
      return try .normal(
        shape, mean: 0, standardDeviation: 2 / fanIn.squareRoot(), generator: generator)
    }
    if name.hasPrefix(downsamplingPrefix) {
      let fanIn = Double(shape[1] * shape[2])
      return try .normal(
        shape, mean: 0, standardDeviation: (2 / fanIn).squareRoot(), generator: generator)
    }
    return try .normal(shape, mean: 0, standardDeviation: 0.02, generator: generator)
  }
}

/// A checkpoint that cannot be used.
package enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(path: String, problem: String)
  case configuration(path: String, key: String, problem: String)
  case tensors(path: String, problems: [String])
  case incompatible(path: String, other: String, problem: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let problem):
      "\(path): \(problem)"
    case .configuration(let path, let key, let problem):
      "\(path): '\(key)': \(problem)"
    case .tensors(let path, let problems):
      "\(path): the tensors are not those of its config.json:\n"
        + problems.map { "  " + $0 }.joined(separator: "\n")
    case .incompatible(let path, let other, let problem):
      "\(path) and \(other) cannot be interpolated: \(problem)"
    }
  }
}
