import Experiment
import Foundation

@testable import Speech

/// A corpus of six made-up recordings below a temporary folder.
struct CorpusSite {
  let folder: TemporaryFolder
  var recordings: [Recording] = []

  init() throws {
    folder = try TemporaryFolder()
    let silence = [Int16](repeating: 0, count: 8000)
    try add("one/nl/a.wav", wave(silence + tone(seconds: 1) + silence), .train)
    try add("one/nl/b.wav", wave(tone(seconds: 0.5, rate: 22_050), rate: 22_050), .train)
    try add("one/nl/short.wav", wave(tone(seconds: 0.05)), .train)
    try add("one/nl/silent.wav", wave(silence), .train)
    try add("two/nl/a.wav", wave(tone(seconds: 0.75)), .test)
    try add("two/nl/c.wav", wave(tone(seconds: 5)), .dev)
    try folder.write(
      Array(
        """
        -- dialogId("a", "x", "in a comment") dialogStr("wrong")
        dialogId("a", "font_small", "What?")
        dialogStr("Goed, \\"zo\\".")
        dialogId("b", "font_big", "Same")
        dialogStr("Hallo!")
        """.utf8), to: "script/one/dialogs_nl.lua")
    try folder.write(
      Array(
        """
        dialogId("a", "font_small",
          "Hello")
        dialogStr("hallo")
        """.utf8), to: "script/two/dialogs_nl.lua")
  }

  mutating func add(_ path: String, _ bytes: [UInt8], _ split: Split) throws {
    let digest = try folder.write(bytes, to: "sound/" + path)
    let name = path.split(separator: "/").map(String.init)
    recordings.append(
      Recording(
        path: path, digest: digest,
        labels: ["level": name[0], "id": String(name[2].dropLast(4))], split: split))
  }

  var definition: CorpusDefinition {
    CorpusDefinition(
      name: "made-up", description: "", licence: "none", language: "nl", packages: ["fish"],
      root: "sound", pattern: "", phonemeVoice: "nl")
  }

  func build(
    _ definition: CorpusDefinition? = nil, threads: Int = 2, into name: String = "out"
  ) throws -> Corpus {
    let out = folder.path + "/" + name
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try CorpusBuilder(
      definition ?? self.definition, recordings: recordings.reversed(), root: folder.path,
      threads: threads
    ).build(into: out)
    return try Corpus(folder: out)
  }
}

extension CorpusDefinition {
  init(
    name: String, description: String, licence: String, language: String, packages: [String],
    root: String, pattern: String, phonemeVoice: String?
  ) {
    self.init(
      name: name, description: description, licence: licence, language: language,
      packages: packages, root: root, pattern: pattern,
      transcripts: TranscriptSource(
        format: .filletsLua, root: "script", pattern: #"(?<level>[^/]+)/dialogs_nl\.lua"#,
        key: "id"),
      phonemeVoice: phonemeVoice, split: SplitRule(by: "level", test: 0.2, dev: 0.1),
      minimumSeconds: 0.1, maximumSeconds: 4)
  }
}
