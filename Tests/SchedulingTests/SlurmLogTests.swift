import Artifacts
import Experiment
import Foundation
import Testing

@testable import Scheduling

/// Logs of elements, in files as a cluster leaves them.
@Suite struct SlurmLogTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private let small: SmallPlan

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    var small = SmallPlan()
    for name in ["first", "second"] { try small.add(name) }
    self.small = small
  }

  private func batch(attempt: Int) throws -> SlurmBatch {
    var requests = [try small.request("first"), try small.request("second")]
    for index in requests.indices { requests[index].attempt = attempt }
    let need = SlurmNeed(requests[0], at: SlurmSite(terms: .init(seconds: 60)))
    return try SlurmBatch.write(
      requests, need: need, site: SlurmSite(terms: .init(seconds: 60)), worker: ["worker"],
      store: store
    ).batch
  }

  private func logs(_ name: String) throws -> [(attempt: Int, text: String)] {
    AttemptLog.parts(of: try small.key(name), in: store).map {
      ($0.attempt, String(decoding: AttemptLog.bytes(of: $0.path, from: 0).bytes, as: UTF8.self))
    }
  }

  @Test func aLogIsFoundWhileItsBatchLiesThereAndAfterwards() throws {
    let batch = try batch(attempt: 3)
    try AtomicFile.write(text: "one\n", to: batch.folder + "/log.0")
    try AtomicFile.write(text: "two\n", to: batch.folder + "/log.1")
    #expect(try logs("second").map(\.attempt) == [3] && logs("second").map(\.text) == ["two\n"])
    let open = try #require(FileHandle(forWritingAtPath: batch.folder + "/log.1"))
    try open.seekToEnd()
    batch.remove(from: store)
    // A job that still writes when its batch goes loses nothing.
    try open.write(contentsOf: Data("more\n".utf8))
    try open.close()
    #expect(!FileManager.default.fileExists(atPath: batch.folder))
    #expect(try logs("first").map(\.text) == ["one\n"])
    #expect(try logs("second").map(\.text) == ["two\nmore\n"])
    #expect(try logs("second").map(\.attempt) == [3])
    SlurmBatch.removeLogs(of: try small.key("second"), in: store)
    #expect(try logs("second").isEmpty && logs("first").count == 1)
  }

  /// A training whose time was over goes on in another job: one attempt, two logs.
  @Test func jobsOfOneAttemptAreInTheOrderOfTime() throws {
    let (first, second) = (try batch(attempt: 1), try batch(attempt: 1))
    try AtomicFile.write(text: "begun\n", to: first.folder + "/log.0")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: first.folder + "/log.0")
    try AtomicFile.write(text: "gone on\n", to: second.folder + "/log.0")
    #expect(try logs("first").map(\.text) == ["begun\n", "gone on\n"])
    first.remove(from: store)
    #expect(try logs("first").map(\.text) == ["begun\n", "gone on\n"])
    #expect(try logs("first").map(\.attempt) == [1, 1])
  }

  @Test func anElementIsOpenUntilItLeavesALastWord() throws {
    let batch = try batch(attempt: 1)
    func isOpen() throws -> Bool {
      try #require(AttemptLog.parts(of: small.key("first"), in: store).first).isOpen(in: store)
    }
    #expect(try isOpen(), "it waits in the queue")
    try AtomicFile.write(text: "stopped\n143\nnode\n\n", to: batch.folder + "/outcome.0.7.0")
    #expect(try isOpen(), "a training saved, and goes on")
    try AtomicFile.write(text: "by-itself\n0\nnode\n\n", to: batch.folder + "/outcome.0.7.1")
    #expect(try !isOpen())
  }
}
