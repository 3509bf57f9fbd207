import Artifacts
import Experiment
import Foundation
import Testing

@testable import SpeechFT

/// Requests that are not what was planned: nothing of them is done.
@Suite struct ForgedRequestTests {
  private let command: CommandWorld

  init() throws {
    command = try CommandWorld(
      script: #"touch "$(dirname "$0")/ran"; cp -r "$encoder" "$output""#)
  }

  private func problem(_ request: StageRequest) -> String? {
    let error = #expect(throws: StageError.self) {
      try StageExecution.run(
        StageContext(
          request: request, store: command.world.store, bench: Workbench(), report: { _ in }))
    }
    return error?.description
  }

  private var isUntouched: Bool {
    !FileManager.default.fileExists(atPath: command.folder + "/ran")
      && !FileManager.default.fileExists(atPath: command.artifact)
  }

  @Test func aForgedRequestRunsNothing() throws {
    var request = command.request
    guard case .map(var parameters) = request.parameters else { return }
    parameters["run"] = .list(["/bin/sh", "-c", "touch forged"].map { .string($0) })
    request.parameters = .map(parameters)
    let said =
      "command speaker · mine · seed 1: what it asks for has another key than "
      + "\(request.key): it was changed after the plan was made"
    #expect(problem(request) == said)
    // The identity forged with it has another key.
    guard case .map(var identity) = request.identity else { return }
    identity["parameters"] = request.parameters
    request.identity = .map(identity)
    #expect(problem(request) == said)
    request = command.request
    request.seed = 7
    #expect(problem(request) == said)
    #expect(isUntouched)
  }

  @Test(arguments: ["../model", "/etc", "checkpoints/../../x", ""])
  func anInputsFolderIsInsideItsArtifact(entry: String) throws {
    let source = try #require(command.world.plan.stages.values.first { $0.kind == .pretrain })
    let input = ResolvedInput.artifact(kind: .pretrain, key: source.key, entry: entry)
    let error = #expect(throws: StageError.self) {
      try Workbench().folder(of: input, in: command.world.store)
    }
    #expect(error?.description == "pretrain: '\(entry)' is no folder inside an artifact")
  }

  /// Positions that would lie outside of the files, or overflow.
  @Test(arguments: [
    #"{"frames":9223372036854775807,"id":"a","split":"train","start":1}"#,
    #"{"frames":-1,"id":"a","split":"train","start":0}"#,
    #"{"frames":1,"id":"a","split":"train","start":-4}"#,
  ])
  func anIndexThatNamesImpossibleFramesIsRefused(line: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Array((line + "\n").utf8), to: "index.jsonl")
    let path = folder.path + "/index.jsonl"
    let error = #expect(throws: StageError.self) { try FrameIndex(path: path) }
    #expect(error?.description == "\(path): it names frames that cannot be")
  }
}
