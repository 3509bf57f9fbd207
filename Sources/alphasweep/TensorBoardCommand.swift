import ArgumentParser
import Artifacts
import Experiment
import Ledger
import Reports
import Scheduling

/// `alphasweep tensorboard`: training curves as TensorBoard reads them.
struct TensorBoardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tensorboard", abstract: "Write training curves as TensorBoard's event files.",
    discussion: """
      One run a stage that reported numbers, under the stage's label. Steps are spread evenly over the \
      time that the stage took; where no ledger knows it, a step is a second. Written anew each time; \
      'tensorboard --logdir FOLDER' shows them.
      """)

  @OptionGroup var options: SpecOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The folder to write; tensorboard/ in the experiment's results else.", valueName: "folder"),
    completion: .directory)
  var output: String?

  func run() async throws {
    try await reportingErrors {
      let workspace = try await options.workspace()
      let ledger = try Diary.open(for: workspace.store).ledger
      let curves = try TrainingCurves(workspace.plan, store: workspace.store, ledger: ledger)
      guard !curves.curves.isEmpty else {
        throw TensorBoardError.nothing(experiment: workspace.spec.experiment)
      }
      let folder = output.map { Files.absolute($0) } ?? workspace.results(nil) + "/tensorboard"
      let files = try curves.write(to: folder)
      print("\(Words.count(files.count, "run")) in \(Files.shown(folder))")
    }
  }
}

/// Curves that cannot be written.
enum TensorBoardError: Error, CustomStringConvertible {
  case nothing(experiment: String)

  var description: String {
    switch self {
    case .nothing(let experiment):
      "\(experiment): no stage has reported a number yet; 'alphasweep run' makes them"
    }
  }
}
