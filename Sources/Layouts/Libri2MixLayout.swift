import Experiment

/// Libri2Mix (Cosentino et al. 2020) for diarisation as s3prl prepares it: mixtures of two speakers with
/// noise (`wav16k/max/…/mix_both`), and folders of Kaldi's lists that its script writes.
package enum Libri2MixLayout: CorpusLayout {
  package static let name = "libri2mix"
  package static let summary =
    "diarisation: turns from the Kaldi folders of --lists (wav.scp, segments, utt2spk); untrimmed"
  package static let options: Set<LayoutOption> = [.lists]
  package static let tree = """
    Libri2Mix/
      wav16k/max/train-100/mix_both/103-1240-0003_1235-135887-0017.wav
      wav16k/max/dev/mix_both/  wav16k/max/test/mix_both/
    and in the folder of '--lists', as scripts/prepare_diarization.py of s3prl/LibriMix writes it:
      train/  dev/  test/
        wav.scp                     103-1240-0003_1235-135887-0017 …/Libri2Mix/wav16k/max/…/NAME.wav
        segments                    SEGMENT 103-1240-0003_1235-135887-0017 0.25 14.085
        utt2spk                     SEGMENT 103
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    guard let lists = options.lists else {
      throw draft.option("name the folder of Kaldi's lists: '--lists FOLDER'\n" + tree)
    }
    let folder = LayoutFolder(lists, prefix: "")
    for split in Split.allCases {
      let part = split.rawValue
      for file in ["wav.scp", "segments", "utt2spk"] where !folder.hasFile("\(part)/\(file)") {
        throw .tree(
          layout: name, folder: lists, wrong: "there is no file \(part)/\(file)", expected: tree,
          found: folder.entries())
      }
      let turns = try turns(folder, part, &draft)
      let list = try folder.text("\(part)/wav.scp")
      for (number, line) in list.lines {
        let words = line.words
        // The lists may have been written on another machine.
        guard words.count == 2, let root = words[1].range(of: "wav16k/") else {
          draft.problem(list, number, "a line is 'NAME …/wav16k/…/NAME.wav', not '\(line)'")
          continue
        }
        guard let its = turns[words[0]] else {
          draft.problem(list, number, "no line of segments is of '\(words[0])'")
          continue
        }
        draft.add(
          String(words[1][root.lowerBound...]), split,
          ManifestEntry(segment: Segment(start: 0), turns: its))
      }
    }
  }

  /// Who speaks when, by the mixture's name, in the order of starts.
  private static func turns(
    _ folder: LayoutFolder, _ part: String, _ draft: inout LayoutDraft
  ) throws(LayoutError) -> [String: [SpeakerTurn]] {
    var speakers: [String: String] = [:]
    let table = try folder.text("\(part)/utt2spk")
    for (number, line) in table.lines {
      let words = line.words
      if words.count == 2 {
        speakers[words[0]] = words[1]
      } else {
        draft.problem(table, number, "a line is 'SEGMENT SPEAKER', not '\(line)'")
      }
    }
    var turns: [String: [SpeakerTurn]] = [:]
    let list = try folder.text("\(part)/segments")
    for (number, line) in list.lines {
      let words = line.words
      guard words.count == 4, let start = Double(words[2]), let end = Double(words[3]), start >= 0,
        end > start, end.isFinite
      else {
        draft.problem(list, number, "a line is 'SEGMENT NAME START END' (seconds), not '\(line)'")
        continue
      }
      guard let speaker = speakers[words[0]] else {
        draft.problem(list, number, "utt2spk does not say who speaks in '\(words[0])'")
        continue
      }
      turns[words[1], default: []].append(SpeakerTurn(start: start, end: end, speaker: speaker))
    }
    return turns.mapValues {
      $0.sorted { ($0.start, $0.end, $0.speaker) < ($1.start, $1.end, $1.speaker) }
    }
  }
}
