import Torch

/// What heads are trained on: the hidden states of an encoder that does not change.
protocol FrozenFeatures {
  /// What is known of each utterance; utterances are numbers in here.
  var entries: [FrameIndex.Entry] { get }
  /// Hidden states L.
  var layers: Int { get }
  /// D.
  var width: Int { get }
  /// T of an utterance; 1 where the mean over time was taken.
  func frames(_ utterance: Int) -> Int
  /// The hidden states of some utterances.
  func hidden(_ batch: [Int]) throws -> HiddenBatch
}

/// Hidden states of a batch, read once for all heads that learn from them.
struct HiddenBatch {
  /// L×T×D of each utterance, constants; where the mean over time was taken one L×B×D of all.
  let features: [Tensor]
  let isPooled: Bool
  /// What brings them to one scale; `nil` leaves them as they are.
  let scaling: FeatureScaling?
  /// The most frames of an utterance.
  let longest: Int

  /// Sums over layers for K heads.
  ///
  /// - Parameter shares: K×L, with a gradient.
  /// - Returns: K×B×T×D, T the most of the batch and 0 beyond each utterance's own.
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  func mixed(_ shares: Tensor) throws -> Tensor {
    let mixed = try Network.mix(
      features, weights: shares, scaling: scaling, padded: isPooled ? features[0].shape[1] : longest
    )
    // Utterances took the place of frames: K×1×B×D.
    return isPooled ? try mixed.transposed(1, 2) : mixed
  }
}

/// Adds up over frames what brings each dimension of each layer to mean 0 and variance 1.
struct ScalingSums {
  private var count = 0
  private var sum: Tensor?
  private var squares: Tensor?

  /// Adds L×T×D.
  mutating func add(_ features: Tensor) throws {
    let wide = try features.to(.float64)
    count += features.shape[1]
    let (more, square) = (
      try wide.sum(dimensions: [1]), try wide.square().sum(dimensions: [1])
    )
    sum = try sum.map { try $0.adding(more) } ?? more
    squares = try squares.map { try $0.adding(square) } ?? square
  }

  /// x·scale + shift = (x − mean) / √(variance + 10⁻¹⁰); `nil` where nothing was added.
  func scaling() throws -> FeatureScaling? {
    guard let sum, let squares else { return nil }
    let mean = try sum.divided(by: Double(count))
    let variance = try squares.divided(by: Double(count)).subtracting(mean.square())
    let scale = try variance.clamp(min: 0).adding(1e-10).rsqrt()
    return FeatureScaling(
      scale: try scale.to(.float32),
      shift: try mean.multiplying(by: scale).neg().to(.float32))
  }
}
