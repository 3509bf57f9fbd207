import Artifacts
import Experiment
import Foundation
import Logging
import Testing

@testable import Scheduling

/// The experiment's log, as programs read it.
struct RunLogTests {
  @Test func `every line is one object with its time, level and event, and numbers stay numbers`()
    throws
  {
    let folder = try TemporaryFolder()
    let log = try RunLog(store: ArtifactStore(root: folder.path), experiment: "small")
    let logger = Logger(label: "test") { _ in log }
    logger.info("started", metadata: ["attempt": .stringConvertible(2), "key": "abc"])
    logger.warning(
      "failed", metadata: ["reason": "a\nb \"c\"", "seconds": .stringConvertible(0.25)])
    let text = try String(contentsOfFile: folder.path + "/logs/small.log", encoding: .utf8)
    let lines = try text.split(separator: "\n").map { try Canonical(json: Data($0.utf8)) }
    #expect(lines.count == 2)
    #expect(lines.map { $0["event"] } == [.string("started"), .string("failed")])
    #expect(lines.map { $0["level"] } == [.string("info"), .string("warning")])
    #expect(lines[0]["attempt"] == .integer(2))
    #expect(lines[0]["key"] == .string("abc"))
    #expect(lines[1]["reason"] == .string("a\nb \"c\""))
    #expect(lines[1]["seconds"] == .real(0.25))
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for line in lines { _ = try style.parse(try #require(line["time"]?.string)) }
  }
}
