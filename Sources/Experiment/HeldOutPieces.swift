/// What is tested with: pieces of recordings, by the hash of the recording's bytes.
struct HeldOutPieces {
  private struct Piece {
    var segment: Segment
    /// Of the stage that tests with it.
    var label: String
  }

  private var pieces: [String: [Piece]] = [:]

  mutating func add(_ recording: Recording, label: String) {
    pieces[recording.digest, default: []].append(
      Piece(segment: recording.segment, label: label))
  }

  /// The label of the first stage that tests with something of a recording; `nil` where none does.
  func label(of recording: Recording) -> String? {
    pieces[recording.digest]?.first { $0.segment.overlaps(recording.segment) }?.label
  }
}
