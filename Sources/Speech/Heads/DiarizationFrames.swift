import Torch

/// What is right and wrong in the frames of a batch, under the orders of speakers that the loss
/// chose and with no collar: what s3prl chooses its checkpoint by (`calc_diarization_error`).
package struct DiarizationFrames: Sendable, Hashable {
  /// Decisions that are right, divided by the number of speakers.
  package private(set) var correct = 0.0
  package private(set) var frames = 0
  /// Frames times speakers that speak in them, by the labels.
  package private(set) var spoken = 0
  package private(set) var missed = 0
  package private(set) var falseAlarms = 0
  package private(set) var confused = 0

  /// The share of right decisions: what dev is looked at by, averaged over batches of one.
  package var accuracy: Double { frames == 0 ? 0 : correct / Double(frames) }

  /// The diarization error rate of the frames; 0 where nobody speaks.
  package var errorRate: Double {
    spoken == 0 ? 0 : Double(missed + falseAlarms + confused) / Double(spoken)
  }

  /// - Parameters:
  ///   - logits: [B, T, S]; above 0 means that the speaker speaks.
  ///   - labels: [B, T, S].
  ///   - lengths: How many frames of each utterance count.
  ///   - orders: What `DiarizationHead.loss` gave.
  /// - Throws: `TorchError` where the tensors are not float32.
  package init(
    _ logits: Tensor, labels: Tensor, lengths: [Int], orders: [[Int]]
  ) throws {
    let (most, speakers) = (logits.shape[1], logits.shape[2])
    let (found, wanted) = (try logits.floats(), try labels.floats())
    for (row, length) in lengths.enumerated() {
      frames += length
      for frame in 0..<length {
        let start = (row * most + frame) * speakers
        let heard = (0..<speakers).map { found[start + $0] > 0 }
        count(heard, orders[row].map { wanted[start + $0] > 0.5 })
      }
    }
  }

  private mutating func count(_ heard: [Bool], _ wanted: [Bool]) {
    let right = zip(heard, wanted).count { $0 == $1 }
    let both = zip(heard, wanted).count { $0 && $1 }
    let (said, speaking) = (heard.count { $0 }, wanted.count { $0 })
    correct += Double(right) / Double(heard.count)
    spoken += speaking
    missed += max(0, speaking - said)
    falseAlarms += max(0, said - speaking)
    confused += min(speaking, said) - both
  }
}
