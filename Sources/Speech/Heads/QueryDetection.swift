import Torch

/// Query by example: how well spoken queries are found in a document, by the frames of one layer.
///
/// Source: s3prl's downstream/quesst14_dtw; scipy's cosine distance, the dtw package's asymmetric
/// steps. Nothing is learnt. SUPERB runs it for each layer and takes the layer that is best on dev.
package struct QueryDetection {
  /// What two frames differ by; `d` is 1 − cosine.
  package enum Distance: Sendable, Hashable {
    case cosine
    /// exp(d) − 1.
    case exponential
    /// −log(1 − d), for features that are not standardised and never negative.
    case logarithmic
  }

  package struct Settings: Sendable, Hashable {
    package var distance: Distance
    /// Whether the distances of each query frame are mapped to 0…1 over the document's frames.
    package var isScaled: Bool

    package init(distance: Distance, isScaled: Bool) {
      self.distance = distance
      self.isScaled = isScaled
    }

    /// quesst14_dtw/config.yaml.
    package static let superb = Settings(distance: .exponential, isScaled: true)
  }

  /// Queries of fewer frames are not looked for.
  package static let leastFrames = 5
  /// Standardised scores above this count as found.
  package static let threshold = 2.0

  let settings: Settings
  /// Queries one below another, float64, of length 1.
  private let rows: [Tensor]
  /// Which rows are a query's, by group of queries.
  private let groups: [[(query: Int, rows: Range<Int>)]]
  private let count: Int

  /// - Parameters:
  ///   - queries: [T, D] each, standardised (`FeatureScale`).
  ///   - settings: What frames differ by.
  ///   - groupRows: About how many rows are held against a document at once.
  /// - Throws: `TorchError` where queries differ in their features.
  package init(_ queries: [Tensor], settings: Settings, groupRows: Int = 4096) throws {
    self.settings = settings
    count = queries.count
    var groups: [[(query: Int, rows: Range<Int>)]] = []
    var (members, end): ([(query: Int, rows: Range<Int>)], Int) = ([], 0)
    for (number, query) in queries.enumerated() where query.shape[0] >= Self.leastFrames {
      members.append((number, end..<end + query.shape[0]))
      end += query.shape[0]
      if end >= groupRows {
        groups.append(members)
        (members, end) = ([], 0)
      }
    }
    if !members.isEmpty { groups.append(members) }
    self.groups = groups
    rows = try groups.map { group in
      try Tensor.concatenated(
        group.map { try queries[$0.query].unitRows() }, dimension: 0)
    }
  }

  /// How well each query is found in a document [T, D], standardised: minus its distance, and 0
  /// for queries that are not looked for.
  ///
  /// Throws `HeadError.mismatch` where a distance is no number, as of a frame of zeros.
  package func scores(_ document: Tensor) throws -> [Double] {
    var scores = [Double](repeating: 0, count: count)
    let columns = document.shape[0]
    let frames = try document.unitRows().transposed(0, 1)
    for (group, rows) in zip(groups, rows) {
      let costs = try costs(rows.matmul(frames)).contiguous()
      try costs.withBytes { bytes in
        let costs = bytes.bindMemory(to: Double.self)
        for member in group {
          let own = UnsafeBufferPointer(
            rebasing: costs[member.rows.lowerBound * columns..<member.rows.upperBound * columns])
          scores[member.query] = -SubsequenceWarping.distance(own, columns: columns)
        }
      }
    }
    if let query = scores.firstIndex(where: { !$0.isFinite }) {
      throw HeadError.mismatch(
        "query \(query + 1) has no distance to a document of \(columns) frames: a frame of one of "
          + "them is all zeros or not finite, or their cosines are negative under a logarithm")
    }
    return scores
  }

  /// The scores of one query for all documents with mean 0 and deviation 1: s3prl hands in these.
  package static func standardised(_ scores: [Double]) -> [Double] {
    let mean = scores.reduce(0, +) / Double(scores.count)
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)
    let deviation = max(variance.squareRoot(), 1e-9)
    return scores.map { ($0 - mean) / deviation }
  }

  private func costs(_ cosines: Tensor) throws -> Tensor {
    let within = try cosines.clamp(min: -1, max: 1)
    let costs =
      switch settings.distance {
      case .cosine: try 1 - within
      case .exponential: try (1 - within).exp() - 1
      case .logarithmic: try -(within.log())
      }
    guard settings.isScaled else { return costs }
    let least = try costs.minimum(dimensions: [1], keep: true)
    let most = try costs.maximum(dimensions: [1], keep: true)
    return try (costs - least) / (most - least).clamp(min: 1e-9)
  }
}

extension Tensor {
  /// [T, D] in float64 with rows of length 1.
  fileprivate func unitRows() throws -> Tensor {
    let wide = try to(.float64)
    return try wide.divided(by: wide.norm(dimensions: [1], keep: true))
  }
}
