import ArgumentParser
import Artifacts
import Experiment
import Foundation

/// `alphasweep corpus check`: every bad line of a manifest.
struct CorpusCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Report every bad line of a manifest.",
    discussion: """
      The rules are those by which a plan reads it; then the recordings that the lines name are \
      looked for. Exit status 0 when all lines can be used, 2 when not.
      """)

  @Argument(help: "The manifest, JSON lines.", completion: .file())
  var manifest: String

  @Option(
    help: ArgumentHelp(
      "Whose manifest it is: it says which labels every line must have.", valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var corpus: String

  @OptionGroup var place: RecordingsOptions

  @Flag(help: "Give the answer as JSON.")
  var json = false

  func run() async throws {
    try await reportingErrors {
      let definition = try CorpusDefinition(yaml: Files.text(corpus, what: .corpus), file: corpus)
      let recordings = try place.folder()
      let lines = try CorpusManifest(
        Array(Files.text(manifest, what: .manifest).utf8), file: manifest, corpus: definition
      ).lines
      let there = Set(
        Set(lines.map(\.recording)).filter {
          FileManager.default.fileExists(atPath: recordings + "/" + $0)
        })
      let absent = lines.filter { !there.contains($0.recording) }
      guard absent.isEmpty else {
        throw CorpusCommandError.absent(
          manifest: manifest, recordings: recordings,
          lines: absent.map { ($0.number, $0.recording) })
      }
      let summary = ManifestSummary(lines, file: manifest)
      print(json ? summary.json + "\n" : summary.text, terminator: "")
    }
  }
}

/// How much a manifest holds, in words.
struct ManifestSummary {
  private let file: String
  private let lines: [CorpusManifest.Line]
  private let leftOut: [(what: String, count: Int)]

  init(
    _ lines: [CorpusManifest.Line], file: String, leftOut: [(what: String, count: Int)] = []
  ) {
    (self.file, self.lines, self.leftOut) = (file, lines, leftOut)
  }

  private func count(_ split: Split) -> Int { lines.count { $0.split == split } }

  /// What some lines have beside recordings, splits and labels, and how many.
  private var fields: [(String, Int)] {
    let all: [(String, (ManifestEntry) -> Bool)] = [
      ("text", { $0.text != nil }), ("phones", { $0.phones != nil }),
      ("alignment", { $0.alignment != nil }), ("trials", { $0.trials != nil }),
      ("matches", { $0.matches != nil }), ("turns", { $0.turns != nil }),
    ]
    return all.map { name, has in (name, lines.count { has($0.entry) }) }.filter { $0.1 > 0 }
  }

  var text: String {
    let splits = Split.allCases.map { "\(Words.grouped(count($0))) \($0.rawValue)" }
    var text =
      "\(file): \(Words.count(lines.count, "line")) (\(splits.joined(separator: ", "))), "
      + "\(Words.count(Set(lines.map(\.recording)).count, "recording"))\n"
    let labels = Set(lines.flatMap(\.labels.keys)).sorted()
    if !labels.isEmpty { text += "labels: \(labels.joined(separator: ", "))\n" }
    for (name, count) in fields { text += "\(Words.count(count, "line")) with \(name)\n" }
    for (what, count) in leftOut { text += "\(what): \(Words.grouped(count))\n" }
    return text
  }

  var json: String {
    var members: [String: Canonical] = [
      "manifest": .string(file), "lines": .integer(lines.count),
      "recordings": .integer(Set(lines.map(\.recording)).count),
      "labels": .list(Set(lines.flatMap(\.labels.keys)).sorted().map(Canonical.string)),
    ]
    func counts(_ pairs: [(String, Int)]) -> Canonical {
      .map(Dictionary(pairs.map { ($0, .integer($1)) }, uniquingKeysWith: { $1 }))
    }
    members["splits"] = counts(Split.allCases.map { ($0.rawValue, count($0)) })
    members["with"] = counts(fields)
    members["notes"] = counts(leftOut.map { ($0.what, $0.count) })
    return Canonical.map(members).text
  }
}
