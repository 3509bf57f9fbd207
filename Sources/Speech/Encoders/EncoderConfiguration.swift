import Experiment
import Foundation

/// The sizes of a HuBERT encoder, as the `config.json` of a Hugging Face folder states them.
///
/// Source: transformers `HubertConfig`; the names in quotation marks are its keys.
package struct EncoderConfiguration: Sendable, Hashable {
  /// Output channels of each convolution ("conv_dim").
  package var convolutionChannels: [Int]
  /// Kernel widths in samples of the layer below ("conv_kernel").
  package var convolutionKernels: [Int]
  /// Strides ("conv_stride").
  package var convolutionStrides: [Int]
  /// D ("hidden_size").
  package var width: Int
  /// L ("num_hidden_layers").
  package var layers: Int
  /// "num_attention_heads".
  package var attentionHeads: Int
  /// "intermediate_size".
  package var feedForwardWidth: Int
  /// "num_conv_pos_embeddings".
  package var positionKernel: Int
  /// "num_conv_pos_embedding_groups".
  package var positionGroups: Int
  /// "layer_norm_eps".
  package var layerNormEpsilon: Double
  /// "hidden_dropout", used at every place where HuBERT drops activations.
  package var dropout: Double

  /// Samples between frames: 320, which is 20 ms at 16 kHz.
  package var strideSamples: Int { convolutionStrides.reduce(1, *) }

  /// Samples that one frame sees: 400, which is 25 ms at 16 kHz.
  package var windowSamples: Int {
    var window = 1
    for (kernel, stride) in zip(convolutionKernels, convolutionStrides).reversed() {
      window = (window - 1) * stride + kernel
    }
    return window
  }

  /// Frames T of a waveform of `samples` samples; 0 when it is shorter than one window.
  package func frames(samples: Int) -> Int {
    var length = samples
    for (kernel, stride) in zip(convolutionKernels, convolutionStrides) {
      guard length >= kernel else { return 0 }
      length = (length - kernel) / stride + 1
    }
    return length
  }

  /// Whether weights of `other` fit: everything but dropout is equal.
  package func hasSizes(of other: EncoderConfiguration) -> Bool {
    var same = other
    same.dropout = dropout
    return self == same
  }

  /// HuBERT's seven convolutions with the widths of `architecture`.
  package init(_ architecture: EncoderArchitecture) {
    convolutionChannels = Array(repeating: architecture.convolutionChannels, count: 7)
    convolutionKernels = [10, 3, 3, 3, 3, 2, 2]
    convolutionStrides = [5, 2, 2, 2, 2, 2, 2]
    width = architecture.width
    layers = architecture.layers
    attentionHeads = architecture.attentionHeads
    feedForwardWidth = architecture.feedForwardWidth
    positionKernel = architecture.positionKernel
    positionGroups = architecture.positionGroups
    layerNormEpsilon = 1e-5
    dropout = architecture.dropout
  }

  /// Reads the keys of a `config.json`.
  ///
  /// - Throws: `CheckpointError` naming the key that is missing, of another type, or that asks for
  ///   an encoder of another shape than HuBERT Base (LayerNorm front end, pre-LN, other activations).
  package init(json: Canonical, path: String) throws(CheckpointError) {
    let keys = ConfigurationKeys(json: json, path: path)
    try keys.expect("model_type", .string("hubert"))
    try keys.expect("feat_extract_norm", .string("group"), orAbsent: true)
    try keys.expect("feat_extract_activation", .string("gelu"), orAbsent: true)
    try keys.expect("hidden_act", .string("gelu"), orAbsent: true)
    try keys.expect("do_stable_layer_norm", .bool(false), orAbsent: true)
    try keys.expect("conv_bias", .bool(false), orAbsent: true)
    try keys.expect("feat_proj_layer_norm", .bool(true), orAbsent: true)
    try keys.expect("conv_pos_batch_norm", .bool(false), orAbsent: true)
    convolutionChannels = try keys.integers("conv_dim")
    convolutionKernels = try keys.integers("conv_kernel")
    convolutionStrides = try keys.integers("conv_stride")
    width = try keys.integer("hidden_size")
    layers = try keys.integer("num_hidden_layers")
    attentionHeads = try keys.integer("num_attention_heads")
    feedForwardWidth = try keys.integer("intermediate_size")
    positionKernel = try keys.integer("num_conv_pos_embeddings")
    positionGroups = try keys.integer("num_conv_pos_embedding_groups")
    layerNormEpsilon = try keys.number("layer_norm_eps")
    dropout = try keys.number("hidden_dropout")
    let convolutions = convolutionChannels.count
    guard convolutions > 0, convolutionKernels.count == convolutions,
      convolutionStrides.count == convolutions, width % max(1, attentionHeads) == 0
    else {
      throw CheckpointError.configuration(
        path: path, key: "conv_dim",
        problem: "conv_dim, conv_kernel and conv_stride must be "
          + "equally long and num_attention_heads must divide hidden_size")
    }
  }

  /// The `config.json` that transformers' `HubertModel` loads.
  package var json: Canonical {
    .map([
      "architectures": .list([.string("HubertModel")]),
      "model_type": .string("hubert"),
      "conv_dim": .list(convolutionChannels.map { .integer($0) }),
      "conv_kernel": .list(convolutionKernels.map { .integer($0) }),
      "conv_stride": .list(convolutionStrides.map { .integer($0) }),
      "num_feat_extract_layers": .integer(convolutionChannels.count),
      "conv_bias": .bool(false),
      "feat_extract_norm": .string("group"),
      "feat_extract_activation": .string("gelu"),
      "feat_proj_layer_norm": .bool(true),
      "feat_proj_dropout": .real(dropout),
      "hidden_size": .integer(width),
      "num_hidden_layers": .integer(layers),
      "num_attention_heads": .integer(attentionHeads),
      "intermediate_size": .integer(feedForwardWidth),
      "hidden_act": .string("gelu"),
      "hidden_dropout": .real(dropout),
      "activation_dropout": .real(dropout),
      "attention_dropout": .real(dropout),
      "final_dropout": .real(dropout),
      "layerdrop": .real(0),
      "do_stable_layer_norm": .bool(false),
      "conv_pos_batch_norm": .bool(false),
      "num_conv_pos_embeddings": .integer(positionKernel),
      "num_conv_pos_embedding_groups": .integer(positionGroups),
      "layer_norm_eps": .real(layerNormEpsilon),
      "apply_spec_augment": .bool(false),
    ])
  }
}

