import Artifacts
import Experiment
import Foundation
import Scoring
import Testing

@testable import Reports

@Suite struct MeasurementTests {
  private let record = EvaluationRecord(
    task: "phones-nl", metric: "PER", value: 71.25, higherIsBetter: false, count: 100, units: 2000,
    chance: nil, trainCount: 400, classes: 40)

  private func stage() throws -> Stage {
    try Stage(.evaluate, parameters: ["x": Canonical.integer(1)], inputs: [:], label: "evaluate x")
  }

  @Test func readsTheRecordOfAnArtifact() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage()
    let source = StoredMeasurements(store: store)
    #expect(try source.metrics(for: stage.key) == nil)
    try store.publish(.evaluate, stage.key, identity: stage.identity) { staging in
      let text = try Canonical(encoding: record).text
      try Data(text.utf8).write(to: URL(filePath: staging.folder + "/metrics.json"))
    }
    #expect(try source.metrics(for: stage.key) == record)
    #expect(try source.similarity(for: stage.key) == nil)
  }

  @Test func readsTheUnitsOfATestWhereTheArtifactHasThem() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage()
    let source = StoredMeasurements(store: store)
    #expect(try source.scored(for: stage.key) == nil)
    let test = ScoredTest(
      .ratios,
      [.init("a/1", group: "eve", parts: [1, 3]), .init("a/2", group: "bob", parts: [0.5, 2])])
    let old = try Stage(
      .evaluate, parameters: ["x": Canonical.integer(2)], inputs: [:], label: "evaluate old")
    for (stage, hasUnits) in [(stage, true), (old, false)] {
      try store.publish(.evaluate, stage.key, identity: stage.identity) { staging in
        // As evaluations write it.
        let text = try Canonical(encoding: test).text + "\n"
        let name = hasUnits ? "scored.json" : "metrics.json"
        try Data(text.utf8).write(to: URL(filePath: staging.folder + "/" + name))
      }
    }
    #expect(try source.scored(for: stage.key) == test)
    #expect(try source.scored(for: old.key) == nil)
  }

  @Test func anArtifactWithoutItsRecordSaysSo() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage()
    try store.publish(.evaluate, stage.key, identity: stage.identity) { staging in
      try Data("{}".utf8).write(to: URL(filePath: staging.folder + "/other.json"))
    }
    let path = store.folder(.evaluate, stage.key) + "/metrics.json"
    let error = #expect(throws: MeasurementError.self) {
      try StoredMeasurements(store: store).metrics(for: stage.key)
    }
    #expect(
      error?.description
        == "\(path): the artifact holds no such file; move its folder away and give 'alphasweep run' again"
    )
  }

  @Test func aRecordOfAnotherTaskCountsAsMissingWithTheReason() throws {
    var made = try MadeUpExperiment.small()
    let stage = try #require(
      made.plan.stages.values.first {
        $0.label == "evaluate voices · Stable-FT · phones-nl · seed 1"
      })
    made.source.evaluations[stage.key] = record
    let results = try Results(plan: made.plan, source: made.source)
    #expect(
      results.missing.map(\.reason) == [
        "'evaluate voices · Stable-FT · phones-nl · seed 1' (\(stage.key)) measured PER of phones-nl, but the "
          + "plan asks for accuracy of voices; another version made it: move its folder away and give "
          + "'alphasweep run' again"
      ])
  }

  @Test func anUnreadableRecordSaysSo() {
    #expect(
      MeasurementError.unreadable(path: "a/metrics.json").description
        == "a/metrics.json: this is not a record that this version reads; move its folder away and give "
        + "'alphasweep run' again")
  }
}
