import Libmerge
import Weights

/// What one thread merges on: a piece of every checkpoint and of the output.
final class MergeDesk {
  let before: Buffer
  let afters: [Buffer]
  let out: Buffer
  private let direction: Buffer
  private let scratch: Buffer
  private var counts = [UInt64](repeating: 0, count: 1 << LM_DIGIT_BITS)

  /// - Parameters:
  ///   - models: Fine-tuned checkpoints.
  ///   - elements: At most so many of a tensor at once, of at most eight bytes each.
  init(models: Int, elements: Int) {
    // Pages that are never touched cost nothing, so all buffers are as large as float64 wants them.
    before = Buffer(bytes: elements * 8)
    afters = (0..<models).map { _ in Buffer(bytes: elements * 8) }
    out = Buffer(bytes: elements * 8)
    direction = Buffer(bytes: elements * 8)
    scratch = Buffer(bytes: models * elements * 8)
  }

  /// out ← (1−α)·before + α·after.
  func interpolate(_ count: Int, _ type: lm_type, _ alpha: Double) {
    guard let (before, out) = addresses, let after = afters.first?.memory.baseAddress else {
      return
    }
    lm_linear(type, before, after, count, alpha, out)
  }

  /// out ← before + α·direction.
  func addScaled(_ count: Int, _ type: lm_type, _ alpha: Double) {
    guard let (before, out) = addresses, let direction = direction.memory.baseAddress else {
      return
    }
    lm_add_scaled(type, before, direction, count, alpha, out)
  }

  /// direction ← the mean of the task vectors.
  func average(_ count: Int, _ type: lm_type) {
    withModels { before, afters, direction in
      lm_mean_of_differences(type, before, afters, self.afters.count, count, direction)
    }
  }

  /// direction ← the disjoint mean of the trimmed task vectors. What is left of equal magnitudes is
  /// lowered by those that were kept.
  func average(_ count: Int, _ type: lm_type, _ trims: inout [Trim]) {
    let thresholds = trims.map(\.threshold)
    var equals = trims.map(\.equals)
    withModels { before, afters, direction in
      guard let scratch = scratch.memory.baseAddress else { return }
      lm_disjoint_mean(
        type, before, afters, self.afters.count, count, thresholds, &equals, scratch, direction)
    }
    for index in trims.indices { trims[index].equals = equals[index] }
  }

  private var addresses: (before: UnsafeMutableRawPointer, out: UnsafeMutableRawPointer)? {
    guard let before = before.memory.baseAddress, let out = out.memory.baseAddress else {
      return nil
    }
    return (before, out)
  }

  private func withModels(
    _ body: (UnsafeRawPointer, [UnsafeRawPointer], UnsafeMutableRawPointer) -> Void
  ) {
    guard let before = before.memory.baseAddress, let direction = direction.memory.baseAddress
    else { return }
    body(
      before, afters.compactMap { $0.memory.baseAddress.map { UnsafeRawPointer($0) } }, direction)
  }

  // MARK: TIES

  func clearCounts() {
    for index in counts.indices { counts[index] = 0 }
  }

  /// Counts one digit of the magnitudes whose higher digits are `prefix`.
  func countMagnitudes(
    _ count: Int, _ type: lm_type, _ model: Int, digit: Int, above prefix: UInt64
  ) {
    guard let before = before.memory.baseAddress,
      let after = afters[model].memory.baseAddress
    else { return }
    lm_count_magnitudes(type, before, after, count, Int32(digit), prefix, &counts)
  }

  /// Takes the digit down to which the magnitudes still wanted reach.
  func descend(_ trim: inout Trim) {
    for digit in counts.indices.reversed() {
      if counts[digit] >= trim.equals {
        trim.threshold = trim.threshold << UInt64(LM_DIGIT_BITS) | UInt64(digit)
        return
      }
      trim.equals -= counts[digit]
    }
  }
}

/// Which magnitudes of a task vector stay: all above a threshold, and some of those equal to it.
struct Trim {
  /// The bits of the magnitude, as an unsigned integer.
  var threshold: UInt64
  var equals: UInt64
}

extension lm_type {
  /// Digits of a magnitude.
  var digits: Int { self == .float64 ? 4 : 2 }
}

extension DType {
  /// `nil` for types that are not merged.
  var mergeType: lm_type? {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .int64, .int32, .int16, .uint8, .int8, .bool: nil
    }
  }
}
