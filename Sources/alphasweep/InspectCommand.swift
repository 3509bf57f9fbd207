import ArgumentParser
import Experiment
import Foundation

/// `alphasweep inspect`: what a checkpoint is.
struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a checkpoint is, and what of it would not load.",
    discussion: "Exit status 0 when it would load as an encoder, 2 when it would not.")

  @Argument(help: "A Hugging Face folder, an original .pt file, or a hub name.")
  var checkpoint: String

  @OptionGroup var look: LookOptions

  func run() async throws {
    var loads = true
    try await look.answer(.inspect(checkpoint: checkpoint)) { answer in
      guard case .inspection(let inspection) = answer else { return nil }
      loads = inspection.problems.isEmpty
      return look.json ? try Canonical(encoding: inspection).text + "\n" : Self.text(inspection)
    }
    guard loads else { throw ExitCode(Exit.badInput) }
  }

  private static func text(_ inspection: Inspection) -> String {
    var text = "\(inspection.path): \(inspection.format)\n"
    func section(_ title: String, _ rows: [[String]]) {
      guard !rows.isEmpty else { return }
      text += "\n\(title)\n" + rows.map { "  " + $0.joined(separator: ": ") + "\n" }.joined()
    }
    section("architecture", inspection.architecture.map { [$0.name, $0.value] })
    section(
      "tensors",
      inspection.dtypes.map {
        [
          $0.name,
          "\(Words.count($0.tensors, "tensor")), \(Words.count($0.parameters, "parameter"))",
        ]
      })
    section("metadata", inspection.metadata.sorted { $0.key < $1.key }.map { [$0, $1] })
    section("no part of the encoder, set aside", inspection.setAside.map { [$0] })
    section("would not load", inspection.problems.map { [$0] })
    return text + (inspection.problems.isEmpty ? "\nit loads as an encoder\n" : "")
  }
}
