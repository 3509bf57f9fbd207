import ArgumentParser

/// Measures alphasweep; the named peers are run beside it by `make bench`.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alphasweep-bench",
    abstract: "Measures alphasweep; 'make bench' runs the peers beside it.",
    subcommands: [TrainingStepCommand.self])
}

struct TrainingStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training-step", abstract: "Median milliseconds of one training step.")

  @Option(help: "Utterances in a batch.") var batch = 4
  @Option(help: "Seconds of each.") var seconds = 3
  @Option(help: "Threads of the computation.") var threads = 1
  @Option(help: "Steps that are measured.") var steps = 10

  func run() throws {
    let step = TrainingStep(batch: batch, seconds: seconds, threads: threads, steps: steps)
    print("{\"milliseconds\": \(try step.milliseconds())}")
  }
}
