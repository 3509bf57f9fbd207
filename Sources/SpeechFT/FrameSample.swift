import Torch

/// A seeded sample of frames over utterances: which rows to take of each.
struct FrameSample {
  /// Rows of each utterance, ascending.
  let rows: [[Int64]]

  /// - Parameters:
  ///   - lengths: Frames of each utterance.
  ///   - count: How many to draw without repetition; all where there are fewer.
  ///   - draws: Whose draws.
  init(lengths: [Int], count: Int, draws: Draws) {
    var numbers = draws.numbers("frame sample")
    let chosen = numbers.permutation(lengths.reduce(0, +)).prefix(count).sorted()
    var rows = [[Int64]](repeating: [], count: lengths.count)
    var (utterance, start) = (0, 0)
    for frame in chosen {
      while frame >= start + lengths[utterance] {
        start += lengths[utterance]
        utterance += 1
      }
      rows[utterance].append(Int64(frame - start))
    }
    self.rows = rows
  }

  /// The chosen frames of one utterance: layers × T × D → layers × n × D; `nil` where none is chosen.
  func frames(of utterance: Int, in features: Tensor) throws -> Tensor? {
    let rows = rows[utterance]
    guard !rows.isEmpty else { return nil }
    return try features.indexSelect(
      dimension: 1, indices: Tensor(rows, shape: [rows.count]))
  }
}
