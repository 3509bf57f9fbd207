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

/// Checkpoints that are not there or do not load, and what is said.
@Suite struct CheckpointErrorTests {
  private func text<Result>(_ body: () throws -> Result) -> String? {
    do {
      _ = try body()
      return nil
    } catch { return "\(error)" }
  }

  private func fixture(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return url.appendingPathComponent("checkpoints/\(name)").path
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "alphasweep-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  /// A copy of the small HuBERT with other tensors.
  private func withHubert(
    _ change: (inout [String: Tensor]) throws -> Void, _ body: (String) throws -> Void
  ) throws {
    try withFolder { folder in
      try FileManager.default.copyItem(
        atPath: fixture("hubert/config.json"), toPath: folder + "/config.json")
      var tensors = try SafetensorsFile(path: fixture("hubert/model.safetensors")).all()
      try change(&tensors)
      try Safetensors.write(
        tensors: tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
        to: folder + "/model.safetensors")
      try body(folder)
    }
  }

  @Test func tensorsOfOtherTypesAreNamed() throws {
    try withHubert {
      $0["encoder.layer_norm.bias"] = try .zeros([8], .float64)
      $0["encoder.layer_norm.weight"] = try .zeros([8], .int64)
    } _: { folder in
      #expect(
        text { try Checkpoint.open(folder).weights() }
          == """
          \(folder): the tensors are not those of its config.json:
            encoder.layer_norm.bias [8] is float64; read are float32, float16 and bfloat16
            encoder.layer_norm.weight [8] is int64; read are float32, float16 and bfloat16
          """)
    }
  }

  @Test func weightNormUnderBothItsNamesIsTwice() throws {
    try withHubert {
      $0["encoder.pos_conv_embed.conv.weight_g"] = try .zeros([1, 1, 4])
    } _: { folder in
      #expect(
        text { try Checkpoint.open(folder).weights() }
          == """
          \(folder): the tensors are not those of its config.json:
            twice encoder.pos_conv_embed.conv.parametrizations.weight.original0 [1, 1, 4]
          """)
    }
  }

  @Test func missingUnexpectedAndMisshapenTensorsAreAllListed() throws {
    try withHubert {
      $0["encoder.layer_norm.bias"] = nil
      $0["encoder.layer_norm.weight"] = try .zeros([9])
      $0["encoder.adapter.weight"] = try .zeros([2])
    } _: { folder in
      let says = try #require(text { try Checkpoint.open(folder).weights() })
      for part in [
        "missing encoder.layer_norm.bias [8]", "encoder.layer_norm.weight is [9], not [8]",
        "unexpected encoder.adapter.weight",
      ] { #expect(says.contains(part), "\(says)") }
    }
  }

  @Test func anIndexThatDoesNotAgreeWithItsFilesIsSaid() throws {
    try withFolder { folder in
      let copy = folder + "/copy"
      try FileManager.default.copyItem(atPath: fixture("hubert_bin_sharded"), toPath: copy)
      let index = copy + "/pytorch_model.bin.index.json"
      let json = try String(contentsOfFile: index, encoding: .utf8)
        .replacing(
          "\"lm_head.weight\": \"pytorch_model-00002", with: "\"x\": \"pytorch_model-00002")
      try json.write(toFile: index, atomically: false, encoding: .utf8)
      #expect(
        text { try Checkpoint.open(copy).weights() }
          == """
          \(copy): the tensors are not those of its config.json:
            lm_head.weight [5, 8] is in pytorch_model-00002-of-00002.bin, and the index says \
          nothing of it
            missing x, which the index says is in pytorch_model-00002-of-00002.bin
          """)
      try #"{"weight_map": {"a": "../b"}}"#.write(
        toFile: index, atomically: false, encoding: .utf8)
      #expect(
        text { try Checkpoint.open(copy) }
          == "\(index): cannot be used: 'a' is in \"../b\", which is no file of the same folder")
    }
  }

  @Test func whatIsNotThereIsSaidWithTheCommandThatFetchesIt() throws {
    let cache = HubCache(environment: ["HF_HOME": "/no/such"])
    #expect(
      text { try Checkpoint.open("facebook/hubert-base-ls960", cache: cache) }
        == """
        facebook/hubert-base-ls960: there is no such folder, and the Hugging Face cache \
        (/no/such/hub) does not have it; fetch it with
          hf download facebook/hubert-base-ls960
        or, with older tools,
          huggingface-cli download facebook/hubert-base-ls960
        """)
    #expect(
      text { try Checkpoint.open("/no/such.pt", cache: cache) }
        == "/no/such.pt: there is no such folder or file, and it is no name of the Hugging Face hub "
        + "(organisation/name)")
    try withFolder { folder in
      #expect(
        text { try Checkpoint.open(folder) }
          == "\(folder): cannot be used as a checkpoint: it has neither model.safetensors nor "
          + "pytorch_model.bin, nor an index of parts")
    }
  }

  @Test func aPickledFolderWithoutItsConfigurationIsSaid() throws {
    try withFolder { folder in
      let file = folder + "/pytorch_model.bin"
      try FileManager.default.copyItem(
        atPath: fixture("hubert_bin/pytorch_model.bin"), toPath: file)
      #expect(
        text { try Checkpoint.open(file) }
          == "\(file): it has transformers' tensors but no config.json beside it; name the folder "
          + "that has both")
      try FileManager.default.copyItem(
        atPath: fixture("hubert_bin/config.json"), toPath: folder + "/config.json")
      #expect(text { try Checkpoint.open(file).weights() } == nil)
    }
  }

  @Test func modelsOfTheHubAreFoundInTheLocalCache() throws {
    try withFolder { folder in
      let model = folder + "/hub/models--someone--hubert-tiny"
      let commit = "0123456789abcdef0123456789abcdef01234567"
      try FileManager.default.createDirectory(
        atPath: model + "/refs", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(
        atPath: model + "/snapshots", withIntermediateDirectories: true)
      try commit.write(toFile: model + "/refs/main", atomically: false, encoding: .utf8)
      try FileManager.default.createSymbolicLink(
        atPath: model + "/snapshots/\(commit)", withDestinationPath: fixture("hubert"))
      let cache = HubCache(environment: ["HF_HOME": folder])
      let checkpoint = try Checkpoint.open("someone/hubert-tiny", cache: cache)
      #expect(checkpoint.path == model + "/snapshots/\(commit)")
      #expect(try checkpoint.tensors().count == open(fixture("hubert")).tensors().count)
      // A reference that leads elsewhere is no reference.
      try "../../..".write(toFile: model + "/refs/main", atomically: false, encoding: .utf8)
      #expect(throws: HubCacheError.absent(name: "someone/hubert-tiny", root: cache.root)) {
        try Checkpoint.open("someone/hubert-tiny", cache: cache)
      }
    }
  }

  private func open(_ path: String) throws -> Checkpoint { try Checkpoint.open(path) }
}
