import ArgumentParser
import Experiment
import Foundation
import Scheduling

/// `alphasweep features`: what a checkpoint makes of recordings.
struct FeaturesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features", abstract: "Write every hidden state of recordings.",
    discussion: """
      One safetensors file with one tensor a recording, named by its path: float32, (layers + 1) x \
      frames x width, from the first layer's input to the encoder's output. Recordings are mixed \
      to mono and resampled to 16 kHz; folders are searched for recordings.
      """)

  @Argument(help: "A Hugging Face folder, an original .pt file, or a hub name.")
  var checkpoint: String

  @Argument(help: "Recordings, and folders of them.", completion: .file())
  var recordings: [String]

  @Option(name: [.short, .long], help: "The file to write; it must not be there yet.")
  var output: String

  @OptionGroup var computing: ComputingOptions

  @OptionGroup var look: LookOptions

  func run() async throws {
    let request = LookRequest.features(
      FeaturesLook(
        checkpoint: checkpoint, recordings: recordings, output: output, threads: computing.threads,
        device: computing.device))
    try await look.answer(request) { answer in
      guard case .features(let features) = answer else { return nil }
      if look.json { return try Canonical(encoding: features).text + "\n" }
      let frames = features.recordings.reduce(0) { $0 + $1.frames }
      return
        "\(features.output): \(Words.count(features.recordings.count, "recording")), "
        + "\(features.states) states of \(features.width), \(Words.count(frames, "frame")), "
        + Words.bytes(4 * features.states * features.width * frames) + "\n"
    }
  }
}

/// What the commands that look at checkpoints share.
extension Device: ExpressibleByArgument {}

struct LookOptions: ParsableArguments {
  @Flag(help: "Write it as JSON.")
  var json = false

  /// Asks a worker and prints what `text` makes of the answer.
  func answer(_ request: LookRequest, text: (LookAnswer) throws -> String?) async throws {
    try await reportingErrors {
      let program = try WorkerProgram.locate()
      guard let answer = try await WorkerLook.ask(request, program: program),
        let text = try text(answer)
      else { throw ExitCode(Exit.failure) }
      print(text, terminator: "")
    }
  }
}

/// What the commands that run an encoder compute with.
struct ComputingOptions: ParsableArguments {
  @Option(help: "Threads to compute with; all cores where none is said.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "What to compute on: cpu, cuda or a card such as cuda:0.")
  var device = Device.cpu

  func validate() throws {
    guard threads > 0 else { throw ValidationError("--threads must be at least 1") }
  }
}
