import ArgumentParser
import Foundation

/// The command line.
@main
struct Alphasweep: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alphasweep",
    abstract: "Sweeps of speech encoders between pre-trained and fine-tuned weights.",
    discussion: """
      A spec names models, fine-tuning tasks, methods and evaluation tasks; alphasweep plans it into \
      stages, runs what is not there yet, and writes a report. Given the same spec again it does \
      nothing.

      EXIT STATUS: 0 all is well; 1 a stage failed, or the disk or a worker did; 2 something is wrong \
      with a spec or what it names; 3 nothing runs that 'cancel' could end; 64 something is wrong \
      with the command; 130 and 143 ended by Ctrl-C and by SIGTERM.
      """,
    version: version,
    subcommands: [
      PlanCommand.self, RunCommand.self, StatusCommand.self, WhyCommand.self, ReportCommand.self,
      ExportCommand.self, ConvertCommand.self, InspectCommand.self, FeaturesCommand.self,
      SimilarityCommand.self, MergeCommand.self, ScoreCommand.self, CompareCommand.self,
      CorpusCommand.self, ExplainCommand.self, LogsCommand.self, CancelCommand.self,
      VerifyCommand.self, GarbageCommand.self, DoctorCommand.self,
      TensorBoardCommand.self,
    ])

  static let version = "0.1.0"
}

/// What every command that reads a spec takes.
struct SpecOptions: ParsableArguments {
  @Argument(
    help: "The experiment, such as experiments/quickstart.yaml.",
    completion: .file(extensions: ["yaml"]))
  var spec: String

  @OptionGroup var site: SiteOptions

  /// Reads the spec and all that it names.
  func workspace(
    plansWithoutData: Bool = false, looksEarly: Bool = false
  ) async throws -> Workspace {
    try await Workspace(
      spec: spec, site: site.site, plansWithoutData: plansWithoutData, looksEarly: looksEarly)
  }
}

/// Which machine this is.
struct SiteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The site: where recordings and artifacts are, how many cores to use.",
      discussion:
        "sites/local.yaml beside the spec's tasks where none is given. Relative paths in it count "
        + "from where the program is started.",
      valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var site: String?
}
