import ArgumentParser
import Artifacts
import Experiment
import Foundation

/// `alphasweep corpus`: manifests of published corpora.
struct CorpusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corpus", abstract: "Make and check the manifests of corpora.",
    subcommands: [
      CorpusPrepareCommand.self, CorpusSynthesizeCommand.self, CorpusCheckCommand.self,
    ])
}

/// Where recordings lie.
struct RecordingsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder below which manifests name recordings; that of the site where none is given.",
      valueName: "dir"),
    completion: .directory)
  var recordings: String?

  @Option(
    help: ArgumentHelp(
      "The site whose recordings folder is meant; experiments/sites/local.yaml where none is given.",
      valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var site: String?

  /// The folder, from the root of the file system.
  ///
  /// - Throws: `WorkspaceError` or `SpecError` of the site's file.
  func folder() throws -> String {
    if let recordings { return Files.absolute(recordings) }
    return try SitePlace(named: site, beside: "experiments").recordings
  }

  func validate() throws {
    guard recordings == nil || site == nil else {
      throw ValidationError("'--recordings' and '--site' both say where recordings lie; give one")
    }
  }
}

/// What is wrong with the arguments of `corpus`.
enum CorpusCommandError: Error, Equatable, CustomStringConvertible {
  case outside(folder: String, recordings: String)
  /// Recordings that lines name and that are not there: numbers of lines and paths.
  case absent(manifest: String, recordings: String, lines: [(number: Int, path: String)])

  static func == (left: CorpusCommandError, right: CorpusCommandError) -> Bool {
    left.description == right.description
  }

  var description: String {
    switch self {
    case .outside(let folder, let recordings):
      "\(folder) does not lie below the recordings folder \(recordings), as what manifests name must; "
        + "move or link it there, or name another folder with '--recordings'"
    case .absent(let manifest, let recordings, let lines):
      lines.map { "\(manifest):\($0.number):1: there is no recording \(recordings)/\($0.path)" }
        .joined(separator: "\n")
    }
  }
}
