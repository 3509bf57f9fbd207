import OrderedCollections

/// What specs may name: the tasks, corpora and other experiments of one `experiments/` folder.
package struct Definitions: Sendable {
  package var tasks: [String: TaskDefinition]
  package var corpora: [String: CorpusDefinition]
  /// The other specs, by the name of their experiment.
  package var experiments: [String: Spec]

  package init(
    tasks: [String: TaskDefinition] = [:], corpora: [String: CorpusDefinition] = [:],
    experiments: [String: Spec] = [:]
  ) {
    self.tasks = tasks
    self.corpora = corpora
    self.experiments = experiments
  }

  /// The corpora whose recordings a plan of `spec` needs to know, in the order of first use.
  ///
  /// - Throws: `SpecError` naming everything that the spec names and that is not there.
  package func corpora(usedBy spec: Spec) throws(SpecError) -> OrderedSet<String> {
    try check(spec)
    var names: OrderedSet<String> = []
    for model in spec.models.keys {
      for name in pretrainingCorpora(of: ModelPath(spec: spec, model: model)) { names.append(name) }
    }
    for task in taskNames(of: spec) { tasks[task].map { _ = names.append($0.corpus) } }
    return names
  }

  /// The checkpoints that a plan of `spec` starts from, as the specs write them, with the experiment
  /// beside whose file they lie.
  ///
  /// - Throws: `SpecError` naming everything that the spec names and that is not there.
  package func checkpoints(usedBy spec: Spec) throws(SpecError) -> OrderedSet<String> {
    try check(spec)
    var paths: OrderedSet<String> = []
    for model in spec.models.keys {
      for node in lineage(of: ModelPath(spec: spec, model: model)) {
        if case .checkpoint(let path, _) = node.source { paths.append(path) }
      }
    }
    return paths
  }

  /// Fine-tuning tasks, then evaluated ones.
  func taskNames(of spec: Spec) -> OrderedSet<String> {
    OrderedSet((spec.fineTune?.tasks ?? []) + (spec.evaluate?.tasks ?? []))
  }

  // MARK: Models

  /// One model of one spec.
  struct ModelPath: Hashable {
    var spec: Spec
    var model: String

    var source: ModelSource? { spec.models[model] }
    var title: String { "\(spec.experiment)/\(model)" }

    static func == (left: Self, right: Self) -> Bool { left.title == right.title }
    func hash(into hasher: inout Hasher) { hasher.combine(title) }
  }

  /// The model that `reference` names: one of `spec`, the only one of another experiment, or
  /// `experiment/model`.
  func model(_ reference: String, from spec: Spec) -> ModelPath? {
    if spec.models[reference] != nil { return ModelPath(spec: spec, model: reference) }
    let parts = reference.split(separator: "/", maxSplits: 1).map(String.init)
    guard let name = parts.first, let other = experiments[name] else { return nil }
    if parts.count == 2 {
      return other.models[parts[1]] == nil ? nil : ModelPath(spec: other, model: parts[1])
    }
    guard other.models.count == 1, let only = other.models.keys.first else { return nil }
    return ModelPath(spec: other, model: only)
  }

  /// What the model is made from directly.
  func parent(of node: ModelPath) -> ModelPath? {
    switch node.source {
    case .elsewhere(let name): elsewhere(name, from: node.spec)
    case .pretrain(let pretrain): pretrain.teacher.flatMap { model($0, from: node.spec) }
    case .checkpoint, nil: nil
    }
  }

  /// `pretrain: name` means another experiment, never a model beside it.
  func elsewhere(_ name: String, from spec: Spec) -> ModelPath? {
    guard let found = model(name, from: spec) else { return nil }
    return found.spec.experiment == spec.experiment && !name.contains("/") ? nil : found
  }

  /// The model and what it is made from, until a root or the first repetition.
  func lineage(of node: ModelPath) -> OrderedSet<ModelPath> {
    var path: OrderedSet<ModelPath> = [node]
    var current = node
    while let next = parent(of: current), path.append(next).inserted { current = next }
    return path
  }

  /// The corpora that a model saw before fine-tuning, whoever trained it, as far as specs say.
  func pretrainingCorpora(of node: ModelPath) -> OrderedSet<String> {
    var names: OrderedSet<String> = []
    var seen: Set<ModelPath> = []
    var open = [node]
    while let node = open.popLast() {
      guard seen.insert(node).inserted else { continue }
      switch node.source {
      case .pretrain(let pretrain): names.append(contentsOf: pretrain.corpora)
      case .checkpoint(_, let trainedBy?): model(trainedBy, from: node.spec).map { open.append($0) }
      case .checkpoint, .elsewhere, nil: break
      }
      parent(of: node).map { open.append($0) }
    }
    return names
  }
}
