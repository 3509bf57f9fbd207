import Foundation
import Synchronization

/// How far some work is whose amount is known, and how long it may still take: one line on a terminal,
/// nothing elsewhere.
package final class WorkMeter: Sendable {
  private struct State {
    var done = 0.0
    var drawn = -Double.infinity
  }
  private let state = Mutex(State())
  private let what: String
  private let total: Double
  private let words: @Sendable (Double) -> String
  private let clock: @Sendable () -> Double
  private let started: Double
  private let write: (@Sendable (String) -> Void)?

  /// Seconds between two drawings.
  private static let pause = 0.2

  /// - Parameters:
  ///   - what: What is done, such as `hashed`.
  ///   - total: The whole amount.
  ///   - words: An amount as people read it.
  ///   - clock: Seconds on some clock.
  ///   - write: Takes text for a terminal; `nil` where there is none.
  package init(
    _ what: String, total: Double, words: @escaping @Sendable (Double) -> String,
    clock: @escaping @Sendable () -> Double = { Date().timeIntervalSinceReferenceDate },
    write: (@Sendable (String) -> Void)?
  ) {
    (self.what, self.total, self.words) = (what, total, words)
    (self.clock, self.write) = (clock, write)
    started = clock()
  }

  /// Takes in that more was done, from any thread.
  package func add(_ amount: Double) {
    guard let write else { return }
    let now = clock()
    state.withLock { state in
      state.done += amount
      guard now - state.drawn >= Self.pause else { return }
      state.drawn = now
      write("\r\u{1B}[K" + line(done: state.done, now: now))
    }
  }

  /// Takes the line away, for whatever is written next.
  package func finish() {
    state.withLock { state in
      if state.drawn > -.infinity { write?("\r\u{1B}[K") }
      state.drawn = -.infinity
    }
  }

  /// `hashed 40%, 1.2 of 3 GB · 0:42 · about 1 min left`.
  private func line(done: Double, now: Double) -> String {
    let share = total > 0 ? min(1, done / total) : 1
    var text = "\(what) \(Int(share * 100))%, \(words(min(done, total))) of \(words(total))"
    let passed = now - started
    text += " · " + ProgressBoard.clock(passed)
    // The first moments tell little.
    if passed > 1, share > 0.01, share < 1 {
      text += " · about \(ProgressBoard.rough(passed * (1 - share) / share)) left"
    }
    return text
  }
}
