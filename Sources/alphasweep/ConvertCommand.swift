import ArgumentParser
import Artifacts
import Experiment

/// `alphasweep convert`: a checkpoint in any form as a Hugging Face folder.
struct ConvertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Write a checkpoint as a Hugging Face folder.",
    discussion: """
      Reads what published encoders come in: folders of Hugging Face, original files of fairseq, \
      WavLM and s3prl, and names of the hub's local cache. Heads of pre-training and of tasks stay \
      behind; 'alphasweep inspect' names them.
      """)

  @Argument(help: "A Hugging Face folder, an original .pt file, or a hub name.")
  var checkpoint: String

  @Option(name: [.short, .long], help: "The folder to write; it must not be there yet.")
  var output: String

  @OptionGroup var look: LookOptions

  func run() async throws {
    let folder = Files.absolute(output)
    try await look.answer(.convert(checkpoint: checkpoint, output: folder)) { answer in
      guard case .converted(let output) = answer else { return nil }
      return look.json
        ? Canonical.map(["output": .string(output)]).text + "\n" : Files.shown(output) + "\n"
    }
  }
}
