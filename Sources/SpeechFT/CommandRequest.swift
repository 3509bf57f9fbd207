import Experiment
import Speech

/// What a command is handed, version 1 of the contract (README, "Trainers of your own"): its keys are
/// promised, so they are written out here and follow from no type's names.
struct CommandRequest {
  let stage: String
  let seed: UInt64
  let parameters: CommandParameters
  let normalises: Bool
  let device: Device
  /// Paths from the root of the file system.
  let encoder, output, scratch, utterances, audio: String

  /// The text of `request.json`.
  var text: String {
    Canonical.map([
      "contract": .integer(1),
      "stage": .string(stage),
      "seed": .integer(Int(clamping: seed)),
      "encoder": .string(encoder),
      "output": .string(output),
      "scratch": .string(scratch),
      "utterances": .string(utterances),
      "audio": .string(audio),
      "sample-rate": .integer(16_000),
      "normalise": .bool(normalises),
      "target": .string(parameters.target.word),
      "loss": .string(parameters.target.isPooled ? "cross-entropy" : "ctc"),
      "head": head,
      "recipe": recipe,
      "parameters": .map(parameters.parameters),
      "cores": .integer(parameters.recipe.threads),
      "device": .string(device.description),
    ]).text + "\n"
  }

  private var head: Canonical {
    let head = parameters.head
    var fields = ["dropout": Canonical(number: head.dropout)]
    fields["projection"] = head.projection.map { .integer($0) }
    fields["recurrent-width"] = head.recurrentWidth.map { .integer($0) }
    fields["recurrent-layers"] = head.recurrentLayers.map { .integer($0) }
    return .map(fields)
  }

  private var recipe: Canonical {
    let recipe = parameters.recipe
    return .map([
      "steps": .integer(recipe.steps),
      "batch-seconds": Canonical(number: recipe.batchSeconds),
      "accumulate": .integer(recipe.batchesPerStep),
      "learning-rate": Canonical(number: recipe.learningRate),
      "head-only": Canonical(number: recipe.headOnly),
      "warm-up": Canonical(number: recipe.warmUp),
      "hold": Canonical(number: recipe.hold),
      "clip": Canonical(number: recipe.clip),
      "dropout": Canonical(number: recipe.dropout),
      "precision": .string((recipe.precision ?? .float32).rawValue),
    ])
  }

  /// The text of `utterances.jsonl`: where the samples lie, and what to learn.
  ///
  /// - Throws: `EncodingError`, never for what a corpus holds.
  static func lines(_ utterances: [Utterance], target: Target) throws -> String {
    var text = ""
    for utterance in utterances {
      let line = Line(
        id: utterance.id, offset: utterance.offset, samples: utterance.samples,
        target: target.values(of: utterance) ?? [], text: utterance.text, phones: utterance.phones,
        labels: utterance.labels, split: utterance.split)
      text += try Canonical(encoding: line).text + "\n"
    }
    return text
  }

  private struct Line: Encodable {
    var id: String
    var offset, samples: Int
    var target: [String]
    var text: String?
    var phones: [String]?
    var labels: [String: String]
    var split: Split
  }
}
