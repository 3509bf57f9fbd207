import OrderedCollections

/// What specs may name: the tasks, corpora and other experiments of one `experiments/` folder.
package struct Definitions: Sendable {
  package var tasks: [String: TaskDefinition]
  package var corpora: [String: CorpusDefinition]
  /// The other specs, by the name of their experiment.
  package var experiments: [String: Spec]
  package var scores: [String: ScoreDefinition] = [:]
  package var published: [String: PublishedResults] = [:]

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
    let definitions = including(spec)
    var names: OrderedSet<String> = []
    for model in spec.models.keys {
      names.append(
        contentsOf: definitions.pretrainingCorpora(of: ModelPath(spec: spec, model: model)))
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
    let definitions = including(spec)
    var paths: OrderedSet<String> = []
    for model in spec.models.keys {
      for node in definitions.lineage(of: ModelPath(spec: spec, model: model)) {
        if case .checkpoint(let path, _) = node.source { paths.append(path) }
      }
    }
    return paths
  }

  /// How to get a checkpoint, as far as a spec tells.
  package func obtain(_ checkpoint: String, for spec: Spec) -> String? {
    spec.obtain[checkpoint] ?? experiments.values.lazy.compactMap { $0.obtain[checkpoint] }.min()
  }

  /// These definitions and `spec`, which the experiments that it names may name in turn.
  func including(_ spec: Spec) -> Definitions {
    var definitions = self
    definitions.experiments[spec.experiment] = spec
    return definitions
  }

  /// Fine-tuning tasks, then evaluated ones.
  func taskNames(of spec: Spec) -> OrderedSet<String> {
    (spec.fineTune?.tasks ?? []).union(spec.evaluate?.tasks ?? [])
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

  /// The model that `reference` names: one of `spec`, or one `elsewhere`.
  func model(_ reference: String, from spec: Spec) -> ModelPath? {
    spec.models[reference] == nil
      ? elsewhere(reference, from: spec) : ModelPath(spec: spec, model: reference)
  }

  /// The only model of another experiment, or `experiment/model`: what `pretrain: name` and
  /// `trained-by: name` mean, never a model beside them that happens to have that name.
  func elsewhere(_ reference: String, from spec: Spec) -> ModelPath? {
    let parts = reference.split(separator: "/", maxSplits: 1).map(String.init)
    guard let name = parts.first, let other = experiments[name] else { return nil }
    if parts.count == 2 {
      return other.models[parts[1]] == nil ? nil : ModelPath(spec: other, model: parts[1])
    }
    guard other.experiment != spec.experiment, other.models.count == 1,
      let only = other.models.keys.first
    else { return nil }
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

  /// What the model's weights come from, in this plan or wherever its checkpoint was made.
  func origin(of node: ModelPath) -> ModelPath? {
    if case .checkpoint(_, let name?) = node.source { return elsewhere(name, from: node.spec) }
    return parent(of: node)
  }

  /// The model and what it is made from, until a root or the first repetition.
  func lineage(of node: ModelPath) -> OrderedSet<ModelPath> { chain(from: node, by: parent) }

  /// The model, what it is made from and what made its checkpoint, until a root or the first
  /// repetition.
  func history(of node: ModelPath) -> OrderedSet<ModelPath> { chain(from: node, by: origin) }

  private func chain(
    from node: ModelPath, by next: (ModelPath) -> ModelPath?
  ) -> OrderedSet<ModelPath> {
    var path: OrderedSet<ModelPath> = [node]
    var current = node
    while let following = next(current), path.append(following).inserted { current = following }
    return path
  }

  /// The corpora that a model saw before fine-tuning, whoever trained it, as far as specs say.
  func pretrainingCorpora(of node: ModelPath) -> OrderedSet<String> {
    var names: OrderedSet<String> = []
    for case .pretrain(let pretrain)? in history(of: node).map(\.source) {
      names.append(contentsOf: pretrain.corpora)
    }
    return names
  }
}
