import Experiment
import Torch

/// The sizes of an original checkpoint in the keys of a transformers `config.json`.
///
/// Source: fairseq `Wav2Vec2Config` and `HubertConfig`, unilm `WavLMConfig`, s3prl
/// `upstream/decoar2/decoar2.py`: names and defaults of the settings.
struct OriginalConfiguration {
  let document: PickleDocument
  let path: String
  /// What the file says of the model; nil where it says nothing.
  let settings: PickleValue?

  /// The member of a file that holds the model's settings: `cfg` of hydra's fairseq and of WavLM,
  /// `args` of the older fairseq, `model_cfg` of files that s3prl converted. A model that was
  /// fine-tuned keeps those of the pre-trained one inside.
  init(_ document: PickleDocument, path: String) {
    self.document = document
    self.path = path
    func member(_ value: PickleValue?, _ key: String) -> PickleValue? {
      guard let value, let found = document[value, key], found != .none else { return nil }
      return found
    }
    let root = document.root
    var settings = member(root, "model_cfg") ?? member(root, "args") ?? member(root, "cfg")
    settings =
      member(settings, "model").flatMap { document.entries(of: $0) == nil ? nil : $0 }
      ?? settings
    if let inner = member(settings, "w2v_args") { settings = member(inner, "model") ?? inner }
    self.settings = settings
  }

  private func value(_ key: String) -> PickleValue? {
    settings.flatMap { document[$0, key] }.flatMap { $0 == .none ? nil : document.plain($0) }
  }

  private func problem(_ key: String, _ text: String) -> CheckpointError {
    .configuration(path: path, key: key, problem: text)
  }

  private func integer(_ key: String, default fallback: Int?) throws(CheckpointError) -> Canonical {
    switch value(key) {
    case .integer(let number)?: return .integer(number)
    case nil:
      guard let fallback else { throw problem(key, "the file does not say it") }
      return .integer(fallback)
    default: throw problem(key, "an integer is needed")
    }
  }

  private func number(_ key: String, default fallback: Double) throws(CheckpointError) -> Canonical
  {
    switch value(key) {
    case .integer(let number)?: return .integer(number)
    case .real(let number)? where number.isFinite: return Canonical(number: number)
    case nil: return Canonical(number: fallback)
    default: throw problem(key, "a number is needed")
    }
  }

  private func flag(_ key: String) throws(CheckpointError) -> Bool {
    switch value(key) {
    case .bool(let flag)?: return flag
    case .integer(0)?, nil: return false
    case .integer(1)?: return true
    default: throw problem(key, "true or false is needed")
    }
  }

  private func text(_ key: String) throws(CheckpointError) -> String? {
    switch value(key) {
    case .text(let text)?: return text
    case nil: return nil
    default: throw problem(key, "a text is needed")
    }
  }

  /// `hubert`, `wav2vec2` or `wavlm`.
  private func modelType() throws(CheckpointError) -> String {
    if value("gru_rel_pos") != nil || value("relative_position_embedding") != nil { return "wavlm" }
    var name = try text("_name")
    if name == nil { name = try text("arch") }
    if name?.hasPrefix("hubert") == true { return "hubert" }
    if name?.hasPrefix("wav2vec2") == true || value("quantize_targets") != nil { return "wav2vec2" }
    if value("untie_final_proj") != nil || value("label_rate") != nil { return "hubert" }
    throw problem(
      "_name", "the model is '\(name ?? "")'; read are wav2vec2 and hubert of fairseq, and WavLM")
  }

  /// What transformers keeps in `preprocessor_config.json`: whether waveforms were normalised, a
  /// setting of fairseq's task, and of WavLM's model; nil where the file does not say it.
  ///
  /// - Throws: `CheckpointError.configuration`.
  func preprocessor() throws(CheckpointError) -> Canonical? {
    let root = document.root
    var found = value("normalize")
    for holder in ["task_cfg", "args", "cfg"] {
      guard found == nil, let settings = document[root, holder] else { continue }
      let task = document[settings, "task"] ?? settings
      found = document[task, "normalize"] ?? document[settings, "normalize"]
    }
    switch found {
    case .bool(let flag)?: return .map(["do_normalize": .bool(flag)])
    case nil, .some(.none): return nil
    default: throw problem("normalize", "true or false is needed")
    }
  }

