/// How much a corpus holds, as far as it is known: what estimates follow from.
package struct CorpusExtent: Sendable, Hashable {
  /// Utterances by split; a split that is absent is unknown.
  package private(set) var utterances: [Split: Int]
  /// Seconds of audio by split; a split that is absent is unknown.
  package private(set) var seconds: [Split: Double]

  /// Counts recordings where they are there and takes the published numbers where they are not.
  ///
  /// Hours are the published ones if the definition tells them, or else those of the bounds that a
  /// manifest gives, or else `PlanMeasures.secondsOfRecording` for every utterance.
  package init(_ definition: CorpusDefinition, _ found: CorpusRecordings) {
    let notes = definition.notes
    utterances = found.isMissing ? notes.utterances : [:]
    seconds = notes.hours.mapValues { 3600 * $0 }
    if !found.isMissing {
      for split in Split.allCases {
        let own = found.recordings.filter { $0.split == split }
        utterances[split] = own.count
        let bounded = own.compactMap(\.segment.seconds)
        if seconds[split] == nil, bounded.count == own.count {
          seconds[split] = bounded.reduce(0, +)
        }
      }
    }
    for split in Split.allCases {
      let guess = PlanMeasures.secondsOfRecording
      if seconds[split] == nil, let count = utterances[split] {
        seconds[split] = Double(count) * guess
      } else if utterances[split] == nil, let known = seconds[split] {
        utterances[split] = Int((known / guess).rounded())
      }
    }
  }
}

extension Planner {
  /// Seconds of a whole corpus; a split of unknown size counts nothing.
  func seconds(of corpus: String) -> Double {
    extents[corpus]?.seconds.values.reduce(0, +) ?? 0
  }

  /// Minutes of a selection.
  func minutes(_ selection: Selection, _ corpus: String) -> Double {
    selection.splits.reduce(0) { sum, split in
      let all = (extents[corpus]?.seconds[split] ?? 0) / 60
      return sum + min(all, selection.minutes[split.rawValue] ?? all)
    }
  }

  /// Utterances of a selection.
  func utterances(_ selection: Selection, _ corpus: String) -> Int {
    let count = selection.splits.reduce(0.0) { sum, split in
      let all = (extents[corpus]?.seconds[split] ?? 0) / 60
      guard all > 0 else { return sum }
      let share = min(all, selection.minutes[split.rawValue] ?? all) / all
      return sum + share * Double(extents[corpus]?.utterances[split] ?? 0)
    }
    return Int(count.rounded())
  }
}

extension PlanMeasures {
  /// What an encoder's weights take on disk, in float32.
  ///
  /// Twelve width² a Transformer layer (four attention maps, and two of four times the width), the
  /// position embedding (kernel 128, 16 groups) and the seven convolutions of HuBERT.
  static func modelBytes(layers: Int, width: Int, convolutionChannels channels: Int) -> Int {
    let transformer = (12 * layers + 8) * width * width
    let downsampling = 16 * channels * channels + 10 * channels + channels * width
    return 4 * (transformer + downsampling)
  }

  /// How much slower than the model that was measured an encoder is: as its weights are to those of
  /// four layers of width 192.
  static func effort(layers: Int, width: Int, convolutionChannels: Int) -> Double {
    Double(modelBytes(layers: layers, width: width, convolutionChannels: convolutionChannels))
      / Double(modelBytes(layers: 4, width: 192, convolutionChannels: 64))
  }
}

extension EncoderArchitecture {
  var bytes: Int {
    PlanMeasures.modelBytes(layers: layers, width: width, convolutionChannels: convolutionChannels)
  }

  var effort: Double {
    PlanMeasures.effort(layers: layers, width: width, convolutionChannels: convolutionChannels)
  }
}

extension EncoderNode {
  var bytes: Int {
    PlanMeasures.modelBytes(layers: layers, width: width, convolutionChannels: convolutionChannels)
  }

  /// Relative to the model that `PlanMeasures` was measured with.
  var effort: Double {
    PlanMeasures.effort(layers: layers, width: width, convolutionChannels: convolutionChannels)
  }
}
