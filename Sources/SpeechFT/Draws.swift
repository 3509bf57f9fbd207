import Experiment
import Torch

/// The seeds of one stage: every random draw has a name and a number, and follows from the stage's
/// seed alone. So a stage that was stopped goes on with the draws it would have made, and methods
/// with the same seed see the same batches.
package struct Draws: Sendable {
  private let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  /// The seed of draw `index` for `purpose`.
  package func seed(_ purpose: String, _ index: Int = 0) -> UInt64 {
    let digest = Digest256.hex(of: Array("\(seed)\u{0}\(purpose)\u{0}\(index)".utf8))
    return UInt64(digest.prefix(16), radix: 16) ?? 0
  }

  /// A libtorch generator for draw `index` of `purpose`.
  package func generator(_ purpose: String, _ index: Int = 0) throws -> Generator {
    try Generator(seed: seed(purpose, index))
  }

  /// A Swift generator for draw `index` of `purpose`.
  package func numbers(_ purpose: String, _ index: Int = 0) -> SplitMix64 {
    SplitMix64(state: seed(purpose, index))
  }
}

/// SplitMix64 (Steele, Lea & Flood 2014, doi 10.1145/2714064.2660195): small, fast, and the same on
/// every machine, which the standard library's generator is not.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number below `bound` (> 0), by Lemire's multiplication without rejection: the bias is below
  /// bound / 2⁶⁴. Written out since the standard library may change its own algorithm.
  package mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(max(1, bound))).high)
  }

  /// A number in [0, 1).
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// 0 ..< count in random order (Fisher–Yates).
  package mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, below(last + 1))
    }
    return order
  }
}
