import Experiment
import Foundation
import Speech
import Testing
import Torch

@testable import SpeechFT

/// Checkpoints looked at without an experiment; the encoder's own numbers are held to transformers' in
/// SpeechTests.
@Suite struct LookingTests {
  private struct Two {
    let world: SpokenWorld
    let pretrained: String
    let finetuned: String

    init() throws {
      let world = try SpokenWorld.whole.get()
      self.world = world
      pretrained = try Self.folder(world, .pretrain, "")
      finetuned = try Self.folder(world, .fineTune, "regular-ft")
    }

    private static func folder(
      _ world: SpokenWorld, _ kind: StageKind, _ label: String
    ) throws -> String {
      let stage = try #require(
        world.plan.stages.values.first {
          $0.kind == kind && (label.isEmpty || $0.label.contains(label))
        })
      return world.store.folder(stage.kind, stage.key) + "/model"
    }

    var recordings: String { world.folder.path + "/sound" }
  }

  private func features(
    _ checkpoint: String, _ recordings: [String], to output: String
  ) throws -> FeaturesAnswer {
    try FeatureFile(
      FeaturesLook(checkpoint: checkpoint, recordings: recordings, output: output, threads: 1)
    ).write { _, _ in }
  }

  private func similarity(
    _ one: String, _ other: String, _ recordings: String, frames: Int = 200
  ) throws -> SimilarityAnswer {
    try ModelSimilarity(
      SimilarityLook(
        reference: one, other: other, recordings: [recordings], frames: frames, seed: 3,
        ridge: 1e-3, threads: 1)
    ).answer { _, _ in }
  }

  @Test func `every hidden state of every recording is written by its name`() throws {
    let two = try Two()
    let folder = try TemporaryFolder()
    let output = folder.path + "/states.safetensors"
    let answer = try features(two.pretrained, [two.recordings + "/low"], to: output)
    #expect(answer.recordings.count == 27)
    let file = try SafetensorsFile(path: output)
    #expect(file.names == answer.recordings.map(\.name).sorted())
    let name = two.recordings + "/low/ie-aa-oe.wav"
    let found = try file.tensor(named: name)
    #expect(found.dtype == .float32)
    // 9,600 samples: windows of 400 every 320.
    #expect(found.shape == [3, 29, 32])
    let states = try Autograd.disabled {
      try HiddenStates(CheckpointFolder.read(two.pretrained))(HiddenStates.samples(of: name))
    }
    #expect(try found.subtracting(states).abs().sum().item() == 0)
    // What pooled features of the experiment are made of: the same recording in a padded batch.
    #expect(try found.isFinite().logicalNot().any().item() == 0)
  }

  @Test func `a model is exactly like itself, and like another as the stage says`() throws {
    let two = try Two()
    let same = try similarity(two.pretrained, two.pretrained, two.recordings)
    #expect(same.frames == 200 && same.recordings == 54 && same.tooShort.isEmpty)
    for layer in same.layers {
      #expect((layer.linearCKA, layer.debiasedCKA, layer.r2) == (1, 1, 1))
    }
    #expect(same.weightDistance?.total == 0)
    let other = try similarity(two.pretrained, two.finetuned, two.recordings, frames: 400)
    #expect(other.layers.count == 3)
    #expect(other.layers.allSatisfy { $0.linearCKA < 1 && $0.linearCKA > 0 })
    let stage = try #require(
      try two.world.similarity(
        two.world.plan.cells.first {
          $0.method.name == "regular-ft" && two.finetuned.contains(Self.key(of: $0, two.world))
        }))
    let (found, expected) = (try #require(other.weightDistance), stage.weightDistance)
    #expect(found == expected)
  }

  /// The key of the training behind a cell, as it stands in paths.
  private static func key(of cell: Cell, _ world: SpokenWorld) -> String {
    cell.comparison.flatMap { world.plan.stages[$0]?.inputs["encoder"]?.stageKey?.hex } ?? "none"
  }

  @Test func `a checkpoint is told from its headers, and what would not load by name`() throws {
    let two = try Two()
    let whole = CheckpointInspection.inspection(of: two.pretrained)
    #expect(whole.problems == [])
    #expect(whole.format == "Hugging Face folder, safetensors")
    #expect(whole.architecture.contains(.init("width", "32")))
    #expect(whole.dtypes.map(\.name) == ["float32"])
    let weights = try CheckpointFolder.read(two.pretrained)
    #expect(whole.dtypes.first?.parameters == weights.count)
    let folder = try TemporaryFolder()
    let config = try String(contentsOfFile: two.pretrained + "/config.json", encoding: .utf8)
    let wider = config.replacing(#""intermediate_size":64"#, with: #""intermediate_size":65"#)
    #expect(wider != config)
    try folder.write(Array(wider.utf8), to: "config.json")
    try FileManager.default.copyItem(
      atPath: two.pretrained + "/model.safetensors", toPath: folder.path + "/model.safetensors")
    let broken = CheckpointInspection.inspection(of: folder.path)
    #expect(
      broken.problems.contains(
        "encoder.layers.1.feed_forward.output_dense.weight is [32, 64], not [32, 65]"))
    #expect(broken.problems.count == 6)
    let nothing = CheckpointInspection.inspection(of: folder.path + "/nowhere")
    #expect(nothing.format == "unreadable" && nothing.problems.count == 1)
  }

  @Test func `a folder that is converted is the same folder`() throws {
    let two = try Two()
    let folder = try TemporaryFolder()
    let output = folder.path + "/copy"
    #expect(try Conversion.write(two.pretrained, to: output) == output)
    for file in ["config.json", "model.safetensors"] {
      #expect(
        FileManager.default.contentsEqual(
          atPath: two.pretrained + "/" + file, andPath: output + "/" + file), "\(file)")
    }
    #expect(throws: LookError.exists(path: output)) {
      try Conversion.write(two.pretrained, to: output)
    }
    #expect(throws: (any Error).self) {
      try Conversion.write(two.recordings, to: folder.path + "/none")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["copy"])
  }

  @Test func `what cannot be looked at is an error that says why`() throws {
    let two = try Two()
    let folder = try TemporaryFolder()
    let output = folder.path + "/out.safetensors"
    func expect(_ text: String, _ recordings: [String]) {
      let error = #expect(throws: (any Error).self) {
        try features(two.pretrained, recordings, to: output)
      }
      #expect(error.map { "\($0)" } == text)
      #expect(!FileManager.default.fileExists(atPath: output))
    }
    expect(
      "\(folder.path): no recordings in it (wav, flac, ogg, opus, mp3, …); name another folder, or "
        + "files", [folder.path])
    expect("nowhere.wav: cannot be read: there is no such file or folder", ["nowhere.wav"])
    let name = two.recordings + "/low/aa-aa-aa.wav"
    expect("\(name): it is named twice; name it once", [name, two.recordings])
    let wav = try #require(FileManager.default.contents(atPath: name))
    // The header's 44 bytes say more than there is, as a recording that was cut off does.
    try folder.write([UInt8](wav.prefix(44 + 2 * 399)), to: "short.wav")
    expect(
      "\(folder.path)/short.wav: 399 samples at 16 kHz are less than the 400 of one frame; "
        + "leave it out", [folder.path + "/short.wav"])
    try folder.write([1], to: "out.safetensors")
    #expect(throws: LookError.exists(path: output)) {
      try features(two.pretrained, [name], to: output)
    }
    #expect(throws: LookError.allTooShort) {
      try similarity(two.pretrained, two.pretrained, folder.path + "/short.wav")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
  }
}
