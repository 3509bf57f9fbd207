import ArgumentParser
import Artifacts
import Experiment
import Foundation

/// `alphasweep corpus synthesize`: artificial speech with exact intents and slots.
struct CorpusSynthesizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize", abstract: "Speak the sentences of templates with espeak-ng.",
    discussion: """
      TEMPLATES is a file of experiments/templates/. Recordings and manifest go below the recordings \
      folder, to synthetic/NAME/ and synthetic/NAME.jsonl. What is there is kept; the manifest \
      is written last. The same espeak-ng gives the same bytes.
      """)

  @Argument(
    help: "The templates, such as experiments/templates/house-commands.yaml.",
    completion: .file(extensions: ["yaml"]))
  var templates: String

  @OptionGroup var place: RecordingsOptions

  @Flag(help: "Say what was written as JSON.")
  var json = false

  func run() async throws {
    try await reportingErrors {
      let text = try Files.text(templates, what: .templates)
      let spoken = try SpokenTemplates(yaml: text, file: templates)
      let recordings = try place.folder()
      let synthesiser = try Synthesiser()
      let folder = "synthetic/" + spoken.name
      let utterances = spoken.utterances
      for (index, utterance) in utterances.enumerated() {
        let path = "\(recordings)/\(folder)/\(utterance.path)"
        // What is said in the file, which nothing else tells; gone while the file is written.
        let said = path + ".txt"
        let wanted = "\(utterance.voice) \(utterance.rate) \(utterance.pitch) \(utterance.words)\n"
        if (try? String(contentsOfFile: said, encoding: .utf8)) != wanted
          || !FileManager.default.fileExists(atPath: path)
        {
          try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
          unlink(said)
          try synthesiser.speak(utterance, to: path)
          try AtomicFile.write(text: wanted, to: said)
        }
        show(index + 1, of: utterances.count)
      }
      let lines = utterances.enumerated().map { index, utterance in
        spoken.line(utterance, number: index + 1, in: folder)
      }
      let manifest = "\(recordings)/\(folder).jsonl"
      try AtomicFile.write(text: lines.map { $0.text + "\n" }.joined(), to: manifest)
      let summary = ManifestSummary(lines, file: Files.shown(manifest))
      print(json ? summary.json + "\n" : summary.text, terminator: "")
    }
  }

  private func show(_ done: Int, of all: Int) {
    guard isatty(STDERR_FILENO) == 1, done % 20 == 0 || done == all else { return }
    StandardError.write("\rspoken \(done) of \(all)\(done == all ? "\n" : "")")
  }
}
