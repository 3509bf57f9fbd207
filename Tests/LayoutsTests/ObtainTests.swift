import Experiment
import Foundation
import Testing

@testable import Layouts

/// The commands that the files of `experiments/corpora` name.
struct ObtainTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../experiments/corpora").standardized

  private static let speaking = "alphasweep corpus synthesize "

  /// The corpora with a manifest, of published recordings or artificial.
  private static func corpora(artificial: Bool) throws -> [CorpusDefinition] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".yaml") }.map {
        try CorpusDefinition(
          yaml: String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8), file: $0)
      }.filter {
        $0.manifest != nil && $0.notes.obtain?.hasPrefix(speaking) ?? false == artificial
      }
  }

  @Test func `every published corpus names a command that there is and that writes its manifest`()
    throws
  {
    let corpora = try Self.corpora(artificial: false)
    var used: Set<String> = []
    for corpus in corpora {
      let obtain = try #require(corpus.notes.obtain)
      let start = try #require(
        obtain.firstRange(of: "alphasweep corpus prepare "), "\(corpus.name)")
      let words = obtain[start.upperBound...].split(whereSeparator: \.isWhitespace).map(String.init)
      let layout = try #require(CorpusLayouts.named(words[0]), "\(corpus.name)")
      used.insert(layout.name)
      for word in words where word.hasPrefix("--") {
        let name = String(word.dropFirst(2))
        let isOurs = LayoutOption(rawValue: name).map(layout.options.contains) ?? false
        #expect(isOurs || ["from", "recordings"].contains(name), "\(corpus.name): \(word)")
      }
      let output = try #require(words.firstIndex(of: "-o").map { words[$0 + 1] })
      #expect(output.trimmingCharacters(in: [":"]) == corpus.manifest, "\(corpus.name)")
    }
    #expect(used == Set(CorpusLayouts.all.map { $0.name }))
  }

  @Test func `every artificial corpus names templates that write its manifest and its labels`()
    throws
  {
    let corpora = try Self.corpora(artificial: true)
    #expect(!corpora.isEmpty)
    for corpus in corpora {
      let file = try #require(corpus.notes.obtain?.dropFirst(Self.speaking.count))
      let top = Self.folder.appendingPathComponent("../..").standardized
      let spoken = try SpokenTemplates(
        yaml: String(contentsOf: top.appendingPathComponent(String(file)), encoding: .utf8),
        file: String(file))
      #expect(corpus.manifest == "synthetic/\(spoken.name).jsonl")
      for utterance in spoken.utterances {
        #expect(Set(utterance.labels.keys).union(["speaker"]) == Set(corpus.labels))
      }
      #expect(Set(spoken.utterances.map(\.split)) == Set(Split.allCases))
    }
  }
}
