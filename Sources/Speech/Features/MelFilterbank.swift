import Foundation
import Torch

/// Mel filterbank energies as Kaldi computes them, from frames of 25 ms every 10 ms at 16 kHz.
///
/// Source: Kaldi `feature-fbank.cc` and `mel-computations.cc` with its defaults but for dither, which
/// is off: DC removed, pre-emphasis 0.97, Povey window, 512-point FFT, power spectrum, triangles
/// that are linear on the mel scale from 20 Hz to 8 kHz, natural logarithm.
struct MelFilterbank {
  static let windowSamples = 400
  static let shiftSamples = 160
  private static let transformLength = 512
  private static let preemphasis = 0.97
  /// FLT_EPSILON, Kaldi's floor under the logarithm.
  private static let floor = 1.192_092_895_507_812_5e-07

  private let window: Tensor
  /// FFT bins × bands.
  private let filters: Tensor

  init(bands: Int) throws {
    let count = Self.windowSamples
    let povey = (0..<count).map { index in
      Float(pow(0.5 - 0.5 * cos(2 * Double.pi * Double(index) / Double(count - 1)), 0.85))
    }
    window = try Tensor(povey, shape: [1, count])
    filters = try Self.filters(bands: bands)
  }

  /// Log energies of a waveform of N samples: T × bands, T = 1 + ⌊(N − 400) / 160⌋.
  ///
  /// - Throws: `TorchError` when the waveform is shorter than one window.
  func callAsFunction(_ waveform: Tensor) throws -> Tensor {
    let frames = try waveform.unfold(
      dimension: 0, size: Self.windowSamples, step: Self.shiftSamples)
    let centred = try frames.subtracting(frames.mean(dimensions: [1], keep: true))
    // Kaldi takes the first sample itself as the one before it.
    let before = try Tensor.concatenated(
      [
        centred.narrow(dimension: 1, start: 0, count: 1),
        centred.narrow(dimension: 1, start: 0, count: Self.windowSamples - 1),
      ], dimension: 1)
    let emphasised = try centred.subtracting(before.multiplying(by: Self.preemphasis))
      .multiplying(by: window)
    let power = try emphasised.powerSpectrum(length: Self.transformLength)
    let bins = filters.shape[0]
    return try power.narrow(dimension: 1, start: 0, count: bins).matmul(filters)
      .clamp(min: Self.floor).log()
  }

  private static func mel(_ hertz: Double) -> Double { 1127 * Foundation.log(1 + hertz / 700) }

  private static func filters(bands: Int) throws -> Tensor {
    let bins = transformLength / 2
    let (low, high) = (mel(20), mel(8000))
    let step = (high - low) / Double(bands + 1)
    var weights = [Float](repeating: 0, count: bins * bands)
    for bin in 0..<bins {
      let position = mel(16_000 * Double(bin) / Double(transformLength))
      for band in 0..<bands {
        let left = low + Double(band) * step
        let rise = (position - left) / step
        let fall = (left + 2 * step - position) / step
        weights[bin * bands + band] = Float(max(0, min(rise, fall)))
      }
    }
    return try Tensor(weights, shape: [bins, bands])
  }
}

/// 80 log-mel energies every 10 ms: SUPERB's FBANK baseline and DeCoAR's front end.
package struct LogMel {
  private let filterbank: MelFilterbank

  package init() throws { filterbank = try MelFilterbank(bands: 80) }

  /// T × 80 of a waveform of N samples.
  package func callAsFunction(_ waveform: Tensor) throws -> Tensor { try filterbank(waveform) }
}

/// 13 mel-frequency cepstra with first and second differences: T × 39 every 10 ms.
///
/// Source: Kaldi's MFCC without energy (23 bands, orthonormal DCT-II, lifter 22), and the differences of
/// torchaudio `compute_deltas` (5 frames, edges repeated): what HuBERT's first clustering sees.
package struct MFCC {
  private static let bands = 23
  private static let cepstra = 13
  private static let lifter = 22.0

  private let filterbank: MelFilterbank
  /// Bands × cepstra: the cosine transform, liftered.
  private let transform: Tensor

  package init() throws {
    filterbank = try MelFilterbank(bands: Self.bands)
    var weights = [Float](repeating: 0, count: Self.bands * Self.cepstra)
    for band in 0..<Self.bands {
      for index in 0..<Self.cepstra {
        let scale = (index == 0 ? 1 / Double(Self.bands) : 2 / Double(Self.bands)).squareRoot()
        let angle = Double.pi / Double(Self.bands) * (Double(band) + 0.5) * Double(index)
        let lift = 1 + 0.5 * Self.lifter * sin(Double.pi * Double(index) / Self.lifter)
        weights[band * Self.cepstra + index] = Float(scale * cos(angle) * lift)
      }
    }
    transform = try Tensor(weights, shape: [Self.bands, Self.cepstra])
  }

  /// T × 39 of a waveform of N samples.
  package func callAsFunction(_ waveform: Tensor) throws -> Tensor {
    let cepstra = try filterbank(waveform).matmul(transform)
    let first = try Self.differences(cepstra)
    return try Tensor.concatenated([cepstra, first, Self.differences(first)], dimension: 1)
  }

  /// Regression over two frames on either side: Σ n·(x[t+n] − x[t−n]) / 10.
  private static func differences(_ frames: Tensor) throws -> Tensor {
    let count = frames.shape[0]
    let first = try frames.narrow(dimension: 0, start: 0, count: 1)
    let last = try frames.narrow(dimension: 0, start: count - 1, count: 1)
    let padded = try Tensor.concatenated([first, first, frames, last, last], dimension: 0)
    func shifted(_ offset: Int) throws -> Tensor {
      try padded.narrow(dimension: 0, start: 2 + offset, count: count)
    }
    let near = try shifted(1).subtracting(shifted(-1))
    let far = try shifted(2).subtracting(shifted(-2))
    return try near.adding(far.multiplying(by: 2)).divided(by: 10)
  }
}
