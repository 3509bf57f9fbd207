import Artifacts
import Experiment
import Foundation
import Speech
import Testing

@testable import SpeechFT

/// Frame classification and slot filling, from a manifest to a score.
@Suite struct AlignedTests {
  private static let spec = """
    experiment: aligned
    question: Are frames and slots learnt?
    seeds: [1]
    models: { tiny: { pretrain: { corpora: [vowels],
      architecture: { convolution-channels: 16, width: 32, layers: 2, attention-heads: 2,
        feed-forward-width: 64, position-kernel: 64, position-groups: 4, dropout: 5% },
      rounds: [{ units: { features: mfcc, clusters: 6, frames: 500, iterations: 5 }, start: random,
        front-end-steps: 5, steps: 5, batch-seconds: 4, crop-seconds: 0.5, learning-rate: 1e-3,
        weight-decay: 1e-2, warm-up: 10%, hold: 40%, mask: { probability: 20%, length: 3 },
        unmasked-weight: 0.5, clip: 1, threads: 1 }] } } }
    fine-tune: { tasks: [aligned, slots] }
    methods: { log-mel: { normalise: [false] }, stable-ft: {} }
    evaluate: { tasks: [aligned, slots] }
    """

  private static let corpus = """
    corpus: vowels
    description: Made-up vowels
    licence: none
    language: nl
    manifest: vowels.jsonl
    obtain: nowhere
    seconds: [0.1, 20]
    """

  private static func task(_ name: String, _ target: String, _ more: String = "") -> String {
    """
    task: \(name)
    title: \(name)
    corpus: vowels
    target: \(target)
    head: { projection: 16, dropout: 0% }
    evaluate: { steps: 100, batch: 8, learning-rate: 1e-2, clip: 1, threads: 1 }
    fine-tune: { head: { projection: 16, recurrent-width: 8, recurrent-layers: 3, dropout: 20% },\(more)
      recipe: { steps: 12, batch-seconds: 4, learning-rate: 1e-3, head-only: 25%, warm-up: 10%,
        hold: 40%, clip: 1, dropout: 10%, checkpoints: [], threads: 1, dev-every: 6, keep: best } }
    """
  }

  /// The vowels of `SpokenWorld`, each line aligned and its first vowel a slot.
  private static func manifest(_ folder: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/sound/low").sorted()
    return names.enumerated().map { index, name in
      let vowels = name.dropLast(4).split(separator: "-").map(String.init)
      // The middle vowel of every third word is nobody's: its frames count for nothing.
      let aligned = vowels.indices.filter { $0 != 1 || index % 3 != 0 }.map {
        "[\(Double($0) / 5), \(Double($0 + 1) / 5), \"\(vowels[$0])\"]"
      }
      let split = index % 4 == 0 ? "test" : index % 4 == 1 ? "dev" : "train"
      return #"{"recording": "sound/low/\#(name)", "text": "<first>\#(vowels[0])</first> "#
        + #"\#(vowels[1])", "alignment": [\#(aligned.joined(separator: ", "))], "split": "\#(split)"}"#
    }.joined(separator: "\n") + "\n"
  }

  @Test func framesAndSlotsAreLearntAndScored() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try SpokenWorld.record(in: folder)
      try folder.write(Array(try Self.manifest(folder.path).utf8), to: "vowels.jsonl")
      let corpus = try CorpusDefinition(yaml: Self.corpus, file: "corpora/vowels.yaml")
      var definitions = Definitions(corpora: ["vowels": corpus])
      let augment =
        " augment: { time-warp: 2, time-masks: 1, time-width: 5, feature-masks: 1, feature-width: 5 },"
      for (name, text) in [
        "aligned": Self.task("aligned", "aligned-phones"),
        "slots": Self.task("slots", "slots", augment),
      ] {
        definitions.tasks[name] = try TaskDefinition(yaml: text, file: "tasks/\(name).yaml")
      }
      let plan = try Planner.plan(
        PlannerInput(
          spec: Spec(yaml: Self.spec, file: "aligned.yaml"), definitions: definitions,
          recordings: [
            "vowels": RecordingListing(corpus, below: folder.path).recordings(of: corpus)
          ], recordingsFolder: folder.path, checkpoints: [:]))
      let store = ArtifactStore(root: folder.path + "/artifacts")
      for stage in plan.stages.values where !stage.kind.isVirtual {
        try StageExecution.run(
          StageContext(
            request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
            report: { _ in }))
      }
      func score(_ cell: Cell, _ task: String) throws -> EvaluationRecord {
        let key = try #require(cell.evaluations[task])
        return try JSONDecoder().decode(
          EvaluationRecord.self,
          from: Data(
            contentsOf: URL(fileURLWithPath: store.folder(.evaluate, key) + "/metrics.json")))
      }
      #expect(plan.cells.count == 3)
      for cell in plan.cells {
        let frames = try score(cell, "aligned")
        #expect(frames.metric == "accuracy" && frames.higherIsBetter)
        #expect(frames.classes == 3 && frames.chance.map { $0 < 60 } == true)
        // 7 words of three vowels of some ten frames; the last frames of a word have no window.
        #expect(frames.count == 7 && (150...200).contains(frames.units))
        if cell.model == nil { #expect(frames.value > 85, "frames show the vowel") }
        let slots = try score(cell, "slots")
        #expect(slots.metric == "slot-type F1" && slots.higherIsBetter)
        #expect(slots.others?.map(\.metric) == [.slotValueCER])
        let interval = try #require(slots.interval)
        #expect(interval.low <= slots.value && slots.value <= interval.high)
        // Two letters, two tags, a blank and two letters.
        #expect(slots.units == 7 * 7)
      }
    }
  }

  @Test func aFrameHasThePhoneOfItsMiddle() {
    let utterance = Utterance(
      id: "a", path: "a", start: 0, samples: 3200, offset: 0, text: nil, phones: nil,
      alignment: [
        .init(start: 0, end: 520, phone: "x"), .init(start: 521, end: 900, phone: "y"),
        .init(start: 1200, end: 3200, phone: "z"),
      ], labels: [:], split: .train)
    // Middles: 200, 520, 840, 1160, 1480.
    #expect(utterance.alignedPhones(frames: 5) == ["x", nil, "y", nil, "z"])
  }

  @Test(arguments: [
    ("Play <artist>Sting</artist>", "p l a y _ <artist> s t i n g </artist>"),
    ("a < b > c", "a _ < _ b _ > _ c"), ("<>x", "< > x"), ("1<2", "1 < 2"), ("", ""),
  ])
  func tagsAreTokensOfTheirOwn(text: String, tokens: String) {
    #expect(
      SlotText(text).tokens.map { $0 == " " ? "_" : $0 }.joined(separator: " ") == tokens)
  }
}
