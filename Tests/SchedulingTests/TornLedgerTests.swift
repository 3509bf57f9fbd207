import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling
import Testing

/// A diary that is not what it was: nobody has to do anything about it.
@Suite struct TornLedgerTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private let small: SmallPlan
  private var path: String { folder.path + "/ledger.sqlite" }

  /// An experiment of some stages that was run to its end.
  init() async throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    var small = SmallPlan()
    for number in 1...20 {
      try small.add("stage \(number)")
      small.want("stage \(number)")
    }
    self.small = small
    let summary = try await Scheduler(small, store, RecordingBackend(store: store)).run()
    try #require(summary.isComplete)
  }

  private func expectAll(_ ledger: Diary) throws {
    let (stages, attempts) = (try ledger.stages(), try ledger.attempts())
    #expect(Set(stages.map(\.key)) == Set(small.keys.values))
    #expect(attempts.map(\.outcome) == [Attempt.Outcome?](repeating: .done, count: 20))
  }

  @Test(arguments: [0.05, 0.3, 0.6, 0.8])
  func aLedgerThatIsCutShortIsSetAsideAndWrittenAgain(share: Double) throws {
    let whole = try #require(FileManager.default.contents(atPath: path))
    try whole.prefix(Int(share * Double(whole.count))).write(to: URL(fileURLWithPath: path))
    let (ledger, setAside) = try Diary.open(for: store)
    #expect(setAside?.hasPrefix(folder.path + "/broken/ledger-") == true)
    try expectAll(ledger)
    let (again, nothing) = try Diary.open(for: store)
    #expect(nothing == nil)
    try expectAll(again)
  }

  @Test func aLedgerWithoutAByteIsWrittenAgain() throws {
    try Data().write(to: URL(fileURLWithPath: path))
    let (ledger, setAside) = try Diary.open(for: store)
    #expect(setAside == nil)
    try expectAll(ledger)
  }

  @Test func aLedgerThatADeadProgramBeganAndDidNotWriteIsWritten() throws {
    try FileManager.default.removeItem(atPath: path)
    _ = try Diary(path: path)
    try expectAll(Diary.open(for: store).ledger)
  }

  @Test func ofManyProgramsThatFindItDamagedOneWritesItAgain() async throws {
    let whole = try #require(FileManager.default.contents(atPath: path))
    let store = store
    for _ in 0..<5 {
      for name in ["-wal", "-shm"] { unlink(path + name) }
      try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
      try? FileManager.default.removeItem(atPath: folder.path + "/broken")
      let setAside = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<4 {
          group.addTask {
            let (ledger, setAside) = try Diary.open(for: store)
            #expect(try ledger.attempts().count == 20)
            return setAside
          }
        }
        return try await group.reduce(into: []) { $0 += [$1] }
      }
      #expect(setAside.count { $0 != nil } == 1)
      let broken = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/broken")
      #expect(broken.count == 1)
      try expectAll(Diary.open(for: store).ledger)
    }
  }

  @Test func aDeletedLedgerIsWrittenAgain() throws {
    try FileManager.default.removeItem(atPath: path)
    try expectAll(Diary.open(for: store).ledger)
  }
}
