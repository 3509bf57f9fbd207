/// Linear warm-up, hold, linear decay to 0, as shares of all steps.
///
/// Source: the Speech-FT paper's schedule, 10 % / 40 % / 50 % (Lin et al., arXiv 2502.12672).
package struct LearningRateSchedule: Sendable, Hashable {
  /// The share of the steps over which the factor rises from 0 to 1.
  package let warmUp: Double
  /// The share of the steps over which it stays 1. What remains is the decay.
  package let hold: Double

  /// - Parameters:
  ///   - warmUp: From 0 to 1.
  ///   - hold: From 0 to 1; a sum above 1 leaves no decay.
  package init(warmUp: Double, hold: Double) {
    self.warmUp = warmUp
    self.hold = hold
  }

  /// The same factor throughout.
  package static let constant = LearningRateSchedule(warmUp: 0, hold: 1)

  /// 10 % / 40 % / 50 %.
  package static let speechFT = LearningRateSchedule(warmUp: 0.1, hold: 0.4)

  /// What the learning rate is multiplied by.
  ///
  /// - Parameters:
  ///   - step: From 0. The first step of a warm-up has factor 1 / (warm-up steps), not 0, and the
  ///     last step of a decay 1 / (decay steps), not 0: no step is wasted.
  ///   - steps: The number of all steps.
  /// - Returns: From 0 to 1; 0 outside 0 ..< steps.
  package func factor(step: Int, of steps: Int) -> Double {
    guard step >= 0, step < steps else { return 0 }
    let rising = Int((warmUp * Double(steps)).rounded())
    let falling = steps - Int(((warmUp + hold) * Double(steps)).rounded())
    if step < rising { return Double(step + 1) / Double(rising) }
    let left = steps - step
    return left < falling ? Double(left) / Double(falling) : 1
  }
}
