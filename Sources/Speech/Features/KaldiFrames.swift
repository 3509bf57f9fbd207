import Foundation
import Torch

/// Window functions of Kaldi's feature extraction.
package enum FrameWindow: String, Sendable, Hashable, CaseIterable {
  /// (½ − ½·cos)^0.85: Kaldi's default, named after its author.
  case povey
  case hamming

  /// One weight a sample of the frame.
  func weights(count: Int) -> [Float] {
    let step = 2 * Double.pi / Double(count - 1)
    return (0..<count).map { index in
      let cosine = cos(step * Double(index))
      return switch self {
      case .povey: Float(Foundation.pow(0.5 - 0.5 * cosine, 0.85))
      case .hamming: Float(0.54 - 0.46 * cosine)
      }
    }
  }
}

/// Cuts a waveform into frames and gives their mel energies, as Kaldi does.
///
/// Frames of 25 ms every 10 ms at 16 kHz, each freed of its mean, pre-emphasised by 0.97, windowed
/// and zero-padded to 512 samples; no dither. Then |FFT|² through triangular filters between 20 Hz and
/// 8 kHz on the scale mel(f) = 1127·ln(1 + f / 700).
///
/// Source: `feature-window.cc` and `mel-computations.cc` of Kaldi; tested against
/// kaldi-native-fbank 1.22. Samples are taken as they are: Kaldi's own programs give them as integers
/// up to 32,767, which adds 2·ln 32,768 to every log energy.
struct KaldiFrames {
  static let frameSamples = 400
  static let shiftSamples = 160
  private static let paddedSamples = 512
  private static let preEmphasis = 0.97
  private static let sampleRate = 16_000.0
  private static let lowestHertz = 20.0

  let bins: Int
  /// Whether only frames that lie in the waveform as a whole count. Else a frame stands around every
  /// tenth millisecond's centre, and the waveform is reflected at its ends.
  let snipEdges: Bool
  /// 400.
  private let window: Tensor
  /// 256×bins.
  private let filters: Tensor

  init(bins: Int, window: FrameWindow, snipEdges: Bool) throws {
    self.bins = bins
    self.snipEdges = snipEdges
    self.window = try Tensor(window.weights(count: Self.frameSamples), shape: [Self.frameSamples])
    filters = try Tensor(Self.filters(bins: bins), shape: [Self.paddedSamples / 2, bins])
  }

  /// The natural logarithm of mel energies, not below that of float32's epsilon.
  ///
  /// - Parameter waveform: N samples, float32.
  /// - Returns: T×bins; T is 0 where the waveform is shorter than a frame.
  /// - Throws: `TorchError`.
  func logEnergies(_ waveform: Tensor) throws -> Tensor {
    guard let frames = try frames(waveform) else { return try Tensor.zeros([0, bins]) }
    let centred = try frames.subtracting(frames.mean(dimensions: [1], keep: true))
    let before = try Tensor.concatenated(
      [
        centred.narrow(dimension: 1, start: 0, count: 1),
        centred.narrow(dimension: 1, start: 0, count: Self.frameSamples - 1),
      ], dimension: 1)
    return try centred.subtracting(before.multiplying(by: Self.preEmphasis))
      .multiplying(by: window)
      .powerSpectrum(length: Self.paddedSamples)
      .narrow(dimension: 1, start: 0, count: Self.paddedSamples / 2)
      .matmul(filters)
      .clamp(min: Double(Float.ulpOfOne))
      .log()
  }

  /// T×400, or nil where T is 0.
  private func frames(_ waveform: Tensor) throws -> Tensor? {
    let count = waveform.count
    let (size, shift) = (Self.frameSamples, Self.shiftSamples)
    if snipEdges {
      guard count >= size else { return nil }
      return try waveform.unfold(dimension: 0, size: size, step: shift)
    }
    let frames = (count + shift / 2) / shift
    guard frames > 0 else { return nil }
    let start = shift / 2 - size / 2
    let length = (frames - 1) * shift + size
    let positions = (start..<(start + length)).map { Self.reflected($0, count) }
    return try waveform.indexSelect(dimension: 0, indices: Tensor(indices: positions))
      .unfold(dimension: 0, size: size, step: shift)
  }

  /// The position that stands for one beyond an end: the end samples are repeated.
  private static func reflected(_ position: Int, _ count: Int) -> Int {
    let period = 2 * count
    let phase = ((position % period) + period) % period
    return phase < count ? phase : period - 1 - phase
  }

  private static func mel(_ hertz: Double) -> Double { 1127 * Foundation.log(1 + hertz / 700) }

  /// 256×bins weights, row by row.
  private static func filters(bins: Int) -> [Float] {
    let rows = paddedSamples / 2
    let lowest = mel(lowestHertz)
    let step = (mel(sampleRate / 2) - lowest) / Double(bins + 1)
    var weights = [Float](repeating: 0, count: rows * bins)
    for row in 0..<rows {
      let position = (mel(Double(row) * sampleRate / Double(paddedSamples)) - lowest) / step
      for bin in 0..<bins {
        let weight = 1 - Swift.abs(position - Double(bin + 1))
        if weight > 0 { weights[row * bins + bin] = Float(weight) }
      }
    }
    return weights
  }
}
