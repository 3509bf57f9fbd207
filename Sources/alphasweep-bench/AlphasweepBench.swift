import ArgumentParser
import Torch

/// Measures alphasweep beside its peers: how fast, and how equal.
@main
struct AlphasweepBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alphasweep-bench",
    abstract: "Measures alphasweep beside its peers.",
    subcommands: [
      Bench.self, Parity.self, TrainingStep.self, EvaluationCost.self, SuiteCost.self,
      PassCost.self,
      NoopWorker.self, NoopStages.self,
    ],
    defaultSubcommand: Bench.self)

  static func main() async {
    TorchRuntime.restartWithPassiveThreads()
    await main(nil)
  }
}
