import Testing
import Torch

/// Matrix work in bfloat16 against PyTorch's autocast. Both add in float32 and round once, in orders of
/// their own: a step of bfloat16, 2⁻⁷, and twice that for gradients of rounded sums.
@Suite struct NarrowProductsTests {
  private let oracle: Oracle

  init() throws { oracle = try Oracle("narrow") }

  private func check(_ name: String, _ parts: [String], _ body: ([Tensor]) throws -> Tensor) throws
  {
    let leaves = try parts.map { try oracle.leaf("\(name).\($0)") }
    let output = try NarrowProducts.during(true) { try body(leaves) }
    #expect(output.dtype == .float32)
    try expectOutputAndGradients(
      output, name, Dictionary(uniqueKeysWithValues: zip(parts, leaves)), oracle, within: 0x1p-6)
    // Not what float32 gives: what was rounded is seen.
    #expect(try difference(body(leaves), oracle["\(name).output"]) > 1e-4)
  }

  @Test func linearMapsAreThoseOfAutocast() throws {
    try check("linear", ["input", "weight", "bias"]) {
      try Network.linear($0[0], weight: $0[1], bias: $0[2])
    }
  }

  @Test func convolutionsAreThoseOfAutocast() throws {
    try check("conv", ["input", "weight", "bias"]) {
      try Network.conv1d($0[0], weight: $0[1], bias: $0[2], stride: 2)
    }
  }

  @Test func productsOfBatchesAreThoseOfAutocast() throws {
    try check("matmul", ["input", "weight"]) { try $0[0].matmul($0[1]) }
  }

  @Test func weightsNormsAndSoftmaxStayInFloat32() throws {
    let x = try oracle["linear.input"]
    let (narrow, wide) = try (
      NarrowProducts.during(true) {
        (try Network.layerNorm(x, normalizedShape: [24]), try x.softmax(dimension: 1))
      },
      (Network.layerNorm(x, normalizedShape: [24]), x.softmax(dimension: 1))
    )
    #expect(try narrow.0.floats() == wide.0.floats())
    #expect(try narrow.1.floats() == wide.1.floats())
  }

  @Test func itEndsWithItsBody() throws {
    struct Stop: Error {}
    let (x, w) = (try oracle["linear.input"], try oracle["linear.weight"])
    let before = try Network.linear(x, weight: w).floats()
    #expect(throws: Stop.self) { try NarrowProducts.during(true) { throw Stop() } }
    #expect(try Network.linear(x, weight: w).floats() == before)
    let nested = try NarrowProducts.during(true) {
      try NarrowProducts.during(false) { try Network.linear(x, weight: w).floats() }
    }
    #expect(nested == before)
  }
}
