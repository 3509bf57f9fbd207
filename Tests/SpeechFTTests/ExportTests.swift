import Artifacts
import Experiment
import Foundation
import Speech
import Testing

@testable import SpeechFT

/// `alphasweep-worker export`, by the program that was built.
@Suite struct ExportTests {
  private static let worker = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("alphasweep-worker")

  /// Runs the worker and gives its exit status.
  private func export(
    _ stage: Stage, of world: SpokenWorld, to output: String, request path: String
  ) throws -> Int32 {
    let request = StageRequest(stage, in: world.plan, attempt: 0)
    try Data(Canonical(encoding: request).text.utf8).write(to: URL(fileURLWithPath: path))
    let process = Process()
    process.executableURL = Self.worker
    process.arguments = [
      "export", "--request", path, "--experiment", "vowels", "--output", output, "--artifacts",
      world.store.root,
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The stage that reads the features of a method's encoder.
  private func reader(_ title: String, of world: SpokenWorld) throws -> Stage {
    let cell = try #require(world.cell(title, fineTuned: "speaker"))
    let evaluation = try #require(cell.evaluations["speaker"].flatMap { world.plan.stages[$0] })
    return try #require(evaluation.inputs["features"]?.stageKey.flatMap { world.plan.stages[$0] })
  }

  /// peft loads the folder onto θ₀; its bytes are the artifact's.
  @Test(arguments: ["LoRA rank 2, lora_alpha 4", "DoRA rank 2, lora_alpha 4"])
  func anAdapterLiesBesideTheModelThatItMakes(title: String) throws {
    let world = try SpokenWorld.whole.get()
    let folder = try TemporaryFolder()
    let reader = try reader(title, of: world)
    let output = folder.path + "/out"
    #expect(try export(reader, of: world, to: output, request: folder.path + "/request.json") == 0)
    let key = try #require(reader.inputs["encoder"]?.stageKey)
    let artifact = world.store.folder(.fineTune, key)
    let files = try FileManager.default.contentsOfDirectory(atPath: artifact + "/adapter").sorted()
    #expect(files == ["adapter_config.json", "adapter_model.safetensors"])
    for file in files {
      let (found, wanted) = (
        FileManager.default.contents(atPath: "\(output)/adapter/\(file)"),
        FileManager.default.contents(atPath: "\(artifact)/adapter/\(file)")
      )
      #expect(found != nil && found == wanted, "\(file)")
    }
    let (exported, made) = (
      try CheckpointFolder.read(output), try CheckpointFolder.read(artifact + "/model")
    )
    for (name, tensor) in made.ordered {
      let (found, wanted) = (try exported[tensor: name]?.floats(), try tensor.floats())
      #expect(found == wanted, "\(name)")
    }
  }

  @Test func whatIsThereIsNotOverwrittenAndOtherModelsHaveNoAdapter() throws {
    let world = try SpokenWorld.whole.get()
    let folder = try TemporaryFolder()
    let output = folder.path + "/out"
    let stable = try reader("Stable-FT", of: world)
    #expect(try export(stable, of: world, to: output, request: folder.path + "/request.json") == 0)
    #expect(!FileManager.default.fileExists(atPath: output + "/adapter"))
    let card = FileManager.default.contents(atPath: output + "/README.md")
    let lora = try reader("LoRA rank 2, lora_alpha 4", of: world)
    #expect(try export(lora, of: world, to: output, request: folder.path + "/request.json") != 0)
    #expect(FileManager.default.contents(atPath: output + "/README.md") == card)
    #expect(!FileManager.default.fileExists(atPath: output + "/adapter"))
  }
}
