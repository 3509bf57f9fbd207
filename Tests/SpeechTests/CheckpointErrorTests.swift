import Artifacts
import Experiment
import Foundation
import Speech
import Testing
import Torch

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
