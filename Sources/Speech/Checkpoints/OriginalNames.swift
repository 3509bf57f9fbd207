/// The tensors of fairseq's wav2vec 2.0 and HuBERT, of WavLM and of DeCoAR 2.0, by the names of
/// transformers.
///
/// Source: fairseq `wav2vec2.py` and `hubert.py`, unilm `WavLM.py` and `modules.py` (their modules'
/// names); the correspondence is that of transformers' conversion scripts of the three models.
enum OriginalNames {
  /// What stands in front of the encoder's names in models that were fine-tuned with fairseq.
  static let prefixes = ["w2v_encoder.w2v_model.", "encoder.w2v_model.", "w2v_model."]

  /// - Returns: nil for names that belong to no encoder.
  static func canonical(_ original: String) -> String? {
    let name =
      prefixes.first { original.hasPrefix($0) }.map { String(original.dropFirst($0.count)) }
      ?? original
    if name == "mask_emb" { return "masked_spec_embed" }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch parts.first {
    case "feature_extractor": return convolution(parts)
    case "layer_norm" where parts.count == 2: return "feature_projection.\(name)"
    case "post_extract_proj" where parts.count == 2:
      return "feature_projection.projection.\(parts[1])"
    case "encoder": return encoder(parts)
    default: return nil
    }
  }

  /// `conv_layers.<layer>.<place>`: the convolution is first in its group, the norm third; a
  /// LayerNorm stands between two transpositions, one level deeper.
  private static func convolution(_ parts: [String]) -> String? {
    guard parts.count >= 5, parts[1] == "conv_layers", let last = parts.last else { return nil }
    let layer = "feature_extractor.conv_layers.\(parts[2])"
    switch parts[3..<(parts.count - 1)].joined(separator: ".") {
    case "0": return "\(layer).conv.\(last)"
    case "2", "2.1": return "\(layer).layer_norm.\(last)"
    default: return nil
    }
  }

  private static func encoder(_ parts: [String]) -> String? {
    let rest = parts.dropFirst().joined(separator: ".")
    switch rest {
    case "pos_conv.0.weight_g": return EncoderTensors.position + ".original0"
    case "pos_conv.0.weight_v": return EncoderTensors.position + ".original1"
    case "pos_conv.0.bias": return "encoder.pos_conv_embed.conv.bias"
    case "layer_norm.weight", "layer_norm.bias": return "encoder.\(rest)"
    default: break
    }
    guard parts.count >= 5 || parts.last == "grep_a", parts.count >= 4, parts[1] == "layers" else {
      return nil
    }
    let inner = parts[3...].dropLast().joined(separator: ".")
    let last = parts[parts.count - 1]
    let layer = "encoder.layers.\(parts[2])."
    if inner == "self_attn", last == "grep_a" { return layer + "attention.gru_rel_pos_const" }
    return modules[inner].map { layer + $0 + "." + last }
  }

  private static let modules = [
    "self_attn.q_proj": "attention.q_proj",
    "self_attn.k_proj": "attention.k_proj",
    "self_attn.v_proj": "attention.v_proj",
    "self_attn.out_proj": "attention.out_proj",
    "self_attn.grep_linear": "attention.gru_rel_pos_linear",
    "self_attn.relative_attention_bias": "attention.rel_attn_embed",
    "self_attn_layer_norm": "layer_norm",
    "fc1": "feed_forward.intermediate_dense",
    "fc2": "feed_forward.output_dense",
    "final_layer_norm": "final_layer_norm",
  ]
}
