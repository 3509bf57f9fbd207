import Torch

/// k-means clustering of frames: the units of HuBERT's masked prediction.
///
/// Centres are seeded by k-means++ (Arthur and Vassilvitskii 2007) and moved by Lloyd's algorithm.
/// Sums run in float64 in the order of the frames, so the result does not depend on threads but through
/// the products that rank the distances.
package struct KMeans {
  /// K×D, float32.
  package let centres: Tensor
  /// Rounds of Lloyd's algorithm that were made; fewer than asked for once no frame changed cluster.
  package let rounds: Int

  /// Clusters frames from seeded centres.
  ///
  /// - Parameters:
  ///   - frames: N×D.
  ///   - clusters: K.
  ///   - iterations: At most so many rounds.
  ///   - generator: Draws the first centres.
  /// - Returns: The centres.
  /// - Throws: `KMeansError` where there are fewer than K different frames, or some not finite.
  package static func fit(
    _ frames: Tensor, clusters: Int, iterations: Int, generator: Generator
  ) throws -> KMeans {
    let frames = try checked(frames, clusters)
    let first = try seeds(frames, clusters, generator)
    return try fit(frames, centres: first, iterations: iterations)
  }

  /// Clusters frames from given centres, K×D.
  package static func fit(
    _ frames: Tensor, centres: Tensor, iterations: Int
  ) throws -> KMeans {
    let frames = try checked(frames, centres.shape[0])
    var means = KMeans(centres: try centres.to(.float32), rounds: 0)
    var assignment: [Int] = []
    for round in 0..<iterations {
      let (nearest, distances) = try means.nearest(frames)
      if nearest == assignment { break }
      assignment = nearest
      means = KMeans(
        centres: try moved(means.centres, frames, nearest, distances), rounds: round + 1)
    }
    return means
  }

  /// The nearest centre of each frame; of equally near ones the first.
  ///
  /// - Parameter frames: T×D.
  /// - Returns: T numbers below K.
  /// - Throws: `TorchError` where D is another.
  package func assign(_ frames: Tensor) throws -> [Int] {
    try nearest(frames.to(.float32)).assignment
  }

  // MARK: Lloyd

  /// Rows a product of distances takes at once: 4,096 × 500 clusters fit a core's cache share.
  private static let chunkRows = 4096

  /// Nearest centres, and the squared distances to them less ‖frame‖².
  private func nearest(_ frames: Tensor) throws -> (assignment: [Int], partial: [Float]) {
    let squares = try centres.square().sum(dimensions: [1]).unsqueezed(0)
    let transposed = try centres.transposed(0, 1)
    var assignment: [Int] = []
    var partial: [Float] = []
    let count = frames.shape[0]
    for start in stride(from: 0, to: count, by: Self.chunkRows) {
      let rows = try frames.narrow(
        dimension: 0, start: start, count: min(Self.chunkRows, count - start))
      let distances = try squares.addmm(rows, transposed, beta: 1, alpha: -2)
      let nearest = try distances.argmin(dimension: 1)
      assignment += try nearest.ints()
      partial += try distances.gather(dimension: 1, indices: nearest.unsqueezed(1)).floats()
    }
    return (assignment, partial)
  }

  /// The means of the frames that are nearest to each centre. A centre that no frame is nearest to
  /// moves onto the frame that lies farthest from its own.
  private static func moved(
    _ centres: Tensor, _ frames: Tensor, _ nearest: [Int], _ partial: [Float]
  ) throws -> Tensor {
    let (clusters, width) = (centres.shape[0], centres.shape[1])
    var sums = [Double](repeating: 0, count: clusters * width)
    var counts = [Int](repeating: 0, count: clusters)
    try frames.withBytes { bytes in
      let values = bytes.bindMemory(to: Float.self)
      sums.withUnsafeMutableBufferPointer { sums in
        for (row, cluster) in nearest.enumerated() {
          counts[cluster] += 1
          let (source, target) = (row * width, cluster * width)
          for column in 0..<width { sums[target + column] += Double(values[source + column]) }
        }
      }
    }
    var means = sums.indices.map { Float(sums[$0] / Double(max(1, counts[$0 / width]))) }
    let empty = counts.indices.filter { counts[$0] == 0 }
    if !empty.isEmpty {
      let norms = try frames.square().sum(dimensions: [1]).floats()
      let order = nearest.indices.sorted {
        let (a, b) = (norms[$0] + partial[$0], norms[$1] + partial[$1])
        return a == b ? $0 < $1 : a > b
      }
      for (cluster, row) in zip(empty, order) {
        let frame = try frames.select(dimension: 0, index: row).floats()
        means.replaceSubrange((cluster * width)..<((cluster + 1) * width), with: frame)
      }
    }
    return try Tensor(means, shape: [clusters, width])
  }

  // MARK: Seeds

  /// k-means++: each centre is a frame drawn with a chance in proportion to its squared distance to
  /// the nearest centre so far.
  private static func seeds(
    _ frames: Tensor, _ clusters: Int, _ generator: Generator
  ) throws -> Tensor {
    let count = frames.shape[0]
    var chosen = [Int(try generator.next() % UInt64(count))]
    var distances = [Float](repeating: .infinity, count: count)
    while chosen.count < clusters {
      let last = try frames.narrow(dimension: 0, start: chosen[chosen.count - 1], count: 1)
      let fresh = try frames.subtracting(last).square().sum(dimensions: [1]).floats()
      for row in 0..<count { distances[row] = min(distances[row], fresh[row]) }
      let total = distances.reduce(0.0) { $0 + Double($1) }
      guard total > 0 else {
        throw KMeansError.tooFewFrames(frames: chosen.count, clusters: clusters)
      }
      let unit = Double(try generator.next() >> 11) / 9_007_199_254_740_992
      chosen.append(Self.draw(distances, unit * total))
    }
    return try frames.indexSelect(dimension: 0, indices: Tensor(indices: chosen))
  }

  /// The first row at which the running sum exceeds `target`; never one of weight 0.
  private static func draw(_ weights: [Float], _ target: Double) -> Int {
    var sum = 0.0
    var last = 0
    for (row, weight) in weights.enumerated() where weight > 0 {
      sum += Double(weight)
      last = row
      if sum > target { break }
    }
    return last
  }

  private static func checked(_ frames: Tensor, _ clusters: Int) throws -> Tensor {
    guard frames.rank == 2, clusters > 0, frames.shape[0] >= clusters else {
      throw KMeansError.tooFewFrames(
        frames: frames.rank == 2 ? frames.shape[0] : 0, clusters: clusters)
    }
    let frames = try frames.to(.float32).contiguous()
    guard try frames.isFinite().logicalNot().any().item() == 0 else {
      throw KMeansError.notFinite
    }
    return frames
  }
}

/// Why frames cannot be clustered.
package enum KMeansError: Error, Sendable, Equatable, CustomStringConvertible {
  /// `frames` counts different ones where it is not simply too small.
  case tooFewFrames(frames: Int, clusters: Int)
  case notFinite

  package var description: String {
    switch self {
    case .tooFewFrames(let frames, let clusters):
      "k-means needs at least \(clusters) different frames for \(clusters) clusters and has "
        + "\(frames); ask for fewer clusters or give it more audio"
    case .notFinite:
      "k-means cannot cluster frames that are not finite numbers; look for a broken recording or a "
        + "model that diverged"
    }
  }
}
