import Foundation
import Testing
import Torch

/// PyTorch's own numbers, made by the scripts that stand beside the files.
struct Oracle {
  let file: SafetensorsFile

  init(_ name: String = "numbers") throws {
    file = try SafetensorsFile(path: Oracle.path(name))
  }

  static func path(_ name: String) throws -> String {
    let url = Bundle.module.url(
      forResource: name, withExtension: "safetensors", subdirectory: "Fixtures")
    return try #require(url, "no fixture \(name)").path
  }

  subscript(_ name: String) -> Tensor {
    get throws { try file.tensor(named: name) }
  }

  /// A trainable copy.
  func leaf(_ name: String) throws -> Tensor {
    try file.tensor(named: name).setRequiresGradient(true)
  }
}

/// The largest |a − b| / max(1, |b|); infinite where the shapes differ.
func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
  guard a.shape == b.shape else { return .infinity }
  return zip(try a.doubles(), try b.doubles())
    .map { $0 == $1 ? 0 : abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
}

/// Expects equality up to float32 rounding in sums of a few dozen terms.
func expectClose(
  _ a: Tensor?, _ b: Tensor, within tolerance: Double = 2e-6, _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let found = try #require(a, comment, sourceLocation: sourceLocation)
  let error = try difference(found, b)
  #expect(error <= tolerance, comment, sourceLocation: sourceLocation)
}

/// Checks an output and the gradients that `make_numbers.py` kept under a prefix, after a backward
/// pass weighted as that script weights it.
func expectOutputAndGradients(
  _ output: Tensor, _ prefix: String, _ leaves: [String: Tensor], _ oracle: Oracle,
  within tolerance: Double = 5e-6, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try expectClose(
    output, oracle["\(prefix).output"], within: tolerance, "output",
    sourceLocation: sourceLocation)
  let weights = try Tensor.arange(output.count).to(.float32).cos().reshape(output.shape)
  try (output * weights).sum().backward()
  for (name, leaf) in leaves {
    try expectClose(
      leaf.gradient, oracle["\(prefix).\(name).gradient"], within: tolerance,
      "gradient of \(name)", sourceLocation: sourceLocation)
  }
}

/// A path of its own in a folder for temporary files, removed afterwards.
func withTemporaryFile<Result>(_ body: (String) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("torch-tests-\(UUID().uuidString)")
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}
