import ArgumentParser
import Experiment

/// `alphasweep report`: writes the report of what is there.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write the report of what is there now.",
    discussion: "Results that are missing are shown as such.")

  @OptionGroup var options: SpecOptions

  @Option(
    help: ArgumentHelp("Folder for reports, one folder in it an experiment.", valueName: "folder"),
    completion: .directory)
  var results: String?

  func run() async throws {
    try await reportingErrors {
      let workspace = try await options.workspace()
      let step = ReportStep(workspace, results: workspace.results(results))
      print(Files.shown(try step.write(anew: true)))
    }
  }
}
