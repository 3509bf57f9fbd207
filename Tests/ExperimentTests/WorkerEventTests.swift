import Experiment
import Foundation
import Testing

/// Events by the line. `Codable`'s coders, which wrote and read them before, are the other side.
@Suite struct WorkerEventTests {
  private static let key = StageKey(of: .string("a stage"))
  private static let events: [WorkerEvent] = [
    .ready(process: 4711, library: "libtorch 2, \"OpenBLAS\""),
    .progress(key: key, fraction: 0.25, detail: "step 1/4 · loss 2.31"),
    .progress(key: key, fraction: 1, detail: ""),
    .metric(key: key, name: "loss", step: 7, value: -1.5e-12),
    .metric(key: key, name: "loss", step: 8, value: 3),
    .done(key: key, seconds: 0.1, bytes: 377_000_000),
    .failed(key: key, reason: "line 1\nline 2\t\\ \u{1} é"),
  ]

  @Test(arguments: events) func aLineIsWhatCodableReads(event: WorkerEvent) throws {
    let line = try #require(event.line)
    #expect(!line.contains("\n"))
    #expect(try JSONDecoder().decode(WorkerEvent.self, from: Data(line.utf8)) == event)
  }

  @Test(arguments: events) func whatCodableWritesIsRead(event: WorkerEvent) throws {
    let text = String(decoding: try JSONEncoder().encode(event), as: UTF8.self)
    #expect(WorkerEvent(line: text) == event)
  }

  @Test func aNumberThatIsNotFiniteHasNoLine() {
    #expect(WorkerEvent.metric(key: Self.key, name: "loss", step: 1, value: .nan).line == nil)
    #expect(WorkerEvent.progress(key: Self.key, fraction: .infinity, detail: "").line == nil)
  }

  @Test(arguments: [
    "", "hello", "{", "[]", "{}", #"{"done":{"key":"nobody"}}"#, #"{"done":{}}"#,
    #"{"ready":{"library":"x","process":4294967296}}"#, #"{"ready":{"process":1}}"#,
    #"{"start":{"key":"\#(key.hex)"}}"#, #"{"failed":{"key":"\#(key.hex)","reason":5}}"#,
    #"{"done":{"key":"\#(key.hex)","seconds":1,"bytes":1.5}}"#,
  ])
  func whatIsNoEventIsNone(line: String) {
    #expect(WorkerEvent(line: line) == nil)
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(WorkerEvent.self, from: Data(line.utf8))
    }
  }
}
