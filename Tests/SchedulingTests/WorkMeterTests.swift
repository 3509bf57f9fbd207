import Synchronization
import Testing

@testable import Scheduling

/// The line that says how far a check is.
@Suite struct WorkMeterTests {
  @Test func theLineSaysHowFarItIsAndHowLongItTakesAndGoesAtTheEnd() {
    let time = Mutex(0.0)
    let written = Mutex("")
    let meter = WorkMeter(
      "hashed", total: 200, words: { "\(Int($0)) B" }, clock: { time.withLock { $0 } }
    ) { text in written.withLock { $0 += text } }
    meter.add(20)
    time.withLock { $0 = 0.1 }
    // Too soon to be drawn again.
    meter.add(20)
    time.withLock { $0 = 30 }
    meter.add(10)
    meter.add(150)
    time.withLock { $0 = 60 }
    meter.add(0)
    meter.finish()
    let erase = "\r\u{1B}[K"
    #expect(
      written.withLock { $0 }
        == erase + "hashed 10%, 20 B of 200 B · 0:00" + erase
        + "hashed 25%, 50 B of 200 B · 0:30 · about 2 min left" + erase
        + "hashed 100%, 200 B of 200 B · 1:00" + erase)
  }

  @Test func whereThereIsNoTerminalNothingIsSaid() {
    let meter = WorkMeter("hashed", total: 1, words: { "\($0)" }, write: nil)
    meter.add(1)
    meter.finish()
  }
}
