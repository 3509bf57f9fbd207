import Artifacts
import Experiment
import Foundation
import Speech
import Testing
import Torch

@testable import SpeechFT

/// The trainer that `experiments/external-trainer.yaml` runs.
@Suite struct ShippedTrainerTests {
  /// The Python that the tests were given, or the system's.
  private static let python = ProcessInfo.processInfo.environment["ALPHASWEEP_PYTHON"] ?? "python3"

  private static let hasLibraries: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", "import numpy, torch, transformers"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  private static let experiments = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("../../experiments").standardized.path

  private func command(_ task: String, parameters: String) throws -> CommandWorld {
    try CommandWorld(
      trainer: "run: ['\(Self.python)', trainers/fine_tune_transformers.py], files: "
        + "[trainers/fine_tune_transformers.py], parameters: \(parameters)",
      files: ["trainers/fine_tune_transformers.py"], in: Self.experiments, task: task,
      recipe: "{ steps: 3, head-only: 34% }")
  }

  @Test(
    .enabled(
      if: hasLibraries,
      "needs a python3 with numpy, torch and transformers; ALPHASWEEP_PYTHON names another"),
    arguments: [("speaker", "{}"), ("phones", "{}"), ("speaker", "{ layers: 1 }")])
  func itTrainsTheEncoderAndLeavesTheDownsamplingModule(
    task: String, parameters: String
  ) throws {
    let command = try command(task, parameters: parameters)
    let events = try command.run()
    let (pretrained, after) = try command.weights()
    let before = try #require(pretrained)
    for (name, tensor) in before.ordered where name != "masked_spec_embed" {
      let isFrozen =
        name.hasPrefix(EncoderTensors.downsamplingPrefix)
        || (parameters != "{}" && !name.hasPrefix("encoder.layers.1."))
      let isSame = try after[tensor: name]?.floats() == tensor.floats()
      // A bias of keys adds one number to all logits of a softmax.
      if !name.hasSuffix("k_proj.bias") { #expect(isSame == isFrozen, "\(name)") }
    }
    let losses = events.compactMap { event -> Double? in
      if case .metric(_, "loss", _, let value) = event { value } else { nil }
    }
    #expect(losses.count == 2 && losses.allSatisfy { $0.isFinite && $0 > 0 })
    guard case .progress(_, 1, "step 3/3")? = events.last else {
      throw CocoaError(.coderReadCorrupt)
    }

    // The same request, the same bits.
    let again = ArtifactStore(root: command.world.folder.path + "/again-\(command.stage.key)")
    for stage in command.plan.stages.values where [.corpus, .pretrain].contains(stage.kind) {
      let folder = again.folder(stage.kind, stage.key)
      try AtomicFile.makeFolder(AtomicFile.parent(of: folder))
      try FileManager.default.copyItem(
        atPath: command.world.store.folder(stage.kind, stage.key), toPath: folder)
    }
    try command.run(store: again)
    let first = try command.world.store.record(.command, command.stage.key)
    #expect(try again.record(.command, command.stage.key) == first)
  }
}
