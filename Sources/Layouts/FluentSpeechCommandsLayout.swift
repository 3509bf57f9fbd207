import Experiment

/// Fluent Speech Commands (Lugosch et al. 2019): three tables of paths, transcripts and slots.
package enum FluentSpeechCommandsLayout: CorpusLayout {
  package static let name = "fluent-speech-commands"
  package static let summary = "labels action, object, location, and intent, which joins the three"
  package static let tree = """
    fluent_speech_commands_dataset/
      data/train_data.csv           ,path,speakerId,transcription,action,object,location
      data/valid_data.csv
      data/test_data.csv
      wavs/speakers/2BqVo8kVB2Skwgyb/0a3129c0-4474-11e9-a9a5-5dbec3b8816a.wav
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    let files: [(String, Split)] = [("train", .train), ("valid", .dev), ("test", .test)]
    for (file, split) in files {
      let list = try draft.list("data/\(file)_data.csv")
      let slots = ["action", "object", "location"]
      let columns = ["path", "speakerId", "transcription"] + slots
      for row in draft.rows(list, delimiter: ",", columns: columns) {
        let values = columns.map { row.fields[$0] ?? "" }
        guard values.allSatisfy({ !$0.isEmpty }) else {
          let empty = columns[values.firstIndex(of: "") ?? 0]
          draft.problem(list, row.line, "'\(empty)' is empty")
          continue
        }
        var labels = Dictionary(zip(slots, values[3...]), uniquingKeysWith: { $1 })
        labels["intent"] = values[3...].joined(separator: " ")
        labels["speaker"] = values[1]
        draft.add(values[0], split, ManifestEntry(text: values[2]), labels: labels)
      }
    }
  }
}
