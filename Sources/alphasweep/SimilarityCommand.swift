import ArgumentParser
import Experiment
import Foundation

/// `alphasweep similarity`: how alike two checkpoints are.
struct SimilarityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similarity", abstract: "Compare two checkpoints, layer by layer.",
    discussion: """
      Linear CKA, debiased CKA and ridge R2 of their hidden states on the same frames, and the \
      distance of their weights, as in the reports of experiments. R2 is of the first checkpoint's \
      features, predicted from the second's. Equal checkpoints give exactly 1.
      """)

  @Argument(help: "A Hugging Face folder, an original .pt file, or a hub name: the reference.")
  var reference: String

  @Argument(help: "What is compared with it.")
  var other: String

  @Option(parsing: .upToNextOption, help: "Recordings, and folders of them.")
  var recordings: [String]

  @Option(help: "Frames to compare, drawn over all recordings.")
  var frames = 10_000

  @Option(help: "Decides which frames are drawn.")
  var seed: UInt64 = 1

  @Option(help: "Penalty of R2, relative to the mean eigenvalue of the features' covariance.")
  var ridge = 1e-3

  @OptionGroup var computing: ComputingOptions

  @OptionGroup var look: LookOptions

  func validate() throws {
    guard frames >= 4 else { throw ValidationError("--frames must be at least 4") }
    guard ridge >= 0, ridge.isFinite else { throw ValidationError("--ridge must be 0 or more") }
  }

  func run() async throws {
    let request = LookRequest.similarity(
      SimilarityLook(
        reference: reference, other: other, recordings: recordings, frames: frames, seed: seed,
        ridge: ridge, threads: computing.threads, device: computing.device))
    try await look.answer(request) { answer in
      guard case .similarity(let similarity) = answer else { return nil }
      return look.json ? try Canonical(encoding: similarity).text + "\n" : Self.text(similarity)
    }
  }

  private static func text(_ answer: SimilarityAnswer) -> String {
    var rows = [["layer", "linear CKA", "debiased CKA", "R2"]]
    for layer in answer.layers {
      rows.append([
        "\(layer.layer)", number(layer.linearCKA), number(layer.debiasedCKA), number(layer.r2),
      ])
    }
    var text =
      "\(Words.count(answer.frames, "frame")) of \(Words.count(answer.recordings, "recording"))\n"
    for recording in answer.tooShort { text += "shorter than a frame, left out: \(recording)\n" }
    text += "\n" + Words.table(rows) + "\n"
    guard let distance = answer.weightDistance else {
      return text + "Their tensors differ, so their weights have no distance.\n"
    }
    text += Words.table(
      [["weights", "distance"]] + distance.byLayer.map { [$0.name, number($0.distance)] }
        + [["all", number(distance.total)]])
    return text
  }

  private static func number(_ value: Double) -> String { String(format: "%.6f", value) }
}