  /// The configuration of a model that convolves waveforms.
  ///
  /// - Parameter hasMask: Whether the file has the vector that stands in for masked frames.
  /// - Returns: A `config.json` as transformers has it.
  /// - Throws: `CheckpointError.configuration` naming fairseq's key.
  func waveform(hasMask: Bool) throws(CheckpointError) -> Canonical {
    let type = try modelType()
    var members = try transformer()
    members["model_type"] = .string(type)
    // transformers makes the vector where masking is on.
    members["mask_time_prob"] = .real(hasMask ? 0.05 : 0)
    members["mask_feature_prob"] = .real(0)
    let layers = try text("conv_feature_layers")
    guard
      let convolutions = ConvolutionLayers(
        layers ?? "[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2")
    else { throw problem("conv_feature_layers", "'\(layers ?? "")' is no list of convolutions") }
    members["conv_dim"] = .list(convolutions.channels.map { .integer($0) })
    members["conv_kernel"] = .list(convolutions.kernels.map { .integer($0) })
    members["conv_stride"] = .list(convolutions.strides.map { .integer($0) })
    members["num_feat_extract_layers"] = .integer(convolutions.channels.count)
    members["conv_bias"] = .bool(try flag("conv_bias"))
    members["feat_extract_activation"] = .string("gelu")
    switch try text("extractor_mode") ?? "default" {
    case "default": members["feat_extract_norm"] = .string("group")
    case "layer_norm": members["feat_extract_norm"] = .string("layer")
    case let mode: throw problem("extractor_mode", "it is '\(mode)', not default or layer_norm")
    }
    if type == "hubert" {
      members["feat_proj_layer_norm"] = .bool(true)
      members["conv_pos_batch_norm"] = .bool(false)
    }
    if type == "wavlm" {
      guard try flag("gru_rel_pos"), try flag("relative_position_embedding") else {
        throw problem("gru_rel_pos", "only WavLM with gated relative positions is read")
      }
      members["num_buckets"] = try integer("num_buckets", default: 320)
      members["max_bucket_distance"] = try integer("max_distance", default: 1280)
    }
    return .map(members)
  }

  /// DeCoAR 2.0's configuration: filter banks in place of convolutions. Its file says no sizes, so
  /// they are those of its tensors; s3prl's constants are the rest.
  ///
  /// - Parameters:
  ///   - tensors: Original names.
  ///   - shape: The shape of a tensor by its original name.
  /// - Returns: A `config.json` of our own model type `decoar2`.
  /// - Throws: `CheckpointError` where a tensor is missing that tells a size.
  func decoar2(
    tensors: [String], shape: (String) -> [Int]?
  ) throws(CheckpointError) -> Canonical {
    guard let input = shape("post_extract_proj.weight"), input.count == 2,
      let position = shape("encoder.pos_conv.0.weight_v"), position.count == 3, position[1] > 0,
      let feedForward = shape("encoder.layers.0.fc1.weight"), feedForward.count == 2
    else {
      throw .tensors(
        path: path,
        problems: [
          "missing one of post_extract_proj.weight, encoder.pos_conv.0.weight_v, "
            + "encoder.layers.0.fc1.weight, which tell DeCoAR 2.0's sizes"
        ])
    }
    let width = input[0]
    let layers = Set(
      tensors.filter { $0.hasPrefix("encoder.layers.") }.map { $0.split(separator: ".")[2] })
    var members = try transformer(
      width: width, layers: layers.count, feedForward: feedForward[0],
      heads: width == 768 ? 12 : nil)
    members["model_type"] = .string("decoar2")
    members["num_mel_bins"] = .integer(input[1])
    members["num_conv_pos_embeddings"] = .integer(position[2])
    members["num_conv_pos_embedding_groups"] = .integer(max(1, width / position[1]))
    return .map(members)
  }

  /// The settings that all transformers of the family share.
  private func transformer(
    width: Int? = nil, layers: Int? = nil, feedForward: Int? = nil, heads: Int? = nil
  ) throws(CheckpointError) -> [String: Canonical] {
    let activation = try text("activation_fn") ?? "gelu"
    guard activation == "gelu" else {
      throw problem("activation_fn", "it is '\(activation)' and only gelu is supported")
    }
    for (key, only) in [("pos_conv_depth", 1)] {
      guard try integer(key, default: only) == .integer(only) else {
        throw problem(key, "only \(only) is supported")
      }
    }
    if let type = try text("layer_type"), type != "transformer" {
      throw problem("layer_type", "it is '\(type)' and only transformer is supported")
    }
    func size(_ known: Int?, _ key: String, _ fallback: Int) throws(CheckpointError) -> Canonical {
      if let known { return .integer(known) }
      return try integer(key, default: fallback)
    }
    let isOwn = width == nil
    return [
      "hidden_size": try size(width, "encoder_embed_dim", 768),
      "num_hidden_layers": try size(layers, "encoder_layers", 12),
      "intermediate_size": try size(feedForward, "encoder_ffn_embed_dim", 3072),
      "num_attention_heads": try integer(
        "encoder_attention_heads", default: isOwn ? 12 : heads),
      "hidden_act": .string("gelu"),
      "hidden_dropout": try number("dropout", default: 0.1),
      "attention_dropout": try number("attention_dropout", default: 0.1),
      "activation_dropout": try number("activation_dropout", default: 0),
      "feat_proj_dropout": try number("dropout_input", default: isOwn ? 0 : 0.1),
      "layerdrop": try number("encoder_layerdrop", default: isOwn ? 0 : 0.05),
      "do_stable_layer_norm": .bool(try flag("layer_norm_first")),
      "num_conv_pos_embeddings": try integer("conv_pos", default: 128),
      "num_conv_pos_embedding_groups": try integer("conv_pos_groups", default: 16),
      "layer_norm_eps": .real(1e-5),
    ]
  }
}
