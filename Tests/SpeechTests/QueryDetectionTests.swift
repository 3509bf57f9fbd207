import Testing
import Torch

@testable import Speech

/// Query by example against s3prl's quesst14_dtw with scipy and the dtw package.
@Suite struct QueryDetectionTests {
  let oracle: HeadOracle
  let queries: [Tensor]
  let documents: [Tensor]

  init() throws {
    let oracle = try HeadOracle("queries")
    self.oracle = oracle
    queries = try (0..<5).map { try oracle["query.\($0)"] }
    documents = try (0..<3).map { try oracle["document.\($0)"] }
  }

  private func scale() throws -> FeatureScale {
    var scale = FeatureScale()
    for frames in queries + documents { try scale.add(frames) }
    return scale
  }

  /// Queries in one group and in several; the second query has 4 frames and is not looked for.
  @Test(arguments: [
    ("exponential", QueryDetection.Distance.exponential, true),
    ("exponential-unscaled", .exponential, false), ("cosine", .cosine, true),
    ("logarithmic", .logarithmic, true),
  ])
  func scoresAreS3prls(
    name: String, distance: QueryDetection.Distance, isScaled: Bool
  ) throws {
    let scale = try scale()
    func prepared(_ frames: Tensor) throws -> Tensor {
      distance == .logarithmic ? try frames.abs() : try scale.standardised(frames)
    }
    let expected = try oracle["scores." + name]
    for rows in [10, 4096] {
      let detection = try QueryDetection(
        queries.map(prepared), settings: .init(distance: distance, isScaled: isScaled),
        groupRows: rows)
      let scores = try documents.map { try detection.scores(prepared($0)) }
      let found = (0..<5).flatMap { query in scores.map { $0[query] } }
      try expectEqual(Tensor(found, shape: [5, 3]), expected)
      #expect(scores.allSatisfy { $0[1] == 0 })
    }
  }

  @Test func eachQuerysScoresAreStandardised() throws {
    let (scores, expected) = (
      try oracle["scores.exponential"].doubles(), try oracle["standardised"]
    )
    let found = (0..<5).flatMap {
      QueryDetection.standardised(Array(scores[3 * $0..<3 * $0 + 3]))
    }
    try expectEqual(Tensor(found, shape: [5, 3]), expected)
    #expect(found[3..<6] == [0, 0, 0])
  }

  @Test func featuresAreStandardisedOverAllFrames() throws {
    try expectEqual(scale().standardised(documents[1]), oracle["document.scaled"])
    let error = #expect(throws: HeadError.self) {
      _ = try FeatureScale().standardised(documents[0])
    }
    #expect(error?.description == "a standard deviation needs two frames, but there are 0")
  }

  /// A path over a matrix that can be followed by eye: 3 rows, no jump over more than 1 column.
  @Test func aPathMayStartAndEndAnywhere() {
    let costs: [Double] = [
      9, 9, 0, 9, 9,
      9, 9, 9, 9, 1,
      9, 9, 9, 9, 2,
    ]
    let distance = costs.withUnsafeBufferPointer {
      SubsequenceWarping.distance($0, columns: 5)
    }
    #expect(distance == 1)
  }

  @Test func aFrameOfZerosIsRefused() throws {
    let detection = try QueryDetection(queries, settings: .superb)
    let error = #expect(throws: HeadError.self) { _ = try detection.scores(.zeros([8, 6])) }
    #expect(
      error?.description.hasPrefix("query 1 has no distance to a document of 8 frames") == true)
  }
}
