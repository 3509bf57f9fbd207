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
  /// Output numbers of each utterance.
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
    let target = task.target
    let suffix = number == 0 ? "" : ".\(number)"
    let input = try EncoderInput(context, configuration: configuration, suffix: suffix)
    let selected = try context.corpus("corpus" + suffix).select(task.selection).filter {
      target.values(of: $0) != nil && input.frames($0) > 0
    }
    let candidates = selected.filter { $0.split == .train }
    let inventory = OutputInventory(target, training: candidates)
    var utterances: [Utterance] = []
    var numbers: [[Int]] = []
    for utterance in candidates {
      let wanted = inventory.numbers(of: target.values(of: utterance) ?? [])
      let repeats = zip(wanted, wanted.dropFirst()).filter { $0 == $1 }.count
      guard !wanted.isEmpty, target.isPooled || input.frames(utterance) >= wanted.count + repeats
      else { continue }
      utterances.append(utterance)
      numbers.append(wanted)
    }
    guard !utterances.isEmpty else {
      throw StageError.empty(
        stage: context.request.label, what: "training utterance with \(target.word)")
    }
    let dev = selected.filter { $0.split == .dev }
    guard !dev.isEmpty || !task.selection.splits.contains(.dev) else {
      throw StageError.empty(
        stage: context.request.label, what: "dev utterance with \(target.word)")
    }
    self.utterances = utterances + dev
    self.numbers = numbers + dev.map { inventory.numbers(of: target.values(of: $0) ?? []) }
    references = dev.map { target.values(of: $0) ?? [] }
    trainingCount = utterances.count
    self.inventory = inventory
    self.input = input
    batchFrames = Int(batchSeconds * 16_000) / configuration.strideSamples
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