/// Typed access to the keys of a `config.json`.
private struct ConfigurationKeys {
  let json: Canonical
  let path: String

  func expect(
    _ key: String, _ value: Canonical, orAbsent: Bool = false
  ) throws(CheckpointError) {
    if json[key] == nil, orAbsent { return }
    guard json[key] == value else {
      throw CheckpointError.configuration(
        path: path, key: key,
        problem: "it is \(json[key]?.text ?? "absent") and only \(value.text) is supported")
    }
  }

  func number(_ key: String) throws(CheckpointError) -> Double {
    guard let number = json[key]?.number else {
      throw CheckpointError.configuration(path: path, key: key, problem: "a number is needed")
    }
    return number
  }

  func integer(_ key: String) throws(CheckpointError) -> Int {
    guard case .integer(let value)? = json[key], value > 0 else {
      throw CheckpointError.configuration(
        path: path, key: key, problem: "a positive integer is needed")
    }
    return value
  }

  func integers(_ key: String) throws(CheckpointError) -> [Int] {
    guard case .list(let values)? = json[key] else {
      throw CheckpointError.configuration(
        path: path, key: key, problem: "a list of positive integers is needed")
    }
    var integers: [Int] = []
    for value in values {
      guard case .integer(let integer) = value, integer > 0 else {
        throw CheckpointError.configuration(
          path: path, key: key, problem: "a list of positive integers is needed")
      }
      integers.append(integer)
    }
    return integers
  }
}
