import Torch

/// The downsampling module of DeCoAR 2.0, which has no weights: Kaldi's log-mel energies under a
/// Hamming window, brought to zero mean and unit variance over the utterance, and of these every
/// second frame.
///
/// Source: s3prl 0.4.18 `upstream/decoar2/audio.py`. A single frame has no spread there (0 / 0);
/// here it is a row of zeros.
struct FilterbankFrontEnd {
  private let features: LogMel

  /// Frames of the filterbank to one of the encoder.
  private static let step = 2
  static let windowSamples = KaldiFrames.frameSamples
  static let strideSamples = step * KaldiFrames.shiftSamples

  static func frames(samples: Int) -> Int {
    guard samples >= windowSamples else { return 0 }
    return (samples - windowSamples) / strideSamples + 1
  }

  init(bins: Int) throws {
    features = try LogMel(bins: bins, window: .hamming, snipEdges: true)
  }

  /// B×N, samples between −1 and 1 → B×T×bins.
  func callAsFunction(_ waveforms: Tensor) throws -> Tensor {
    try Tensor.stacked(
      (0..<waveforms.shape[0]).map { try frames(waveforms.select(dimension: 0, index: $0)) },
      dimension: 0)
  }

  private func frames(_ waveform: Tensor) throws -> Tensor {
    let energies = try features(waveform)
    let count = energies.shape[0]
    let mean = try energies.mean(dimensions: [0], keep: true)
    let spread = try energies.variance(dimensions: [0], unbiased: count > 1, keep: true).sqrt()
    let rows = stride(from: 0, to: count, by: Self.step).map { $0 }
    return try energies.subtracting(mean).divided(by: spread.adding(1e-10))
      .indexSelect(dimension: 0, indices: Tensor(indices: rows))
  }
}
