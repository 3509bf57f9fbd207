import Experiment
import Foundation
import Testing

@testable import Speech

/// What a `config.json` may ask for, and what is said when it asks for something else.
struct EncoderConfigurationTests {
  private func read(
    _ family: EncoderFamily, _ changes: [String: Canonical] = [:], without: String? = nil
  ) throws -> EncoderConfiguration {
    var members: [String: Canonical] = [:]
    if case .map(let base) = EncoderConfiguration.base(family).json { members = base }
    members.merge(changes) { $1 }
    if let without { members[without] = nil }
    return try EncoderConfiguration(json: .map(members), path: "config.json")
  }

  private func problem(
    _ family: EncoderFamily, _ changes: [String: Canonical] = [:], without: String? = nil
  ) -> String {
    do {
      _ = try read(family, changes, without: without)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: EncoderFamily.allCases)
  func whatIsWrittenIsReadBack(family: EncoderFamily) throws {
    var configuration = EncoderConfiguration.base(family)
    configuration.isPreNorm = true
    if family != .decoar2 {
      configuration.convolutionNorm = .layer
      configuration.convolutionBias = true
      configuration.hasMaskVector = false
    }
    configuration.hasProjectionNorm = family != .hubert && family != .decoar2
    if family == .wavlm {
      configuration.relativePositions = RelativePositions(buckets: 64, maximumDistance: 100)
      configuration.normalisesWaveform = true
    }
    let json = configuration.json
    #expect(try EncoderConfiguration(json: json, path: "config.json") == configuration)
    #expect(json["architectures"] == .list([.string(family.className)]))
  }

  @Test func keysOfHeadsAndTrainingArePassedOver() throws {
    let head: [String: Canonical] = [
      "architectures": .list([.string("Wav2Vec2ForCTC")]), "vocab_size": .integer(32),
      "ctc_loss_reduction": .string("sum"), "num_codevectors_per_group": .integer(320),
      "layerdrop": .real(0.1), "feat_proj_layer_norm": .bool(false), "adapter_attn_dim": .null,
    ]
    #expect(try read(.wav2vec2, head) == .base(.wav2vec2))
  }

  @Test func waveformsAreNormalisedAsThePublishedFoldersSay() throws {
    #expect(EncoderConfiguration.base(.hubert).normalisesWaveform)
    #expect(EncoderConfiguration.base(.wav2vec2).normalisesWaveform)
    #expect(!EncoderConfiguration.base(.wavlm).normalisesWaveform)
    #expect(!EncoderConfiguration.base(.decoar2).normalisesWaveform)
    #expect(try read(.wavlm, ["feat_extract_norm": .string("layer")]).normalisesWaveform)
    var configuration = EncoderConfiguration.base(.hubert)
    #expect(configuration.prepared([1, 3]).reduce(0, +) == 0 && !configuration.needsPreprocessor)
    try configuration.read(
      preprocessor: .map(["do_normalize": .bool(false)]), path: "preprocessor_config.json")
    #expect(configuration.prepared([1, 3]) == [1, 3] && configuration.needsPreprocessor)
    #expect(configuration.preprocessorJSON?["do_normalize"] == .bool(false))
    try configuration.read(preprocessor: .map([:]), path: "preprocessor_config.json")
    #expect(configuration.normalisesWaveform)
    #expect(
      throws: CheckpointError.configuration(
        path: "p.json", key: "sampling_rate", problem: "it is 8000 and only 16000 is supported")
    ) {
      try configuration.read(
        preprocessor: .map(["sampling_rate": .integer(8000)]), path: "p.json")
    }
  }

  @Test func whatWouldChangeTheEncoderIsNamed() {
    #expect(
      problem(.hubert, ["model_type": .string("bert")])
        == "config.json: 'model_type': it is \"bert\" and only these are supported: \"hubert\", "
        + "\"wav2vec2\", \"wavlm\", \"decoar2\"")
    #expect(
      problem(.hubert, ["conv_pos_batch_norm": .bool(true)])
        == "config.json: 'conv_pos_batch_norm': it is true and only false is supported")
    #expect(
      problem(.wav2vec2, ["add_adapter": .bool(true)])
        == "config.json: 'add_adapter': it is true and only false is supported")
    #expect(
      problem(.wav2vec2, ["adapter_attn_dim": .integer(16)])
        == "config.json: 'adapter_attn_dim': it is 16 and only null is supported")
    #expect(
      problem(.wavlm, ["hidden_act": .string("relu")])
        == "config.json: 'hidden_act': it is \"relu\" and only \"gelu\" is supported")
    #expect(
      problem(.wavlm, ["feat_extract_norm": .string("batch")])
        == "config.json: 'feat_extract_norm': it is \"batch\" and only these are supported: "
        + "\"group\", \"layer\"")
    #expect(
      problem(.wavlm, ["num_buckets": .integer(30)])
        == "config.json: 'num_buckets': it must be a multiple of 4, and max_bucket_distance above "
        + "its quarter")
    #expect(
      problem(.hubert, ["conv_bias": .integer(1)])
        == "config.json: 'conv_bias': true or false is needed")
    #expect(
      problem(.hubert, ["conv_stride": .list([.integer(5)])])
        == "config.json: 'conv_dim': conv_dim, conv_kernel and conv_stride must be equally long")
    #expect(
      problem(.hubert, ["num_attention_heads": .integer(7)])
        == "config.json: 'hidden_size': num_attention_heads and num_conv_pos_embedding_groups "
        + "must divide it")
    #expect(
      problem(.decoar2, without: "num_mel_bins")
        == "config.json: 'num_mel_bins': a positive integer is needed")
  }
}
