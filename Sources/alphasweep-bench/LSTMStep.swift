import Torch

/// Two BiLSTM layers forward and backward over utterances of different lengths, as heads for recognition
/// run them. The peer is `Tests/Benchmarks/lstm.py`: torch.nn.LSTM over packed sequences.
struct LSTMStep {
  let batch: Int
  /// T of the longest utterance; the others are shorter by even steps, down to half of it.
  let frames: Int
  /// D of a frame.
  let width: Int
  /// Of each direction.
  let cells: Int
  let threads: Int

  /// Median milliseconds of five times, after one that does not count.
  func milliseconds() throws -> Double {
    try TorchRuntime.setThreads(threads)
    let generator = try Generator(seed: 0)
    func drawn(_ shape: [Int]) throws -> Tensor {
      let bound = 1 / Double(cells).squareRoot()
      let tensor = try Tensor.uniform(shape, low: -bound, high: bound, generator: generator)
      try tensor.setRequiresGradient(true)
      return tensor
    }
    func direction(_ input: Int) throws -> LSTMWeights {
      LSTMWeights(
        input: try drawn([4 * cells, input]), hidden: try drawn([4 * cells, cells]),
        inputBias: try drawn([4 * cells]), hiddenBias: try drawn([4 * cells]))
    }
    let layers = try [width, 2 * cells].map {
      LSTMLayer(forward: try direction($0), backward: try direction($0))
    }
    let features = try Tensor.normal(
      [batch, frames, width], mean: 0, standardDeviation: 1, generator: generator)
    let lengths = (0..<batch).map { frames - $0 * frames / (2 * batch) }
    let times = try (0..<6).map { _ in
      let start = ContinuousClock.now
      try Network.lstm(features, layers: layers, lengths: lengths).square().mean().backward()
      return (ContinuousClock.now - start) / .milliseconds(1)
    }
    return times.dropFirst().sorted()[2]
  }
}
