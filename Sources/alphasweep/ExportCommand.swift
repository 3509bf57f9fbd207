import ArgumentParser
import Artifacts
import Experiment
import Scheduling

/// `alphasweep export`: an encoder of the comparison as a checkpoint.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write an encoder as a Hugging Face folder.",
    discussion: "Any cell of the comparison: pre-trained, fine-tuned or interpolated.")

  @OptionGroup var options: SpecOptions

  @Option(help: "The model, as the spec names it; may be left out where there is one.")
  var model: String?

  @Option(help: "The method: speech-ft, stable-ft, l2-sp, ….")
  var method: String

  @Option(help: "α, for methods that interpolate.")
  var alpha: Double?

  @Option(help: "The title of the row, where a method has several: 'L2-SP λ 0.01'.")
  var row: String?

  @Option(help: "The task that was fine-tuned on.")
  var task: String?

  @Option(help: "The seed.")
  var seed: UInt64?

  @Option(name: [.short, .long], help: "The folder to write; it must not be there yet.")
  var output: String

  func run() async throws {
    try await reportingErrors {
      let workspace = try await options.workspace()
      let request = try ExportChoice(
        model: model, method: method, alpha: alpha, row: row, task: task, seed: seed
      ).request(in: workspace)
      let program = try WorkerProgram.locate()
      let folder = Files.absolute(output)
      try AtomicFile.makeFolder(AtomicFile.parent(of: folder))
      let isWritten = try await WorkerExport.write(
        request, of: workspace.spec.experiment, to: folder, program: program, store: workspace.store
      )
      guard isWritten else { throw ExitCode(Exit.failure) }
      print(Files.shown(folder))
    }
  }
}
