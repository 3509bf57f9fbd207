import Artifacts
import Experiment
import Foundation
import Synchronization
import Testing

/// Which artifacts are there, asked for all at once.
@Suite struct FinishedTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private let stages: [Stage]

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    stages = try (1...150).map { try stage($0) }
    for made in stages.dropLast(50) {
      try store.publish(made.kind, made.key, identity: made.identity) { staging in
        try AtomicFile.write(text: made.label, to: staging.folder + "/result.txt")
        try AtomicFile.write(
          text: "more",
          to: staging.folder + (made == stages[0] ? "/more/of it.txt" : "/more/of-it.txt"))
      }
    }
  }

  private func agree() -> Bool {
    let finished = store.finished(stages)
    return stages.allSatisfy { finished.contains($0.key) == store.contains($0.kind, $0.key) }
  }

  @Test func theAnswerIsThatOfAskingOneByOne() throws {
    #expect(store.finished(stages).count == 100)
    #expect(agree())
    #expect(ArtifactStore(root: folder.path).finished(stages).count == 100)
  }

  @Test func whatIsDamagedAfterwardsIsNotThere() throws {
    _ = store.finished(stages)
    let result = { (stage: Stage) in store.folder(stage.kind, stage.key) + "/result.txt" }
    #expect(truncate(result(stages[0]), 2) == 0)
    #expect(unlink(result(stages[1])) == 0)
    #expect(truncate(store.folder(.features, stages[2].key) + "/artifact.json", 10) == 0)
    #expect(unlink(store.folder(.features, stages[3].key) + "/artifact.json") == 0)
    let finished = store.finished(stages)
    #expect(finished.count == 96)
    #expect(stages[..<4].allSatisfy { !finished.contains($0.key) })
    #expect(agree())
  }

  @Test func anEarlyLookAnswersTheSame() throws {
    _ = store.finished(stages)
    let early = EarlyLook(store)
    #expect(store.finished(stages, after: early).count == 100)
    let all = EarlyLook(store)
    while all.seen < 99 { usleep(1000) }
    // After it nobody looks again.
    let result = store.folder(stages[1].kind, stages[1].key) + "/result.txt"
    #expect(truncate(result, 2) == 0)
    #expect(store.finished(stages, after: all).count == 100)
    #expect(store.finished(stages, after: EarlyLook(store)).count == 99)
    #expect(ArtifactStore(root: folder.path + "/none").finished(stages, after: nil).isEmpty)
  }

  @Test func aLostOrDamagedIndexCostsTimeAlone() throws {
    let index = folder.path + "/artifacts.index"
    _ = store.finished(stages)
    let text = try String(contentsOfFile: index, encoding: .utf8)
    for damaged in [
      "", "nonsense", String(text.dropFirst(7)), String(text.prefix(text.count / 2)),
      text.replacing(" 1 ", with: " 99999999999999999999999 "),
      text.replacing("\n", with: " "),
    ] {
      try Data(damaged.utf8).write(to: URL(fileURLWithPath: index))
      #expect(store.finished(stages).count == 100)
    }
    try FileManager.default.removeItem(atPath: index)
    #expect(store.finished(stages).count == 100)
  }

  @Test func whatIsWrittenIsNotThereBeforeItIsPublished() throws {
    let last = stages[149]
    let written = try #require(
      try store.write(last.kind, last.key, identity: last.identity) { staging in
        try AtomicFile.write(text: "result", to: staging.folder + "/result.txt")
      })
    #expect(!store.contains(last.kind, last.key))
    #expect(store.isBeingMade(last.key))
    #expect(try store.publish(written) == 6)
    #expect(store.contains(last.kind, last.key))
    #expect(try store.write(last.kind, last.key, identity: last.identity) { _ in } == nil)
  }

  @Test func aPublisherSaysThatAStageIsDoneWhenItsArtifactIsThere() throws {
    let said = Said()
    let store = store
    let publisher = Publisher(store: store, publish: { $1.publish(all: $0) }) { event in
      guard case .done(let key, _, let bytes) = event else { return }
      said.add(key, isThere: store.contains(.features, key) && bytes == 6)
    }
    for stage in stages.suffix(50) {
      let written = try store.write(stage.kind, stage.key, identity: stage.identity) { staging in
        try AtomicFile.write(text: "result", to: staging.folder + "/result.txt")
      }
      publisher.take(try #require(written), seconds: 0)
    }
    publisher.wait()
    #expect(said.keys == Set(stages.suffix(50).map(\.key)))
    #expect(said.allThere)
  }
}

/// What a publisher said.
private final class Said: Sendable {
  private let said = Mutex<(keys: Set<StageKey>, allThere: Bool)>(([], true))

  func add(_ key: StageKey, isThere: Bool) {
    said.withLock {
      $0.keys.insert(key)
      $0.allThere = $0.allThere && isThere
    }
  }

  var keys: Set<StageKey> { said.withLock { $0.keys } }
  var allThere: Bool { said.withLock { $0.allThere } }
}
