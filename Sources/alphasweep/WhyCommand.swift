import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// `alphasweep why`: why a stage will run, in words.
struct WhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Say why stages will run (again).",
    discussion: """
      WHAT is a spec (every stage that would run), or a stage: the beginning of its key, or a part \
      of its label. A stage is looked for in the spec that '--spec' names, or in every spec of \
      experiments/ that can be planned here.
      """)

  @Argument(
    help: "A spec, the beginning of a stage's key, or a part of its label.",
    completion: StageCompletion.specOrStage)
  var what: String

  @Option(
    help: ArgumentHelp("The spec to look in.", valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var spec: String?

  @OptionGroup var site: SiteOptions

  @Flag(help: "Write it as a JSON list of stages.")
  var json = false

  func run() async throws {
    try await reportingErrors {
      if spec == nil, what.hasSuffix(".yaml") {
        let reasons = try await Reasons(Workspace(spec: what, site: site.site))
        print(json ? Canonical.list(reasons.json()).text + "\n" : reasons.all(), terminator: "")
        return
      }
      var (files, found) = ([String](), "")
      var objects: [Canonical] = []
      for file in spec.map({ [$0] }) ?? Files.yamls(in: "experiments") {
        guard let workspace = try await workspace(file) else { continue }
        files.append(file)
        let reasons = try Reasons(workspace)
        found += reasons.matching(what)
        if json { objects += reasons.json(matching: what) }
      }
      guard !found.isEmpty else {
        throw WorkspaceError.unknownStage(what: what, specs: files)
      }
      print(json ? Canonical.list(objects).text + "\n" : found, terminator: "")
    }
  }

  /// The plan of one of several specs; `nil`, which is said, for one that cannot be planned here: the stage may be
  /// another's.
  ///
  /// - Throws: As `Workspace`, for the one that '--spec' names.
  private func workspace(_ file: String) async throws -> Workspace? {
    do {
      return try await Workspace(spec: file, site: site.site)
    } catch  where spec == nil {
      StandardError.write(
        "\(file) cannot be planned here, and is left out ('alphasweep plan \(file)' says why)\n")
      return nil
    }
  }
}
