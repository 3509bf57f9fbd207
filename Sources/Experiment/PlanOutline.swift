/// What an experiment had when it was run last: enough to tell which artifacts are its own where the spec cannot be
/// planned, and to say how far it is.
package struct PlanOutline: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    package var key: StageKey
    package var kind: StageKind
    package var label: String

    package init(key: StageKey, kind: StageKind, label: String) {
      self.key = key
      self.kind = kind
      self.label = label
    }
  }
  package var experiment: String
  package var question: String
  /// In the plan's order.
  package var stages: [Entry]

  package init(experiment: String, question: String, stages: [Entry]) {
    self.experiment = experiment
    self.question = question
    self.stages = stages
  }

  package init(_ plan: Plan) {
    self.init(
      experiment: plan.experiment, question: plan.question,
      stages: plan.stages.values.map { Entry(key: $0.key, kind: $0.kind, label: $0.label) })
  }

  /// Tells it from any other: of the names and keys, not of the labels, which are only what people call them.
  package var digest: String {
    Self.digest(experiment, question, stages.lazy.map(\.key))
  }

  /// The digest of a plan's outline, without making that.
  package static func digest(of plan: Plan) -> String {
    digest(plan.experiment, plan.question, plan.stages.keys)
  }

  private static func digest(
    _ experiment: String, _ question: String, _ keys: some Collection<StageKey>
  ) -> String {
    var bytes = Array("\(experiment)\n\(question)\n".utf8)
    bytes.reserveCapacity(bytes.count + 32 * keys.count)
    for key in keys { key.writeBytes(to: &bytes) }
    return Digest256.hex(of: bytes)
  }
}
