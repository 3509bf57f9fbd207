import Artifacts
import Experiment
import Foundation
import Testing

/// What killed processes leave, which nobody should have to remove by hand.
@Suite struct LeftoversTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
  }

  /// Locks a file as the process that writes it does.
  private func lock(_ name: String) throws -> FileHandle {
    let handle = try #require(FileHandle(forWritingAtPath: folder.path + "/" + name))
    try #require(flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
    return handle
  }

  @Test func whatIsAsideOfADeadProcessGoesAndWhatALivingOneWritesStays() throws {
    let names = ["artifacts.index.4194305.7.new", "reports/small.json.4194305.8.new"]
    let living = "attempts/one.json.4194305.9.new"
    for name in names + [living, "results/a.csv.4194305.1.new", "results/b.new"] {
      try folder.write("half", to: name)
    }
    let handle = try lock(living)
    store.removeLeftovers(in: [folder.path + "/results"])
    #expect(try folder.names() == ["attempts", "reports", "results"])
    #expect(try folder.names("reports").isEmpty)
    #expect(try folder.names("attempts") == ["one.json.4194305.9.new"])
    #expect(try folder.names("results") == ["b.new"])
    try handle.close()
    store.removeLeftovers()
    #expect(try folder.names("attempts").isEmpty)
  }

  @Test func aStaleLockOfADeadProcessIsNoClaimAndIsRemoved() throws {
    let (dead, living) = (try stage(1), try stage(2))
    for stage in [dead, living] { try folder.write("", to: "claims/\(stage.key.hex).lock") }
    let handle = try lock("claims/\(living.key.hex).lock")
    #expect(!store.isBeingMade(dead.key))
    #expect(store.isBeingMade(living.key))
    store.removeLeftovers()
    #expect(try folder.names("claims") == ["\(living.key.hex).lock"])
    try store.publish(dead, files: ["a.txt": "one"])
    #expect(store.contains(.features, dead.key))
    try handle.close()
  }

  @Test func theStateOfAStageGoesOnceItsArtifactIsThere() throws {
    let (done, open) = (try stage(1), try stage(2))
    for stage in [done, open] { try folder.write("state", to: "state/\(stage.key.hex)/state") }
    try store.publish(done, files: ["a.txt": "one"])
    store.removeLeftovers()
    #expect(try folder.names("state") == [open.key.hex])
  }

  @Test func writersAndWhoCleansUpDoNotDisturbEachOther() async throws {
    let root = folder.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<4 {
        group.addTask {
          for turn in 0..<50 {
            try AtomicFile.write(text: "\(turn)", to: "\(root)/attempts/\(number).json")
            ArtifactStore(root: root).removeLeftovers()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try folder.names("attempts") == (0..<4).map { "\($0).json" })
    #expect(try (0..<4).map { try folder.text("attempts/\($0).json") } == ["49", "49", "49", "49"])
  }
}
