import Foundation
import Torch

/// Mel-frequency cepstral coefficients with their first and second differences: 39 numbers a frame.
///
/// 13 coefficients (the first is C₀, not the frame's energy) of 23 mel filters, liftered by 22, then Δ
/// and ΔΔ over two frames on either side, the first and last frame being repeated beyond the ends.
///
/// Source: `feature-mfcc.cc` and `feature-functions.cc` of Kaldi, with the options of HuBERT's
/// recipe (fairseq `dump_mfcc_feature.py`). That recipe takes ΔΔ as the Δ of Δ, which differs from
/// Kaldi's in the first and last two frames.
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
    let wide = try Self.extended(cepstra, by: 2 * Self.reach)
    let slopes = try Self.slopes(wide)
    let delta = try slopes.narrow(dimension: 0, start: Self.reach, count: cepstra.shape[0])
    return try Tensor.concatenated([cepstra, delta, Self.slopes(slopes)], dimension: 1)
  }

  /// Frames on either side that a difference looks at.
  private static let reach = 2

  /// The first and last frame repeated `count` times.
  private static func extended(_ frames: Tensor, by count: Int) throws -> Tensor {
    let last = frames.shape[0] - 1
    let rows = (-count...(last + count)).map { min(max(0, $0), last) }
    return try frames.indexSelect(dimension: 0, indices: Tensor(indices: rows))
  }

  /// Least-squares slope over five frames: (T + 4)×D → T×D.
  private static func slopes(_ frames: Tensor) throws -> Tensor {
    let count = frames.shape[0] - 2 * reach
    let norm = Double(2 * (1...reach).reduce(0) { $0 + $1 * $1 })
    let sum = try Tensor.zeros([count, frames.shape[1]])
    for distance in 1...reach {
      let scale = Double(distance) / norm
      try sum.add_(
        frames.narrow(dimension: 0, start: reach + distance, count: count), scale: scale)
      try sum.add_(
        frames.narrow(dimension: 0, start: reach - distance, count: count), scale: -scale)
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
