/// How the checkpoints of a family call the tensors of the blocks that all families share.
///
/// Sources: the state dictionaries of transformers 5 (`HubertModel`, `Wav2Vec2Model`, `WavLMModel`)
/// and of s3prl 0.4.18's `Decoar2`, whose encoder is fairseq's.
struct EncoderNames {
  /// The first two parts of every name of the transformer's layers.
  static let layers = "encoder.layers"
  static let encoderNorm = "encoder.layer_norm"
  static let projectionNorm = "feature_projection.layer_norm"

  /// The linear map from downsampled frames to the model's width.
  let projection: String
  /// The position convolution's bias, and its kernel under weight norm.
  let positionBias: String
  let positionMagnitude: String
  let positionDirection: String
  /// Inside a layer.
  let attention: String
  let attentionNorm: String
  let intermediate: String
  let output: String
  let finalNorm = "final_layer_norm"

  init(_ family: EncoderFamily) {
    if family == .decoar2 {
      projection = "post_extract_proj"
      positionBias = "encoder.pos_conv.0.bias"
      positionMagnitude = "encoder.pos_conv.0.weight_g"
      positionDirection = "encoder.pos_conv.0.weight_v"
      attention = "self_attn"
      attentionNorm = "self_attn_layer_norm"
      intermediate = "fc1"
      output = "fc2"
    } else {
      projection = "feature_projection.projection"
      positionBias = "encoder.pos_conv_embed.conv.bias"
      positionMagnitude = EncoderTensors.position + ".original0"
      positionDirection = EncoderTensors.position + ".original1"
      attention = "attention"
      attentionNorm = "layer_norm"
      intermediate = "feed_forward.intermediate_dense"
      output = "feed_forward.output_dense"
    }
  }

  /// The prefix of a layer's names, without the last dot.
  func layer(_ index: Int) -> String { "\(Self.layers).\(index)" }

  /// A convolution of the downsampling module, without the last dot.
  static func convolution(_ index: Int) -> String {
    "\(EncoderTensors.downsamplingPrefix)conv_layers.\(index)"
  }

  /// WavLM's, inside an attention: the table is the first layer's, the gate is every layer's.
  static let relativeTable = "rel_attn_embed.weight"
  static let gateConstant = "gru_rel_pos_const"
  static let gate = "gru_rel_pos_linear"
  /// The gate's rows: two sums of four.
  static let gateRows = 8
}
