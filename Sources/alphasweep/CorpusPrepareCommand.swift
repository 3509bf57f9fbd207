import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Layouts

/// `alphasweep corpus prepare`: a manifest from a corpus as it was published.
struct CorpusPrepareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare", abstract: "Write the manifest of a corpus as it was published.",
    discussion: """
      LAYOUT says how the corpus lies on disk:

      \(CorpusLayouts.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n"))

      Audio is not read (but for the heads of Speech Commands' noise). Where the folder is not what \
      it should be, the error shows what was expected and what is there. Nothing is written unless \
      all lines of the corpus's lists can be used and all recordings that they name are there.
      """)

  @Argument(help: ArgumentHelp("How the corpus lies on disk.", valueName: "layout"))
  var layout: String

  @Option(
    help: ArgumentHelp("The corpus's folder, below the recordings folder.", valueName: "dir"),
    completion: .directory)
  var from: String

  @OptionGroup var place: RecordingsOptions

  @Option(name: [.short, .long], help: ArgumentHelp("The manifest.", valueName: "file"))
  var output: String

  @Flag(help: "Say what was written as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Of librispeech: words and their phones; more than one may be given.", valueName: "file"),
    completion: .file())
  var lexicon: [String] = []

  @Flag(help: "Of librispeech: lines with words that no lexicon has get no phones.")
  var skipUnknown = false

  @Option(
    help: ArgumentHelp(
      "Of librispeech: folders to take, between commas; all where none is named.",
      valueName: "names"))
  var parts: String?

  @Option(help: "Of iemocap: the session that is tested on, 1 to 5.")
  var fold: Int?

  @Option(
    help: "Of common-voice: es, zh-CN, …; of quesst2014: nnenglish where none is given, or all.")
  var language: String?

  @Option(help: "Of ted-lium-3: so many hours of the training part.")
  var hours: Double?

  @Option(help: "Of quesst2014: whose queries alone, dev or eval.")
  var queries: String?

  @Option(
    help: ArgumentHelp("Of libri2mix: the folder of Kaldi's lists.", valueName: "dir"),
    completion: .directory)
  var lists: String?

  @Option(help: "Of timit: how many phones, 39 (where none is given), 48 or 61.")
  var phones: Int?

  @Flag(help: "Of timit: all speakers of TEST test.")
  var completeTest = false

  @Flag(help: "Of aishell-3: its test part too.")
  var withTest = false

  func validate() throws {
    let names = CorpusLayouts.all.map { $0.name }
    guard let chosen = CorpusLayouts.named(layout) else {
      let nearest = NearestWord.to(layout, among: names)
      throw ValidationError(
        "unknown layout '\(layout)'; "
          + (nearest.map { "did you mean '\($0)'?" } ?? "known: \(names.joined(separator: ", "))"))
    }
    for option in given where !chosen.options.contains(option) {
      let owners = CorpusLayouts.all.filter { $0.options.contains(option) }.map { $0.name }
      throw ValidationError(
        "'--\(option.rawValue)' is of \(owners.joined(separator: ", ")), not of \(layout)")
    }
  }

  /// The options of layouts that were given.
  private var given: [LayoutOption] {
    let all: [(LayoutOption, Bool)] = [
      (.lexicon, !lexicon.isEmpty), (.skipUnknown, skipUnknown), (.parts, parts != nil),
      (.fold, fold != nil), (.language, language != nil), (.hours, hours != nil),
      (.queries, queries != nil), (.lists, lists != nil), (.phones, phones != nil),
      (.completeTest, completeTest), (.withTest, withTest),
    ]
    return all.filter(\.1).map(\.0)
  }

  func run() async throws {
    try await reportingErrors {
      guard let chosen = CorpusLayouts.named(layout) else { throw ExitCode(Exit.badInput) }
      let recordings = try place.folder()
      let folder = Files.absolute(from)
      guard folder == recordings || folder.hasPrefix(recordings + "/") else {
        throw CorpusCommandError.outside(folder: folder, recordings: recordings)
      }
      let prefix = String(folder.dropFirst(recordings.count + 1))
      let prepared = try chosen.prepare(LayoutFolder(folder, prefix: prefix), options())
      // What no plan would read is not written.
      _ = try CorpusManifest(Array(prepared.text.utf8), file: output, corpus: Self.anyCorpus)
      try AtomicFile.write(text: prepared.text, to: Files.absolute(output))
      let summary = ManifestSummary(prepared.lines, file: output, leftOut: prepared.leftOut)
      print(json ? summary.json + "\n" : summary.text, terminator: "")
    }
  }

  /// A corpus that asks for no labels.
  private static let anyCorpus = CorpusDefinition(
    name: "prepared", description: "", licence: "", language: "", packages: [],
    source: .manifest(""), phonemeVoice: nil, minimumSeconds: 0, maximumSeconds: 1)

  private func options() throws -> LayoutOptions {
    var options = LayoutOptions()
    options.lexicons = try lexicon.map {
      LayoutText(name: $0, text: try Files.text($0, what: .lexicon))
    }
    options.skipsUnknown = skipUnknown
    options.parts = (parts ?? "").split(separator: ",").map(String.init)
    options.fold = fold
    options.language = language
    options.hours = hours
    options.queries = queries
    options.lists = lists.map { Files.absolute($0) }
    options.phones = phones
    options.hasCompleteTest = completeTest
    options.hasTest = withTest
    return options
  }
}
