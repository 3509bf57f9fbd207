import Foundation
import Synchronization

/// Shows a run: on a terminal a board that is redrawn in place, elsewhere plain lines.
package final class ProgressView: Sendable {
  private struct State {
    var board: ProgressBoard
    var drawn = 0
    var last = -Double.infinity
  }
  private let state: Mutex<State>
  private let isTerminal: Bool
  private let width: @Sendable () -> Int
  private let clock: @Sendable () -> Double
  private let write: @Sendable (String) -> Void

  /// Seconds between two drawings, and between two lines of the whole where there is no terminal.
  private static let drawingPause = 0.1
  private static let plainPause = 30.0

  /// - Parameters:
  ///   - board: The board at the start.
  ///   - isTerminal: Whether lines can be redrawn.
  ///   - width: Columns that there are now; at most 80 are used.
  ///   - clock: Seconds, as in the board.
  ///   - write: Takes text to show.
  package init(
    board: ProgressBoard, isTerminal: Bool, width: @escaping @Sendable () -> Int = { 80 },
    clock: @escaping @Sendable () -> Double, write: @escaping @Sendable (String) -> Void
  ) {
    state = Mutex(State(board: board))
    self.isTerminal = isTerminal
    self.width = width
    self.clock = clock
    self.write = write
  }

  /// Takes in what happened and shows it.
  package func update(_ event: SchedulerEvent) {
    let now = clock()
    state.withLock { state in
      let lines = state.board.note(event, now: now, isPlain: !isTerminal)
      if !lines.isEmpty {
        erase(&state)
        for line in lines { write(line + "\n") }
      }
      if isTerminal, !lines.isEmpty || now - state.last >= Self.drawingPause { draw(&state, now) }
    }
  }

  /// Keeps the clocks going; to be called about once a second.
  package func tick() {
    let now = clock()
    state.withLock { state in
      if isTerminal {
        draw(&state, now)
      } else if state.last == -.infinity {
        state.last = now
      } else if now - state.last >= Self.plainPause {
        state.last = now
        write(state.board.totalLine(now: now) + "\n")
      }
    }
  }

  /// The board now, as it is drawn on 80 columns.
  package var lines: [String] {
    state.withLock { $0.board.lines(width: 79, now: clock()) }
  }

  /// Takes the board away, for whatever is written next.
  package func finish() {
    state.withLock { erase(&$0) }
  }

  private func draw(_ state: inout State, _ now: Double) {
    erase(&state)
    // One column is left free: terminals wrap a line that fills the last one.
    let lines = state.board.lines(width: min(80, max(20, width())) - 1, now: now)
    write(lines.map { $0 + "\n" }.joined())
    state.drawn = lines.count
    state.last = now
  }

  private func erase(_ state: inout State) {
    guard state.drawn > 0 else { return }
    write("\u{1B}[\(state.drawn)A\u{1B}[J")
    state.drawn = 0
  }
}
