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

  @Test func `a line that nobody could end does not take the next one with it`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/logs/small.log"
    try AtomicFile.write(text: "{\"event\":\"hal", to: path)
    let log = try RunLog(store: ArtifactStore(root: folder.path), experiment: "small")
    let logger = Logger(label: "test") { _ in log }
    logger.info("one")
    logger.info("two")
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == "{\"event\":\"hal")
    let events = try lines.dropFirst().map { try Canonical(json: Data($0.utf8))["event"] }
    #expect(events == [.string("one"), .string("two")])
  }

  /// On a folder that hosts share, two that append at once would write to one place.
  @Test(.timeLimit(.minutes(5)))
  func `who writes a line waits while another program writes one`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/logs/small.log"
    let log = try RunLog(store: ArtifactStore(root: folder.path), experiment: "small")
    let other = open(path, O_RDWR)
    try #require(other >= 0 && flock(other, LOCK_EX | LOCK_NB) == 0)
    var status = stat()
    fstat(other, &status)
    let logger = Logger(label: "test") { _ in log }
    Thread.detachNewThread { logger.info("one") }
    /// proc_locks(5): "1: -> FLOCK ADVISORY WRITE <process> <device>:<inode> 0 EOF" waits.
    func isWaitedFor() -> Bool {
      let locks = FileManager.default.contents(atPath: "/proc/locks") ?? Data()
      return String(decoding: locks, as: UTF8.self).split(separator: "\n").contains {
        $0.contains("-> FLOCK") && $0.contains(":\(status.st_ino) ")
      }
    }
    func size() -> Int { FileManager.default.contents(atPath: path)?.count ?? -1 }
    while !isWaitedFor(), size() == 0 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(size() == 0, "it was written while another program had the file")
    flock(other, LOCK_UN)
    while size() == 0 { try await Task.sleep(for: .milliseconds(5)) }
    close(other)
  }
}
