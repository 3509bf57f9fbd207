import Foundation

/// Who speaks from when to when, as labels for a head and from the outputs of one.
package enum DiarizationTurns {
  /// A turn of a known speaker, in seconds.
  package struct Known: Sendable, Hashable {
    package var speaker: String
    package var start: Double
    package var end: Double

    package init(speaker: String, start: Double, end: Double) {
      self.speaker = speaker
      self.start = start
      self.end = end
    }
  }

  /// A turn that was found: the number of an output, and seconds with two decimals, since s3prl
  /// writes start and duration so and is scored on what it wrote.
  package struct Found: Sendable, Hashable {
    package var speaker: Int
    package var start: Double
    package var duration: Double

    package init(speaker: Int, start: Double, duration: Double) {
      self.speaker = speaker
      self.start = start
      self.duration = duration
    }
  }

  /// How many frames of so many samples a recording at 16 kHz has labels for.
  package static func frames(seconds: Double, shift: Int) -> Int {
    Int(seconds * 16_000 / Double(shift))
  }

  /// Pieces of at most `longest` frames, one after another, the last one shorter.
  package static func pieces(frames: Int, longest: Int) -> [Range<Int>] {
    stride(from: 0, to: frames, by: longest).map { $0..<min(frames, $0 + longest) }
  }

  /// The labels of a piece, 1 where a speaker speaks.
  ///
  /// Speakers stand in the order of their names. A turn's bounds go to the nearest frame, halves to
  /// the even one. A turn that begins before a piece and ends after it is left out there, as in
  /// s3prl and EEND; pieces of 2000 frames hold turns of 40 s.
  ///
  /// - Parameters:
  ///   - turns: All of the recording.
  ///   - frames: The piece.
  ///   - speakers: How many columns there are; those of no speaker stay 0.
  ///   - shift: Samples at 16 kHz from one frame to the next.
  /// - Returns: Frames × speakers, row by row.
  /// - Throws: `HeadError.mismatch` for more speakers than columns.
  package static func labels(
    _ turns: [Known], frames: Range<Int>, speakers: Int, shift: Int
  ) throws -> [Float] {
    let names = Set(turns.map(\.speaker)).sorted()
    guard names.count <= speakers else {
      throw HeadError.mismatch(
        "turns of \(names.count) speakers (\(names.joined(separator: ", "))), but the head has "
          + "\(speakers) outputs: take recordings with fewer, or more outputs")
    }
    let columns = Dictionary(uniqueKeysWithValues: zip(names, 0...))
    var labels = [Float](repeating: 0, count: frames.count * speakers)
    func frame(_ seconds: Double) -> Int {
      Int((seconds * 16_000 / Double(shift)).rounded(.toNearestOrEven))
    }
    for turn in turns {
      let (first, end) = (frame(turn.start), frame(turn.end))
      let begins = frames.contains(first)
      let ends = frames.lowerBound < end && end <= frames.upperBound
      guard begins || ends, let column = columns[turn.speaker] else { continue }
      let from = begins ? first : frames.lowerBound
      for place in from..<max(from, ends ? end : frames.upperBound) {
        labels[(place - frames.lowerBound) * speakers + column] = 1
      }
    }
    return labels
  }

  /// The turns of the outputs of one recording: frames above a threshold, smoothed by a median.
  ///
  /// - Parameters:
  ///   - logits: Frames × speakers, row by row.
  ///   - speakers: How many outputs a frame has.
  ///   - threshold: Of the sigmoid; what is above it speaks.
  ///   - median: Over how many frames, an odd number; beyond the ends nobody speaks.
  ///   - shift: Samples at 16 kHz from one frame to the next.
  /// - Returns: By speaker, then by time.
  /// - Throws: `HeadError.mismatch` for an even median and where rows are not whole.
  package static func decoded(
    _ logits: [Float], speakers: Int, threshold: Float, median: Int, shift: Int
  ) throws -> [Found] {
    guard median % 2 == 1, median > 0 else {
      throw HeadError.mismatch("a median over \(median) frames: choose an odd number")
    }
    guard speakers > 0, logits.count % speakers == 0 else {
      throw HeadError.mismatch("\(logits.count) outputs of \(speakers) speakers")
    }
    let seconds = Double(shift) / 16_000
    return (0..<speakers).flatMap { speaker in
      let speaks = stride(from: speaker, to: logits.count, by: speakers).map {
        1 / (1 + exp(-logits[$0])) > threshold
      }
      return runs(smoothed(speaks, median)).map {
        Found(
          speaker: speaker, start: hundredths(Double($0.lowerBound) * seconds),
          duration: hundredths(Double($0.count) * seconds))
      }
    }
  }

  /// The median of each frame and those around it: what most of them are.
  private static func smoothed(_ speaks: [Bool], _ median: Int) -> [Bool] {
    let reach = median / 2
    var count = speaks.prefix(reach).count { $0 }
    return speaks.indices.map { place in
      if place + reach < speaks.count, speaks[place + reach] { count += 1 }
      if place - reach - 1 >= 0, speaks[place - reach - 1] { count -= 1 }
      return count > reach
    }
  }

  private static func runs(_ speaks: [Bool]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for (place, isSpeaking) in speaks.enumerated() {
      if isSpeaking, start == nil { start = place }
      if !isSpeaking, let begun = start {
        runs.append(begun..<place)
        start = nil
      }
    }
    if let start { runs.append(start..<speaks.count) }
    return runs
  }

  /// As `%.2f` prints it.
  private static func hundredths(_ seconds: Double) -> Double {
    Double(String(format: "%.2f", seconds)) ?? seconds
  }
}
