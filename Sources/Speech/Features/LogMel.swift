import Torch

/// Log-mel energies (Kaldi's "fbank"): the features that an encoder must beat.
///
/// DeCoAR 2.0 takes them with the Hamming window; Kaldi's default is the Povey window.
package struct LogMel {
  private let frames: KaldiFrames

  /// - Parameters:
  ///   - bins: Mel filters.
  ///   - window: Of each frame.
  ///   - snipEdges: Whether frames that reach beyond the waveform are left out, so that frame t
  ///     starts at sample 160·t as an encoder's frames do.
  /// - Throws: `TorchError`.
  package init(bins: Int = 80, window: FrameWindow = .povey, snipEdges: Bool = true) throws {
    frames = try KaldiFrames(bins: bins, window: window, snipEdges: snipEdges)
  }

  /// - Parameter waveform: N samples at 16 kHz.
  /// - Returns: T×bins, a frame every 10 ms.
  /// - Throws: `TorchError`.
  package func callAsFunction(_ waveform: Tensor) throws -> Tensor {
    try frames.logEnergies(waveform)
  }
}
