/// How often each recording is drawn so that all classes come equally often.
///
/// Source: s3prl's downstream/speech_commands, whose training and dev sets are both drawn so, with
/// replacement and as many draws as there are recordings.
package struct ClassBalance: Sendable {
  /// By recording: how many there are, divided by how many are of its class.
  package let weights: [Double]
  private let sums: [Double]

  package init<Label: Hashable>(_ labels: [Label]) {
    let counts = labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    weights = labels.map { Double(labels.count) / Double(counts[$0] ?? 1) }
    var sum = 0.0
    sums = weights.map { weight in
      sum += weight
      return sum
    }
  }

  /// The recording that a number from [0, 1) draws; `nil` where there are none.
  package func place(of draw: Double) -> Int? {
    guard let total = sums.last else { return nil }
    let wanted = draw * total
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > wanted { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Which part of a recording is learnt from, in samples.
package struct TrainingCrop: Sendable, Hashable {
  /// A recording that is not longer than this is left out; `nil` for none.
  package var least: Int?
  /// Of a longer recording, a piece of this length is taken.
  package var longest: Int

  package init(least: Int? = nil, longest: Int) {
    self.least = least
    self.longest = longest
  }

  /// SID in SUPERB: 8 s (voxceleb1/config.yaml).
  package static let speakerIdentification = TrainingCrop(longest: 128_000)
  /// ASV in SUPERB: 8 s of recordings above 2 s (sv_voxceleb1/configs/amsoftmax.yaml), both after
  /// silences were cut out.
  package static let speakerVerification = TrainingCrop(least: 32_000, longest: 128_000)
  /// The noises that are KS's silence: 1 s.
  package static let silence = TrainingCrop(longest: 16_000)

  /// The part that a number from [0, 1) draws, every start equally likely; all of a recording that
  /// is short enough, and `nil` for one that is left out.
  package func samples(of length: Int, draw: Double) -> Range<Int>? {
    if let least, length <= least { return nil }
    guard length > longest else { return 0..<length }
    let start = min(length - longest, Int(draw * Double(length - longest + 1)))
    return start..<start + longest
  }
}
