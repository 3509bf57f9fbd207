import Torch

/// k-means: k-means++ seeding and Lloyd's iterations, deterministic for a generator.
///
/// Source: Arthur & Vassilvitskii 2007 for the seeding; the iterations are scikit-learn's full-batch
/// ones, with a centre that loses its frames left where it is.
package struct KMeans {
  /// Clusters × dimensions.
  package let centres: Tensor

  /// Frames whose distances to all centres are held at once.
  private static let chunkFrames = 16_384

  package init(centres: Tensor) { self.centres = centres }

  /// Clusters N × D frames.
  ///
  /// - Parameters:
  ///   - frames: N × D, float32, N not less than `clusters`.
  ///   - clusters: How many centres.
  ///   - iterations: Lloyd's iterations; fewer when no frame changes its centre.
  ///   - generator: Of the seeding.
  /// - Returns: The centres.
  /// - Throws: `TorchError`, also when there are fewer frames than clusters.
  package static func fit(
    _ frames: Tensor, clusters: Int, iterations: Int, generator: Generator
  ) throws -> KMeans {
    var means = KMeans(centres: try seeds(frames, clusters, generator))
    var last: [Int] = []
    for _ in 0..<iterations {
      let assigned = try means.assign(frames)
      if assigned == last { break }
      last = assigned
      means = KMeans(centres: try means.moved(frames, assigned))
    }
    return means
  }

  /// The nearest centre of each frame of N × D.
  package func assign(_ frames: Tensor) throws -> [Int] {
    // ‖x − c‖² = ‖x‖² − 2x·c + ‖c‖², and ‖x‖² does not decide which centre is nearest.
    let squares = try centres.square().sum(dimensions: [1]).unsqueezed(0)
    let transposed = try centres.transposed(0, 1)
    var nearest: [Int] = []
    for start in stride(from: 0, to: frames.shape[0], by: Self.chunkFrames) {
      let count = min(Self.chunkFrames, frames.shape[0] - start)
      let chunk = try frames.narrow(dimension: 0, start: start, count: count)
      let distances = try squares.subtracting(chunk.matmul(transposed).multiplying(by: 2))
      nearest += try distances.argmin(dimension: 1).ints()
    }
    return nearest
  }

  private func moved(_ frames: Tensor, _ assigned: [Int]) throws -> Tensor {
    let (clusters, dimensions) = (centres.shape[0], centres.shape[1])
    let indices = try Tensor(indices: assigned)
    let sums = try Tensor.zeros([clusters, dimensions])
      .indexAdd(dimension: 0, indices: indices, source: frames)
    var counts = [Float](repeating: 0, count: clusters)
    for cluster in assigned { counts[cluster] += 1 }
    let divisor = try Tensor(counts.map { max(1, $0) }, shape: [clusters, 1])
    let isEmpty = try Tensor(mask: counts.map { $0 == 0 }, shape: [clusters, 1])
    return try Tensor.where(isEmpty, centres, sums.divided(by: divisor))
  }

  /// k-means++: each new centre is a frame drawn with probability proportional to its squared distance
  /// to the nearest centre so far.
  private static func seeds(
    _ frames: Tensor, _ clusters: Int, _ generator: Generator
  ) throws -> Tensor {
    let count = frames.shape[0]
    let draws = try Tensor.uniform([clusters], low: 0, high: 1, generator: generator).doubles()
    var chosen = [min(count - 1, Int(draws[0] * Double(count)))]
    var nearest: Tensor?
    for index in 1..<max(1, clusters) {
      let centre = try frames.narrow(dimension: 0, start: chosen[index - 1], count: 1)
      let distances = try frames.subtracting(centre).square().sum(dimensions: [1])
      let closest = try nearest.map { try $0.minimum(distances) } ?? distances
      nearest = closest
      let cumulative = try closest.to(.float64).cumsum(dimension: 0)
      let total = try cumulative.narrow(dimension: 0, start: count - 1, count: 1).item()
      let below = try cumulative.lt(draws[index] * total).to(.int64).sum().ints()[0]
      chosen.append(min(count - 1, below))
    }
    return try frames.indexSelect(dimension: 0, indices: Tensor(indices: chosen))
  }
}
