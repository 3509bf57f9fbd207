import Artifacts
import Experiment
import Foundation
import Testing

@testable import Scheduling

/// Which part of a worker's log is whose.
struct AttemptLogTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private var small = SmallPlan()

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    try small.add("corpus", kind: .corpus)
    try small.add("features", from: ["corpus"])
  }

  private func begin(_ name: String, _ attempt: Int) throws -> String {
    var request = try small.request(name)
    request.attempt = attempt
    return AttemptLog.line(request, at: Date(timeIntervalSince1970: 0))
  }

  private func write(_ text: String, _ name: String) throws {
    try AtomicFile.write(text: text, to: "\(folder.path)/logs/\(name)")
  }

  private func texts(_ name: String) throws -> [Int: String] {
    var texts: [Int: String] = [:]
    for part in AttemptLog.parts(of: try small.key(name), in: store) {
      let (bytes, _) = AttemptLog.bytes(of: part.path, from: part.offset, to: part.end)
      texts[part.attempt] = String(decoding: bytes, as: UTF8.self)
    }
    return texts
  }

  @Test func `a part ends where the next attempt begins, in whatever log it is`() throws {
    try write(
      "left over\n\(try begin("corpus", 1))one\n\(try begin("features", 1))two\nthree\n",
      "worker-1.log")
    try write("\(try begin("corpus", 2))four\nnot === stage here\n", "worker-2.log")
    try write("\(try begin("corpus", 3))no worker's\n", "small.log")
    #expect(try texts("corpus") == [1: "one\n", 2: "four\nnot === stage here\n"])
    #expect(try texts("features") == [1: "two\nthree\n"])
  }

  @Test func `a log that was begun anew has nothing of what was before`() throws {
    try write(
      "end of an attempt whose line is gone\n\(try begin("features", 1))x\n", "worker-1.log")
    #expect(try texts("corpus").isEmpty)
    #expect(try texts("features") == [1: "x\n"])
  }

  @Test func `who reads on stops at the next attempt's line`() throws {
    let path = folder.path + "/logs/worker-1.log"
    try write("one\n", "worker-1.log")
    let first = AttemptLog.bytes(of: path, from: 0)
    #expect(first.bytes == Data("one\n".utf8) && !first.isOver)
    try write("one\ntwo\n\(try begin("corpus", 2))three\n", "worker-1.log")
    let second = AttemptLog.bytes(of: path, from: first.bytes.count)
    #expect(second.bytes == Data("two\n".utf8) && second.isOver)
  }
}
