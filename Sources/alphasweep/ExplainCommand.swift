import ArgumentParser
import Experiment

/// `alphasweep explain`: why two stages are not one.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say how the keys of two stages differ, field by field.",
    discussion: """
      Each stage is named by the beginning of its key or a part of its label, or by a spec and one \
      of the two: 'experiments/small.yaml:features letters'. Stages that no spec has any more are \
      found in the ledger and in the artifacts. What differs in inputs is followed to where it began.

      EXIT STATUS: 0, whether they differ or not; 2 where a name is no stage's, or several stages'.
      """)

  @Argument(help: "The one stage.", completion: StageCompletion.kind)
  var first: String

  @Argument(help: "The other stage.", completion: StageCompletion.kind)
  var second: String

  @OptionGroup var site: SiteOptions

  @Flag(help: "Write it as JSON.")
  var json = false

  func run() async throws {
    try await reportingErrors {
      var names = try await StageNames([first, second], site: site.site)
      let explanation = try StageExplanation(
        await names.find(first), await names.find(second), names)
      print(json ? explanation.json.text + "\n" : explanation.text, terminator: "")
    }
  }
}

/// The difference of two stages, for people and for programs.
struct StageExplanation {
  private let before: NamedStage
  private let after: NamedStage
  private let difference: KeyDifference
  private let names: StageNames

  /// - Throws: `StageNameError` when it is not known what made a stage.
  init(_ before: NamedStage, _ after: NamedStage, _ names: StageNames) throws(StageNameError) {
    func identity(_ stage: NamedStage) throws(StageNameError) -> Canonical {
      guard let identity = stage.identity else {
        throw .unexplained(label: stage.label, stage.key)
      }
      return identity
    }
    (self.before, self.after, self.names) = (before, after, names)
    difference = KeyDifference(
      from: (before.key, try identity(before)), to: (after.key, try identity(after)),
      identity: names.identity)
  }

  var text: String {
    let heads = [before, after].map { "\($0.label) [\($0.key)]" }
    guard before.key != after.key else {
      return Words.wrapped("\(heads[0]): both are this one stage; nothing differs") + "\n"
    }
    var text = Words.wrapped("from \(heads[0])") + "\n" + Words.wrapped("to \(heads[1])") + "\n"
    text += "\nWhat differs in the two keys:\n"
    for field in difference.fields { text += Self.line(field.words) }
    // Where the stages differ by themselves only, this would be said twice.
    guard difference.causes.contains(where: { !$0.roles.isEmpty }) else { return text }
    text += "\nWhere it began:\n"
    for cause in difference.causes { text += Self.line(words(cause)) }
    return text
  }

  private func words(_ cause: KeyDifference.Cause) -> String {
    let fields = cause.fields.map(\.words).joined(separator: "; ")
    guard !cause.roles.isEmpty else { return "in themselves: \(fields)" }
    let labels = [names.label(cause.before), names.label(cause.after)]
    let place = labels[0] == labels[1] ? labels[0] : labels.joined(separator: " → ")
    return "input \(cause.roles.reversed().joined(separator: " of ")) (\(place)): \(fields)"
  }

  private static func line(_ text: String) -> String {
    "  " + Words.wrapped(text, width: 77, indent: 4) + "\n"
  }

  var json: Canonical {
    func stage(_ key: StageKey) -> Canonical {
      .map(["key": .string(key.hex), "label": .string(names.label(key))])
    }
    func list(_ fields: [KeyDifference.Field]) -> Canonical {
      .list(
        fields.map {
          .map([
            "field": .string($0.path), "before": $0.before ?? .null, "after": $0.after ?? .null,
          ])
        })
    }
    return .map([
      "before": stage(before.key), "after": stage(after.key),
      "equal": .bool(before.key == after.key), "fields": list(difference.fields),
      "causes": .list(
        difference.causes.map {
          .map([
            "inputs": .list($0.roles.map { .string($0) }), "before": stage($0.before),
            "after": stage($0.after), "fields": list($0.fields),
          ])
        }),
    ])
  }
}
