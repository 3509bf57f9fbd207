import Experiment
import Scheduling
import Synchronization
import Testing

@Suite struct ProgressTests {
  private func stages() throws -> [Stage] {
    var small = SmallPlan()
    try small.add("fine-tune phones-nl · stable-ft · seed 1", cost: 10)
    try small.add("evaluate tones-zh · pre-trained · seed 2", cost: 30)
    return Array(small.plan.stages.values)
  }

  @Test func eachWorkerHasALineAndTheLastIsForAll() throws {
    let stages = try stages()
    var board = ProgressBoard(workers: 2, now: 0)
    _ = board.note(.planned(remaining: stages, done: 3), now: 0, isPlain: false)
    _ = board.note(.started(stages[0], worker: 1, attempt: 1), now: 0, isPlain: false)
    _ = board.note(
      .progress(stages[0].key, worker: 1, fraction: 0.25, detail: "step 50/200 · loss 2.310"),
      now: 10,
      isPlain: false)
    #expect(
      board.lines(width: 79, now: 10) == [
        "1 ██░░░░░░  25% fine-tune phones-nl · stable-ft · seed 1 · loss 2.310 0:30 left",
        "2 –",
        "0 of 2 stages · 3 were there · 0:10",
      ])
    for width in [20, 40, 60, 79] {
      #expect(board.lines(width: width, now: 10).allSatisfy { $0.count <= width })
    }
    _ = board.note(
      .ended(stages[0], worker: 1, outcome: .done(seconds: 40, bytes: 1)), now: 40, isPlain: false)
    // 30 units of cost at 4 seconds each, by two workers.
    #expect(board.totalLine(now: 40) == "1 of 2 stages · 3 were there · 0:40 · about 60 s left")
  }

  @Test func withoutATerminalStartsAndEndsAreLines() throws {
    let stages = try stages()
    let shown = Shown()
    let view = ProgressView(
      board: ProgressBoard(workers: 1, now: 0), isTerminal: false, clock: { shown.now },
      write: { shown.add($0) })
    view.update(.planned(remaining: stages, done: 0))
    view.tick()
    view.update(.started(stages[0], worker: 1, attempt: 1))
    shown.now = 31
    view.tick()
    view.update(.ended(stages[0], worker: 1, outcome: .failed(reason: "no recordings")))
    view.update(.heldBack(stages[1], by: stages[0]))
    view.finish()
    #expect(
      shown.text == """
        worker 1: fine-tune phones-nl · stable-ft · seed 1
        0 of 2 stages · 0:31
        failed: fine-tune phones-nl · stable-ft · seed 1: no recordings

        """)
  }

  @Test func onATerminalTheBoardIsRedrawnInPlace() throws {
    let stages = try stages()
    let shown = Shown()
    let view = ProgressView(
      board: ProgressBoard(workers: 1, now: 0), isTerminal: true, width: { 40 },
      clock: { shown.now }, write: { shown.add($0) })
    view.update(.planned(remaining: stages, done: 0))
    view.update(.started(stages[0], worker: 1, attempt: 1))
    shown.now = 1
    view.tick()
    view.finish()
    #expect(
      shown.text == "1 –\n0 of 2 stages · 0:00\n\u{1B}[2A\u{1B}[J"
        + "1 ░░░░░░░░   0% fine-tune phones-nl · …\n0 of 2 stages · 0:01\n\u{1B}[2A\u{1B}[J")
  }

  @Test func timesReadAsPeopleSayThem() {
    #expect(ProgressBoard.clock(42) == "0:42")
    #expect(ProgressBoard.clock(725) == "12:05")
    #expect(ProgressBoard.clock(3723) == "1:02:03")
  }
}

/// What was written, and the time.
private final class Shown: Sendable {
  private let written = Mutex("")
  private let seconds = Mutex(0.0)

  func add(_ text: String) { written.withLock { $0 += text } }
  var text: String { written.withLock { $0 } }
  var now: Double {
    get { seconds.withLock { $0 } }
    set { seconds.withLock { $0 = newValue } }
  }
}
