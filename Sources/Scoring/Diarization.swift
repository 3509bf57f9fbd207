/// Who spoke when in one recording.
package struct SpeakerTurn: Sendable, Hashable {
  package var speaker: String
  /// Seconds.
  package var start: Double
  package var end: Double

  package init(speaker: String, start: Double, end: Double) {
    self.speaker = speaker
    self.start = start
    self.end = end
  }
}

/// How much of the speech of one recording was given to the wrong speakers, in seconds of speakers:
/// where two speak at once, a second counts twice.
///
/// As NIST's md-eval does: the system's speakers are mapped one to one to the reference's so that
/// they speak as long as possible at the same time; then what lies within `collar` of an end of a
/// reference turn is left out. Overlapping speech counts. What is scored lasts from the first start
/// to the last end of either side, as in dscore, SUPERB's scorer. Overlapping turns of one speaker
/// are one turn.
package struct DiarizationErrors: Sendable, Hashable {
  package private(set) var missed = 0.0
  package private(set) var falseAlarms = 0.0
  package private(set) var confused = 0.0
  /// Of the reference.
  package private(set) var speech = 0.0

  package init(reference: [SpeakerTurn], hypothesis: [SpeakerTurn], collar: Double = 0) {
    let sides = (reference: Voices(reference), hypothesis: Voices(hypothesis))
    let edges = sides.reference.turns.flatMap { [$0.start, $0.end] }
    let collars = collar > 0 ? edges.map { ($0 - collar, $0 + collar) } : []
    let cuts =
      edges + sides.hypothesis.turns.flatMap { [$0.start, $0.end] }
      + collars.flatMap { [$0.0, $0.1] }
    let moments = Set(cuts).sorted()
    var pieces: [Piece] = []
    for (start, end) in zip(moments, moments.dropFirst()) {
      pieces.append(Piece(duration: end - start, start: start, sides: sides))
    }
    let counterpart = Self.mapping(pieces, sides.reference.count, sides.hypothesis.count)
    let scored = pieces.filter { piece in
      let middle = piece.start + piece.duration / 2
      return !collars.contains { $0.0 < middle && middle < $0.1 }
    }
    for piece in scored { add(piece, counterpart) }
  }

  /// Between two moments at which anything changes.
  private struct Piece {
    var duration: Double
    var start: Double
    /// Numbers of the speakers.
    var reference: [Int]
    var hypothesis: [Int]

    init(duration: Double, start: Double, sides: (reference: Voices, hypothesis: Voices)) {
      self.duration = duration
      self.start = start
      let middle = start + duration / 2
      reference = sides.reference.speaking(at: middle)
      hypothesis = sides.hypothesis.speaking(at: middle)
    }
  }

  /// The speaker of the hypothesis that stands for each one of the reference.
  private static func mapping(_ pieces: [Piece], _ references: Int, _ hypotheses: Int) -> [Int?] {
    var together = [[Double]](
      repeating: [Double](repeating: 0, count: hypotheses), count: references)
    for piece in pieces {
      for speaker in piece.reference {
        for other in piece.hypothesis { together[speaker][other] += piece.duration }
      }
    }
    return Assignment.heaviest(together)
  }

  private mutating func add(_ piece: Piece, _ counterpart: [Int?]) {
    let (said, heard) = (piece.reference.count, piece.hypothesis.count)
    let right = piece.reference.count { speaker in
      counterpart[speaker].map(piece.hypothesis.contains) ?? false
    }
    speech += piece.duration * Double(said)
    missed += piece.duration * Double(max(0, said - heard))
    falseAlarms += piece.duration * Double(max(0, heard - said))
    confused += piece.duration * Double(min(said, heard) - right)
  }
}

/// The turns of one side, by speaker.
private struct Voices {
  /// Of one speaker none overlaps another.
  private let bySpeaker: [[SpeakerTurn]]

  var count: Int { bySpeaker.count }
  var turns: [SpeakerTurn] { bySpeaker.flatMap(\.self) }

  init(_ turns: [SpeakerTurn]) {
    bySpeaker = Dictionary(grouping: turns, by: \.speaker).sorted { $0.key < $1.key }.map {
      Self.merged($0.value.sorted { ($0.start, $0.end) < ($1.start, $1.end) })
    }
  }

  /// Turns that only touch stay two, as in dscore: a collar lies around where they meet.
  private static func merged(_ turns: [SpeakerTurn]) -> [SpeakerTurn] {
    var result: [SpeakerTurn] = []
    for turn in turns {
      if let last = result.last, turn.start < last.end {
        result[result.count - 1].end = max(last.end, turn.end)
      } else {
        result.append(turn)
      }
    }
    return result
  }

  /// Who speaks at a moment that is no start and no end.
  func speaking(at moment: Double) -> [Int] {
    bySpeaker.indices.filter { Self.covers(bySpeaker[$0], moment) }
  }

  private static func covers(_ turns: [SpeakerTurn], _ moment: Double) -> Bool {
    var (low, high) = (0, turns.count)
    while low < high {
      let middle = (low + high) / 2
      if turns[middle].end <= moment { low = middle + 1 } else { high = middle }
    }
    return low < turns.count && turns[low].start < moment
  }
}
