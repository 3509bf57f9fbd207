/// The tensors of a Hugging Face file by the names of a bare encoder, and the heads beside it.
enum PublishedNames {
  private static let prefixes = ["hubert.", "wav2vec2.", "wavlm.", "decoar2.", "model."]

  /// What pre-training and tasks put on top of an encoder: recognised, kept aside, never loaded.
  private static let heads = [
    "final_proj", "label_embs_concat", "quantizer", "project_q", "project_hid", "target_glu",
    "lm_head", "ctc_proj", "proj", "w2v_encoder.proj", "classifier", "projector", "layer_weights",
    "tdnn", "objective",
  ]
  /// Of `ForXVector`, whose head has the name of the convolutions' module.
  private static let exactHeads = ["feature_extractor.weight", "feature_extractor.bias"]

  static func isHead(_ name: String) -> Bool {
    let bare = withoutPrefix(name)
    let original =
      OriginalNames.prefixes.first { bare.hasPrefix($0) }
      .map { String(bare.dropFirst($0.count)) } ?? bare
    return exactHeads.contains(bare)
      || heads.contains { original == $0 || original.hasPrefix($0 + ".") }
  }

  /// Without the name of the model that holds the encoder, and with today's name of weight norm.
  static func canonical(_ name: String) -> String {
    let bare = withoutPrefix(name)
    switch bare {
    case "encoder.pos_conv_embed.conv.weight_g": return EncoderTensors.position + ".original0"
    case "encoder.pos_conv_embed.conv.weight_v": return EncoderTensors.position + ".original1"
    default: return bare
    }
  }

  private static func withoutPrefix(_ name: String) -> String {
    var bare = Substring(name)
    // `model.` may stand in front of another of them.
    for _ in 0..<2 {
      guard let prefix = prefixes.first(where: { bare.hasPrefix($0) }) else { break }
      bare = bare.dropFirst(prefix.count)
    }
    return String(bare)
  }
}
