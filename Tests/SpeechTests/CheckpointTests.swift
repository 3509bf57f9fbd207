import Artifacts
import Experiment
import Foundation
import Speech
import Testing
import Torch

/// Checkpoints in every form against the tensors that `make_checkpoints.py` put into them.
@Suite struct CheckpointTests {
  private static func path(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return url.appendingPathComponent("checkpoints/\(name)").path
  }

  private func open(_ name: String) throws -> Checkpoint {
    try Checkpoint.open(Self.path(name), cache: HubCache(environment: ["HOME": "/no/such"]))
  }

  /// Expects the same tensors, bit by bit.
  private func expectEqual(
    _ found: [String: Tensor], _ wanted: [String: Tensor],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(found.keys.sorted() == wanted.keys.sorted(), sourceLocation: sourceLocation)
    for (name, tensor) in wanted {
      guard let other = found[name] else { continue }
      #expect(other.shape == tensor.shape, "\(name)", sourceLocation: sourceLocation)
      #expect(
        try other.floats() == tensor.floats(), "\(name)", sourceLocation: sourceLocation)
    }
  }

  static let heads = [
    "final_proj.bias [6]", "final_proj.weight [6, 8]", "label_embs_concat [6, 6]",
  ]
  static let quantizer = [
    "final_proj.bias [6]", "final_proj.weight [6, 8]", "project_q.bias [6]",
    "project_q.weight [6, 6]", "quantizer.vars [1, 8, 3]", "quantizer.weight_proj.bias [8]",
    "quantizer.weight_proj.weight [8, 4]",
  ]

  /// A form, the folder that has the same tensors, and the heads beside them.
  static let forms: [(name: String, same: String, setAside: [String])] = [
    ("hubert_sharded", "hubert", []),
    ("hubert_ctc", "hubert", ["lm_head.bias [5]", "lm_head.weight [5, 8]"]),
    ("hubert_bin", "hubert", ["lm_head.weight [5, 8]"]),
    ("hubert_bin_sharded", "hubert", ["lm_head.weight [5, 8]"]),
    ("hubert_fairseq.pt", "hubert", heads),
    ("hubert_omegaconf.pt", "hubert", heads),
    ("hubert_s3prl.pt", "hubert", heads),
    (
      "hubert_finetuned.pt", "hubert",
      ["w2v_encoder.proj.bias [5]", "w2v_encoder.proj.weight [5, 8]"]
    ),
    (
      "wav2vec2_pretraining", "wav2vec2",
      [
        "project_hid.bias [6]", "project_hid.weight [6, 8]", "project_q.bias [6]",
        "project_q.weight [6, 6]", "quantizer.codevectors [1, 8, 3]",
        "quantizer.weight_proj.bias [8]", "quantizer.weight_proj.weight [8, 4]",
      ]
    ),
    ("wav2vec2_fairseq.pt", "wav2vec2", quantizer),
    ("wavlm_original.pt", "wavlm", []),
  ]

  @Test(arguments: forms.indices) func everyFormGivesTheSameTensors(index: Int) throws {
    let (name, same, setAside) = Self.forms[index]
    let checkpoint = try open(name)
    try expectEqual(checkpoint.tensors(), open(same).tensors())
    #expect(checkpoint.setAside.map(\.summary).sorted() == setAside)
  }

  @Test(arguments: forms.indices) func everyFormGivesTheSameConfiguration(index: Int) throws {
    let (name, same, _) = Self.forms[index]
    let (found, wanted) = (try open(name).json, try open(same).json)
    let keys = [
      "model_type", "conv_dim", "conv_kernel", "conv_stride", "conv_bias", "feat_extract_norm",
      "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
      "do_stable_layer_norm", "num_conv_pos_embeddings", "num_conv_pos_embedding_groups",
      "layer_norm_eps", "hidden_dropout",
    ]
    for key in keys { #expect(found[key] == wanted[key], "\(key)") }
    if same == "wavlm" {
      #expect(found["num_buckets"] == .integer(8))
      #expect(found["max_bucket_distance"] == .integer(20))
    }
  }

  @Test func layoutsAndFormsAreTold() throws {
    #expect(try open("hubert").layout == .huggingFace)
    #expect(try open("hubert").files.form == .safetensors)
    #expect(try open("hubert_sharded").files.form == .shardedSafetensors)
    #expect(try open("hubert_bin_sharded").files.form == .shardedPickle)
    #expect(try open("hubert_fairseq.pt").layout == .fairseq)
    #expect(try open("wavlm_original.pt").layout == .wavlm)
    #expect(try open("decoar2_s3prl.pt").layout == .decoar2)
    #expect(try open("hubert").metadata == ["format": "pt"])
    let entry = try #require(open("hubert_fairseq.pt").entries.first { $0.original == "mask_emb" })
    #expect(entry.name == "masked_spec_embed")
    #expect(entry.type == "float32")
  }

  @Test func halfPrecisionIsWidenedExactly() throws {
    for type in ["float16", "bfloat16"] {
      let narrow = try SafetensorsFile(path: Self.path("hubert_\(type)/model.safetensors"))
      let wide = try open("hubert_\(type)").tensors()
      for name in narrow.names {
        let tensor = try narrow.tensor(named: name)
        #expect(tensor.dtype.rawValue == type)
        #expect(try wide[name]?.floats() == tensor.floats())
        #expect(wide[name]?.dtype == .float32)
      }
    }
  }

  @Test func decoarTakesItsSizesFromItsTensors() throws {
    let checkpoint = try open("decoar2_s3prl.pt")
    #expect(
      checkpoint.json["model_type"] == .string("decoar2")
        && checkpoint.json["num_mel_bins"] == .integer(80))
    #expect(checkpoint.json["hidden_size"] == .integer(8))
    #expect(checkpoint.json["num_hidden_layers"] == .integer(2))
    #expect(checkpoint.json["intermediate_size"] == .integer(12))
    #expect(checkpoint.json["num_conv_pos_embeddings"] == .integer(4))
    #expect(checkpoint.json["num_conv_pos_embedding_groups"] == .integer(2))
    #expect(
      checkpoint.setAside.map(\.summary).sorted()
        == ["mask_emb [80]", "quantizer.vars [1, 8, 3]"])
    #expect(checkpoint.setAside.map(\.name) == checkpoint.setAside.map(\.original))
    let weights = try checkpoint.weights()
    #expect(weights[tensor: "post_extract_proj.weight"]?.shape == [8, 80])
    let hubert = try open("hubert").tensors()
    for (name, other) in [
      (
        "encoder.pos_conv.0.weight_g",
        "encoder.pos_conv_embed.conv.parametrizations.weight.original0"
      ),
      ("encoder.layers.1.fc1.weight", "encoder.layers.1.feed_forward.intermediate_dense.weight"),
    ] { #expect(try weights[tensor: name]?.floats() == hubert[other]?.floats(), "\(name)") }
  }

  @Test(arguments: forms.indices) func encodersTakeEveryForm(index: Int) throws {
    let (name, same, _) = Self.forms[index]
    let (found, wanted) = (try open(name).weights(), try open(same).weights())
    try expectEqual(
      Dictionary(uniqueKeysWithValues: found.ordered.map { ($0.name, $0.tensor) }),
      Dictionary(uniqueKeysWithValues: wanted.ordered.map { ($0.name, $0.tensor) }))
    var configuration = found.configuration
    configuration.normalisesWaveform = wanted.configuration.normalisesWaveform
    #expect(configuration.hasSizes(of: wanted.configuration))
  }

  @Test func whetherWaveformsAreNormalisedIsWhatTheFileSays() throws {
    #expect(try open("hubert").configuration().normalisesWaveform)
    for (name, normalises) in [
      ("hubert_fairseq.pt", false), ("hubert_omegaconf.pt", false), ("hubert_s3prl.pt", false),
      ("wav2vec2_fairseq.pt", true), ("wavlm_original.pt", false),
    ] {
      #expect(try open(name).configuration().normalisesWaveform == normalises, "\(name)")
    }
    // A folder written from such a file says it too.
    let folder = try TemporaryFolder()
    let weights = try open("hubert_fairseq.pt").weights()
    try CheckpointFolder.write(weights, to: folder.path + "/again")
    let again = try CheckpointFolder.read(folder.path + "/again")
    #expect(again.configuration == weights.configuration)
    #expect(
      try CheckpointFiles(folder.path + "/again").names
        == ["config.json", "preprocessor_config.json", "model.safetensors"])
  }
}
