import Experiment
import Speech
import Torch

/// The utterances of one task of a fine-tuning, with their targets.
struct FineTuningData {
  /// Those that are trained on, then those of the dev split.
  let utterances: [Utterance]
  /// How many are trained on.
  let trainingCount: Int
  let inventory: OutputInventory
  /// Outputs of the head.
  let outputs: Int
  /// Output numbers of each utterance; of codewords, one a frame.
  let numbers: [[Int]]
  let input: EncoderInput
  private let references: [[String]]
  private let batchFrames: Int

  /// Takes the train split's utterances that say something of the target and are long enough for
  /// CTC to spell it (one frame a symbol, and a blank between equal ones), and those of the dev split
  /// that say something of it. `number` is the task's, from 0.
  init(
    _ context: StageContext, _ task: FineTuneTask, number: Int, batchSeconds: Double,
    configuration: EncoderConfiguration
  ) throws {
    let suffix = number == 0 ? "" : ".\(number)"
    let input = try EncoderInput(context, configuration: configuration, suffix: suffix)
    let selected = try context.corpus("corpus" + suffix).select(task.selection).filter {
      input.frames($0) > 0
    }
    let found: Found
    if task.target == .codewords {
      found = Found(
        selected, codewords: try StoredCodewords(folder: context.folder("codewords" + suffix)))
    } else if task.target == .alignedPhones {
      found = Found(selected, aligned: input)
    } else {
      found = Found(selected, task.target, input)
    }
    for (part, what) in [(found.training, "training"), (found.dev, "dev")] where part.isEmpty {
      guard what == "dev", !task.selection.splits.contains(.dev) else {
        throw StageError.empty(
          stage: context.request.label, what: "\(what) utterance with \(task.target.word)")
      }
    }
    utterances = (found.training + found.dev).map(\.utterance)
    numbers = (found.training + found.dev).map(\.numbers)
    references = found.dev.map { task.target.values(of: $0.utterance) ?? [] }
    trainingCount = found.training.count
    inventory = found.inventory
    outputs = found.outputs
    self.input = input
    batchFrames = Int(batchSeconds * 16_000) / configuration.strideSamples
  }

  /// Utterances with their output numbers.
  private struct Found {
    var training: [(utterance: Utterance, numbers: [Int])]
    var dev: [(utterance: Utterance, numbers: [Int])]
    var inventory: OutputInventory
    var outputs: Int

    /// Of the train split those whose target CTC can spell, of the dev split all that have one.
    init(_ selected: [Utterance], _ target: Target, _ input: EncoderInput) {
      let labelled = selected.filter { target.values(of: $0) != nil }
      let candidates = labelled.filter { $0.split == .train }
      let inventory = OutputInventory(target, training: candidates)
      func numbered(_ utterances: [Utterance]) -> [(utterance: Utterance, numbers: [Int])] {
        utterances.map { ($0, inventory.numbers(of: target.values(of: $0) ?? [])) }
      }
      training = numbered(candidates).filter { utterance, wanted in
        let repeats = zip(wanted, wanted.dropFirst()).filter { $0 == $1 }.count
        return !wanted.isEmpty
          && (target.isPooled || input.frames(utterance) >= wanted.count + repeats)
      }
      dev = numbered(labelled.filter { $0.split == .dev })
      self.inventory = inventory
      outputs = inventory.outputs
    }

    /// Frames in which nothing was heard have the number −100; a dev frame of a phone that training does
    /// not have is never right: no output has its number.
    init(_ selected: [Utterance], aligned input: EncoderInput) {
      let labelled = selected.filter { Target.alignedPhones.values(of: $0) != nil }
      let inventory = OutputInventory(
        .alignedPhones, training: labelled.filter { $0.split == .train })
      func numbered(_ split: Split) -> [(utterance: Utterance, numbers: [Int])] {
        labelled.filter { $0.split == split }.map { utterance in
          let numbers = utterance.alignedPhones(frames: input.frames(utterance)).map { phone in
            phone.map { inventory.numbers(of: [$0]).first ?? inventory.outputs } ?? -100
          }
          return (utterance, numbers)
        }
      }
      training = numbered(.train)
      dev = numbered(.dev)
      self.inventory = inventory
      outputs = inventory.outputs
    }

    init(_ selected: [Utterance], codewords: StoredCodewords) {
      let numbered = selected.compactMap { utterance in
        codewords(utterance).map { (utterance: utterance, numbers: $0) }
      }
      training = numbered.filter { $0.utterance.split == .train }
      dev = numbered.filter { $0.utterance.split == .dev }
      inventory = OutputInventory(.codewords, training: [])
      outputs = codewords.count
    }
  }

  func batches(_ draws: Draws, purpose: String) -> LengthBuckets {
    LengthBuckets(
      lengths: utterances.prefix(trainingCount).map { input.frames($0) },
      limit: .size(batchFrames), draws: draws, purpose: purpose)
  }

  /// Utterances of the dev split, neighbours in length together.
  var devBatches: [[Int]] {
    let order = (trainingCount..<utterances.count).sorted {
      (input.frames(utterances[$0]), $0) < (input.frames(utterances[$1]), $1)
    }
    var batches: [[Int]] = []
    for utterance in order {
      let frames = input.frames(utterances[utterance])
      if let last = batches.last, (last.count + 1) * frames <= batchFrames {
        batches[batches.count - 1].append(utterance)
      } else {
        batches.append([utterance])
      }
    }
    return batches
  }

  /// What is right of an utterance of the dev split, symbols never seen in training included.
  func reference(_ utterance: Int) -> [String] { references[utterance - trainingCount] }

  func names(_ batch: [Int]) -> [String] { batch.map { utterances[$0].id } }
}
