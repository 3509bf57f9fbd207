import Speech
import Torch

/// The hidden states of whole recordings, as the `features` stage computes them.
struct HiddenStates {
  let configuration: EncoderConfiguration
  private let encoder: SpeechEncoder

  init(_ weights: EncoderWeights) {
    configuration = weights.configuration
    encoder = SpeechEncoder(weights)
  }

  /// Every hidden state of a recording: (L + 1) × T × D in float32. The last is the encoder's output, after
  /// the norm that ends encoders with norms before their blocks.
  ///
  /// - Parameter samples: At 16 kHz, at least one window.
  /// - Returns: A tensor without gradients of its own.
  /// - Throws: `TorchError` when memory runs out.
  func callAsFunction(_ samples: [Float]) throws -> Tensor {
    let input = configuration.prepared(samples)
    let downsampled = try encoder.downsample(Tensor(input, shape: [1, input.count]))
    return try Tensor.stacked(encoder.encode(encoder.project(downsampled)), dimension: 1)
      .squeezed(0)
  }

  /// A recording at 16 kHz.
  ///
  /// - Throws: `AudioError`.
  static func samples(of recording: String) throws(AudioError) -> [Float] {
    let (samples, rate) = try AudioFile.read(recording)
    return try Resampler(from: rate)(samples)
  }
}
