import Testing
import Torch

@testable import Speech

/// What s3prl computes for one head: a file of `Fixtures/heads/make_heads.py`.
struct HeadOracle {
  private let tensors: [String: Tensor]
  private let prefix: String

  init(_ name: String, prefix: String = "") throws {
    tensors = try Fixture.tensors("heads/\(name).safetensors")
    self.prefix = prefix
  }

  subscript(name: String) -> Tensor {
    get throws {
      guard let tensor = tensors[name] else { throw Fixture.Missing(name: name) }
      return tensor
    }
  }

  /// Weights by alphasweep's names, those that `part` picks.
  func weights(where part: (String) -> Bool = { _ in true }) -> [String: Tensor] {
    let start = prefix + "weight."
    return tensors.reduce(into: [:]) { weights, entry in
      guard entry.key.hasPrefix(start) else { return }
      let name = String(entry.key.dropFirst(start.count))
      if part(name) { weights[name] = entry.value }
    }
  }

  /// Holds the gradient of every weight against s3prl's.
  func expectGradients(
    of weights: HeadWeights, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (name, weight) in weights.ordered {
      let gradient = try #require(weight.gradient, "\(name)", sourceLocation: sourceLocation)
      try expectEqual(
        gradient, self[prefix + "gradient." + name], "\(name)", sourceLocation: sourceLocation)
    }
  }

  /// Holds names and shapes of freshly drawn weights against s3prl's, and that none is beyond the
  /// bounds of PyTorch's draws, U(±1/√fan-in), or all near 0.
  func expectDrawn(
    _ drawn: HeadWeights, fanIn: (String, [Int]) -> Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = weights { drawn[$0] != nil }.mapValues(\.shape)
    let found = drawn.tensors.mapValues(\.shape)
    #expect(found == expected, sourceLocation: sourceLocation)
    for (name, tensor) in drawn.ordered {
      let bound = 1 / Double(fanIn(name, found[name] ?? [])).squareRoot()
      let largest = try tensor.abs().maximum().item()
      #expect(
        largest <= bound && (tensor.count < 16 || largest > bound / 2), "\(name): \(largest)",
        sourceLocation: sourceLocation)
    }
  }
}

/// Equal shapes, and equal to 1e-5 of the largest number.
func expectEqual(
  _ found: Tensor, _ expected: Tensor, _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(found.shape == expected.shape, comment, sourceLocation: sourceLocation)
  guard found.shape == expected.shape else { return }
  let error = try relativeError(found.detached(), expected)
  #expect(error < 1e-5, comment, sourceLocation: sourceLocation)
}
