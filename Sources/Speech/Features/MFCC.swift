import Foundation
import Torch

/// Mel-frequency cepstral coefficients with their first and second differences: 39 numbers a frame.
///
/// 13 coefficients (the first is C₀, not the frame's energy) of 23 mel filters, liftered by 22, then Δ
/// and ΔΔ: the slope over two frames on either side, and the slope of that slope, the first and last
/// of each being repeated beyond the ends.
///
/// Source: what HuBERT's first clustering sees (fairseq `dump_mfcc_feature.py`): `feature-mfcc.cc` of
/// Kaldi, and torchaudio's `compute_deltas`, whose ΔΔ differs from Kaldi's in the two frames at
/// either end.
package struct MFCC {
  /// Coefficients, Δ and ΔΔ together.
  package static let width = 39
  private static let coefficients = 13
  private static let filters = 23
  private static let lifter = 22.0

  private let frames: KaldiFrames
  /// 23×13: the cosine transform with the lifter.
  private let transform: Tensor

  /// - Parameter snipEdges: As in `LogMel`.
  /// - Throws: `TorchError`.
  package init(snipEdges: Bool = true) throws {
    frames = try KaldiFrames(bins: Self.filters, window: .povey, snipEdges: snipEdges)
    transform = try Tensor(Self.transform(), shape: [Self.filters, Self.coefficients])
  }

  /// - Parameter waveform: N samples at 16 kHz.
  /// - Returns: T×39, a frame every 10 ms.
  /// - Throws: `TorchError`.
  package func callAsFunction(_ waveform: Tensor) throws -> Tensor {
    let cepstra = try frames.logEnergies(waveform).matmul(transform)
    guard cepstra.shape[0] > 0 else { return try Tensor.zeros([0, Self.width]) }
    let delta = try Self.slopes(cepstra)
    return try Tensor.concatenated([cepstra, delta, Self.slopes(delta)], dimension: 1)
  }

  /// Frames on either side that a slope looks at.
  private static let reach = 2

  /// Least-squares slope over five frames, T×D: Σ n·(x[t+n] − x[t−n]) / 10.
  private static func slopes(_ frames: Tensor) throws -> Tensor {
    let count = frames.shape[0]
    let rows = (-reach..<(count + reach)).map { min(max(0, $0), count - 1) }
    let wide = try frames.indexSelect(dimension: 0, indices: Tensor(indices: rows))
    let norm = Double(2 * (1...reach).reduce(0) { $0 + $1 * $1 })
    let sum = try Tensor.zeros([count, frames.shape[1]])
    for distance in 1...reach {
      let scale = Double(distance) / norm
      let later = try wide.narrow(dimension: 0, start: reach + distance, count: count)
      let earlier = try wide.narrow(dimension: 0, start: reach - distance, count: count)
      try sum.add_(later, scale: scale)
      try sum.add_(earlier, scale: -scale)
    }
    return sum
  }

  private static func transform() -> [Float] {
    let count = Double(filters)
    return (0..<filters).flatMap { filter in
      (0..<coefficients).map { coefficient in
        let scale = (coefficient == 0 ? 1 / count : 2 / count).squareRoot()
        let angle = Double.pi / count * (Double(filter) + 0.5) * Double(coefficient)
        let lift = 1 + lifter / 2 * sin(Double.pi * Double(coefficient) / lifter)
        return Float(scale * cos(angle) * lift)
      }
    }
  }
}
