import Artifacts
import Experiment
import Foundation
import Testing

@testable import Reports

/// TensorBoard's event files, against its own writer (Fixtures/make_events.py).
struct EventFileTests {
  private struct Point: Decodable {
    var time: Double
    var step: Int
    var tag: String
    var value: Double
  }

  private func fixture(_ name: String) throws -> Data {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/events/\(name)", withExtension: nil))
    return try Data(contentsOf: url)
  }

  @Test func `the same events are the same bytes as TensorBoard's writer gives`() throws {
    let points = try JSONDecoder().decode([Point].self, from: fixture("points.json"))
    #expect(points.count == 6)
    let file = EventFile(
      started: 1_700_000_000,
      points: points.map {
        EventFile.Point(time: $0.time, step: $0.step, tag: $0.tag, value: Float($0.value))
      })
    let expected = try fixture("events.out.tfevents.1700000000.alphasweep")
    #expect(file.bytes == Array(expected))
  }

  /// RFC 3720, B.4.
  @Test func `checksums are the standard's`() {
    #expect(EventRecord.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(EventRecord.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(EventRecord.checksum(Array(0..<32)) == 0x46dd_794e)
  }

  private func curve(started: Date?) throws -> TrainingCurves.Curve {
    let stage = try Stage(
      .fineTune, parameters: ["a": 1], seed: 1, inputs: [:], label: "fine-tune x")
    return TrainingCurves.Curve(
      stage: stage,
      points: [50, 100].map { Attempt.Metric(name: "loss", step: $0, value: 1) },
      started: started, seconds: started.map { _ in 20 })
  }

  @Test func `steps are spread over the attempt, and are seconds where nobody knows it`() throws {
    func expected(_ start: Double, _ times: [Double]) -> [UInt8] {
      EventFile(
        started: start,
        points: zip([50, 100], times).map {
          EventFile.Point(time: $1, step: $0, tag: "loss", value: 1)
        }
      ).bytes
    }
    let known = try curve(started: Date(timeIntervalSince1970: 1000))
    #expect(known.events.bytes == expected(1000, [1010, 1020]))
    #expect(try curve(started: nil).events.bytes == expected(0, [50, 100]))
  }
}
