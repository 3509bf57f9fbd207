import Artifacts
import Experiment
import Foundation
import Scoring
import Speech
import Testing

@testable import SpeechFT

/// Every kind of task that SUPERB judges encoders by, from a manifest to a score, on log-mel frames of
/// made-up vowels.
@Suite struct SuperbTasksTests {
  /// What `alphasweep score` says of what the evaluation wrote.
  private static func scored(
    _ task: ScoreTask, _ artifact: String, joins: Bool = false
  ) throws -> ScoreReport {
    func file(_ name: String) throws -> ScoreFile {
      ScoreFile(
        name: name, text: try String(contentsOfFile: "\(artifact)/\(name)", encoding: .utf8))
    }
    var options = ScoreOptions()
    options.joinsTokens = joins
    return try Scorer(
      task, reference: task == .sd ? file("reference.rttm") : nil,
      hypothesis: file(task == .sd ? "hypothesis.rttm" : "hypotheses.jsonl"), options: options
    ).report()
  }

  @Test func everyKindOfTaskIsLearntAndScoredAsItsFilesAre() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let plan = try SuperbWorld.plan(folder)
      let store = ArtifactStore(root: folder.path + "/artifacts")
      for stage in plan.stages.values {
        try StageExecution.run(
          StageContext(
            request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
            report: { _ in }))
      }
      let cell = try #require(plan.cells.first)
      func artifact(_ task: String) throws -> String {
        store.folder(.evaluate, try #require(cell.evaluations[task]))
      }
      func record(_ task: String) throws -> EvaluationRecord {
        try JSONDecoder().decode(
          EvaluationRecord.self,
          from: Data(contentsOf: URL(fileURLWithPath: try artifact(task) + "/metrics.json")))
      }
      let expected: [(String, String, ScoreTask, ClosedRange<Double>)] = [
        ("intents", "accuracy", .ic, 55...100), ("words", "WER", .wer, 0...60),
        ("keywords", "accuracy", .ks, 80...100), ("voices", "EER", .asv, 0...10),
        ("turns", "DER", .sd, 0...15), ("queries", "MTWV", .qbe, 20...100),
      ]
      for (task, metric, kind, range) in expected {
        let found = try record(task)
        #expect(found.metric == metric)
        #expect(range.contains(found.value), "\(task): \(found.value)")
        let report = try Self.scored(kind, try artifact(task), joins: task == "words")
        let scale = task == "queries" ? 100.0 : 1
        #expect(abs(report.metrics[0].value * scale - found.value) < 1e-6, "\(task)")
        let interval = try #require(found.interval, "\(task)")
        #expect(interval.low <= found.value && found.value <= interval.high)
      }
      let trials = try JSONDecoder().decode(
        ScoredTest.self,
        from: Data(contentsOf: URL(fileURLWithPath: try artifact("voices") + "/scored.json")))
      // A target has one speaker, and a trial of two depends on both.
      #expect(
        trials.units.contains { $0.parts[1] > 0 } && trials.units.contains { $0.other != nil })
      #expect(trials.units.allSatisfy { ($0.other == nil) == ($0.parts[1] > 0) })
      #expect(trials.units.allSatisfy { $0.group != nil && $0.other != $0.group })
      let intents = try record("intents")
      #expect(intents.chance.map { intents.value > $0 + 10 } == true, "of two labels at once")
      #expect(intents.classes == 4 && intents.rates?.count == 2 && intents.learningRate == 1e-2)
      let words = try record("words")
      #expect(words.step.map { $0 % 40 } == 0)
      #expect(try record("voices").drawn == "speaker" && words.drawn == "utterances")
    }
  }

  /// Three hidden states, of which dev chooses one for the queries, and whose sum the diarisation learns.
  @Test func turnsAndQueriesAreHeardByAnEncoder() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let plan = try SuperbWorld.plan(
        folder, evaluate: "{ tasks: [turns, queries] }", methods: "{ pre-trained: {} }",
        pretraining: 40)
      let store = ArtifactStore(root: folder.path + "/artifacts")
      for stage in plan.stages.values {
        try StageExecution.run(
          StageContext(
            request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
            report: { _ in }))
      }
      let cell = try #require(plan.cells.first)
      func file(_ task: String, _ name: String) throws -> Data {
        let key = try #require(cell.evaluations[task])
        return try Data(
          contentsOf: URL(fileURLWithPath: store.folder(.evaluate, key) + "/" + name))
      }
      let turns = try JSONDecoder().decode(
        EvaluationRecord.self, from: file("turns", "metrics.json"))
      #expect(turns.metric == "DER" && (0...40).contains(turns.value), "\(turns.value)")
      let queries = try JSONDecoder().decode(
        EvaluationRecord.self, from: file("queries", "metrics.json"))
      let looks = try file("queries", "curve.jsonl").split(separator: UInt8(ascii: "\n")).map {
        try JSONDecoder().decode(Attempt.Metric.self, from: $0)
      }
      #expect(looks.map(\.step) == [0, 1, 2])
      let best = try #require(looks.map(\.value).max())
      #expect(queries.layer == looks.first { $0.value == best }?.step)
      #expect(queries.dev?.value == best)
      #expect(Set(looks.map(\.value)).count > 1, "nothing to choose between")
    }
  }

  /// A head that is stopped after each of its steps, and every time goes on in a new attempt.
  @Test func anEvaluationStoppedAfterEveryStepGivesTheSameBytes() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let plan = try SuperbWorld.plan(folder, steps: 7)
      let store = ArtifactStore(root: folder.path + "/artifacts")
      func run(_ stage: Stage, attempt: Int, stop: StopRequest = StopRequest()) throws {
        try StageExecution.run(
          StageContext(
            request: StageRequest(stage, in: plan, attempt: attempt), store: store,
            bench: Workbench(), stop: stop, report: { _ in }))
      }
      for stage in plan.stages.values { try run(stage, attempt: 1) }
      let heads = plan.stages.values.filter {
        $0.kind == .evaluate && !$0.label.contains("queries")
      }
      #expect(heads.count == 5)
      for stage in heads {
        let whole = try store.record(stage.kind, stage.key)
        try FileManager.default.removeItem(atPath: store.folder(stage.kind, stage.key))
        var attempts = 0
        while !store.contains(stage.kind, stage.key) {
          attempts += 1
          try #require(attempts < 20)
          let stop = StopRequest()
          _ = stop.make()
          do {
            try run(stage, attempt: attempts, stop: stop)
          } catch StageError.stopped {}
        }
        #expect(attempts == 8, "\(stage.label)")
        #expect(try store.record(stage.kind, stage.key) == whole, "\(stage.label)")
      }
    }
  }

  /// Ctrl-C and a cluster's notice wait for a training that hears them, and end whatever does not.
  @Test func aHeadInTrainingHearsThatItIsToEndAndSavesItsState() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let plan = try SuperbWorld.plan(folder, steps: 7, evaluate: "{ tasks: [words] }")
      let store = ArtifactStore(root: folder.path + "/artifacts")
      let stop = StopRequest()
      var isHeard: Bool?
      for stage in plan.stages.values where stage.kind != .pretrain {
        let context = StageContext(
          request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
          stop: stop,
          report: { event in
            // The first look at dev, after the third step.
            if case .metric(_, "dev", _, _) = event, isHeard == nil { isHeard = stop.make() }
          })
        do {
          try StageExecution.run(context)
        } catch StageError.stopped(_, let step) {
          #expect(step == 3)
        }
      }
      #expect(isHeard == true)
      let key = try #require(plan.cells.first?.evaluations["words"])
      let state = "\(store.root)/state/\(key.hex)/state.safetensors"
      #expect(FileManager.default.fileExists(atPath: state))
    }
  }

  @Test func framesThatAreTooLargeForTheDiskAreEncodedAnewForEachBatch() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let store = ArtifactStore(root: folder.path + "/artifacts")
      func record(_ evaluate: String) throws -> (plan: Plan, record: EvaluationRecord) {
        let plan = try SuperbWorld.plan(folder, evaluate: evaluate)
        for stage in plan.stages.values {
          try StageExecution.run(
            StageContext(
              request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
              report: { _ in }))
        }
        let key = try #require(plan.cells.first?.evaluations["turns"])
        return (
          plan,
          try JSONDecoder().decode(
            EvaluationRecord.self,
            from: Data(
              contentsOf: URL(fileURLWithPath: store.folder(.evaluate, key) + "/metrics.json")))
        )
      }
      let stored = try record("{ tasks: [turns], frames-on-disk: 1 GB }")
      #expect(stored.plan.encodedAnew.isEmpty)
      #expect(stored.plan.stages.values.contains { $0.kind == .features })
      let anew = try record("{ tasks: [turns], frames-on-disk: 0 GB }")
      #expect(!anew.plan.stages.values.contains { $0.kind == .features })
      // 54 words of 1.2 s and 80 bands in float16 are some half a megabyte.
      #expect(anew.plan.encodedAnew.keys.sorted() == ["turns · log-mel"])
      // What is stored has the eleven bits of float16.
      #expect(abs(anew.record.value - stored.record.value) < 2)
      #expect(anew.record.count == stored.record.count)
    }
  }

  @Test func onlyLongTrainingUtterancesAreCutAndAlwaysAtOnePlace() {
    func utterance(_ id: String, _ samples: Int, _ split: Split) -> Utterance {
      Utterance(
        id: id, path: id, start: 5, samples: samples, offset: 1000, text: nil, phones: nil,
        labels: [:], split: split)
    }
    let long = utterance("long", 48_000, .train)
    let cut = long.cut(to: 2)
    #expect(cut.samples == 32_000 && cut == long.cut(to: 2))
    #expect(cut.offset - long.offset == cut.start - long.start)
    #expect((long.offset...long.offset + 16_000).contains(cut.offset))
    let starts = (0..<50).map { utterance("\($0)", 48_000, .train).cut(to: 2).offset }
    #expect(Set(starts).count > 40, "each at its own")
    #expect(long.cut(to: nil) == long && long.cut(to: 3) == long)
    let test = utterance("test", 48_000, .test)
    #expect(test.cut(to: 2) == test)
  }
}
