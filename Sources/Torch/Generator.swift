import CTorch

/// A source of pseudo-random numbers (libtorch's mt19937) that is passed to whatever draws.
///
/// There is no global generator: two generators with one seed give the same numbers, whatever else
/// the process draws. Also a `RandomNumberGenerator`, for shuffles of Swift arrays.
package final class Generator {
  let handle: OpaquePointer

  package init(seed: UInt64) throws(TorchError) {
    var handle: OpaquePointer?
    try check("Generator(seed: \(seed))", [], ct_generator_new(seed, &handle))
    guard let handle else {
      throw .refused(operation: "Generator", operands: [], reason: "nothing was made")
    }
    self.handle = handle
  }

  deinit {
    ct_generator_free(handle)
  }

  /// The whole state, a uint8 vector for checkpoints.
  package func state() throws(TorchError) -> Tensor {
    try Tensor.make("Generator.state") { ct_generator_state(handle, $0) }
  }

  /// Continues where the generator stood whose `state()` this is.
  ///
  /// - Throws: `TorchError.refused` for anything that is no such state.
  package func setState(_ state: Tensor) throws(TorchError) {
    try check("Generator.setState", [state], ct_generator_set_state(handle, state.handle))
  }

  /// Sixty-four random bits.
  package func next() throws(TorchError) -> UInt64 {
    var bits: UInt64 = 0
    try check("Generator.next", [], ct_generator_next(handle, &bits))
    return bits
  }
}

extension Tensor {
  /// Independent Gaussian draws, float32.
  package static func normal(
    _ shape: [Int], mean: Double = 0, standardDeviation: Double = 1, generator: Generator
  ) throws(TorchError) -> Tensor {
    try make("normal \(shape)") { out in
      shape.withInt64s {
        ct_random(.normal, $0, $1, mean, standardDeviation, generator.handle, out)
      }
    }
  }

  /// Independent draws from [low, high), float32.
  package static func uniform(
    _ shape: [Int], low: Double = 0, high: Double = 1, generator: Generator
  ) throws(TorchError) -> Tensor {
    try make("uniform \(shape)") { out in
      shape.withInt64s {
        ct_random(.uniform, $0, $1, low, high, generator.handle, out)
      }
    }
  }

  /// The numbers 0 … count − 1 in uniformly random order, int64.
  package static func randomPermutation(
    _ count: Int, generator: Generator
  ) throws(TorchError) -> Tensor {
    try make("randomPermutation(\(count))") {
      ct_random_permutation(Int64(count), generator.handle, $0)
    }
  }
}
