import OrderedCollections

/// What only several files together can show to be wrong.
extension Definitions {
  /// Checks that everything `spec` names is there and fits.
  ///
  /// - Throws: `SpecError` with every problem, each at its place.
  package func check(_ spec: Spec) throws(SpecError) {
    var problems = including(spec).modelProblems(spec)
    for task in spec.fineTune?.tasks ?? [] {
      problems += taskProblems(task, at: spec.places[.fineTuneTask(task)])
      if let definition = tasks[task], definition.fineTune == nil {
        problems.append(
          SpecProblem(SpecMessage.notFineTunable(task), at: spec.places[.fineTuneTask(task)]))
      }
      problems += recipeProblems(task, spec) + devProblems(task, spec)
    }
    problems += groupProblems(spec)
    for task in spec.evaluate?.tasks ?? [] {
      problems += taskProblems(task, at: spec.places[.evaluateTask(task)])
      problems += testProblems(task, at: spec.places[.evaluateTask(task)])
      if let definition = tasks[task], definition.evaluation == nil {
        problems.append(
          SpecProblem(SpecMessage.notEvaluable(task), at: spec.places[.evaluateTask(task)]))
      }
    }
    problems += checkpointProblems(spec) + floorProblems(spec) + publishedProblems(spec)
    if !problems.isEmpty { throw SpecError(Array(OrderedSet(problems))) }
  }

  /// Of the models of `spec` and of all that these come from, in whichever file.
  private func modelProblems(_ spec: Spec) -> [SpecProblem] {
    let own = spec.models.keys.map { ModelPath(spec: spec, model: $0) }
    return OrderedSet(own.flatMap { history(of: $0) }).flatMap { originProblems($0) }
      + own.flatMap { cycleProblems($0) }
  }

  private func originProblems(_ node: ModelPath) -> [SpecProblem] {
    let (spec, place) = (node.spec, node.spec.places[.model(node.model)])
    switch node.source {
    case .checkpoint(_, let name?), .elsewhere(let name):
      return reference(name, from: spec, elsewhere(name, from: spec), "experiment", at: place)
    case .pretrain(let pretrain):
      var problems = pretrain.corpora.flatMap {
        corpusProblems($0, at: spec.places[.pretrainingCorpus(model: node.model, $0)])
      }
      if let teacher = pretrain.teacher {
        problems += reference(
          teacher, from: spec, model(teacher, from: spec), "model",
          at: spec.places[.teacher(model: node.model)])
      }
      return problems
    case .checkpoint, nil: return []
    }
  }

  private func reference(
    _ name: String, from spec: Spec, _ found: ModelPath?, _ what: String, at place: SpecPlace
  ) -> [SpecProblem] {
    if found != nil { return [] }
    if let other = experiments[name], other.models.count > 1 {
      return [SpecProblem(SpecMessage.severalModels(name, other.models.keys), at: place)]
    }
    let known =
      experiments.values.flatMap { other in
        other.models.count == 1
          ? [other.experiment] : other.models.keys.map { "\(other.experiment)/\($0)" }
      } + (what == "model" ? Array(spec.models.keys) : [])
    return [
      SpecProblem(
        SpecMessage.unknown(what, name, among: known.filter { $0 != spec.experiment }), at: place)
    ]
  }

  private func cycleProblems(_ start: ModelPath) -> [SpecProblem] {
    let path = history(of: start)
    guard let last = path.last, let back = origin(of: last), let first = path.firstIndex(of: back)
    else { return [] }
    let circle = path[first...].map(\.title) + [back.title]
    let places = start.spec.places
    // Without a checkpoint nothing could be trained; with one, only the proof has no end.
    let isMade = path[first...].allSatisfy { parent(of: $0) != nil }
    return [
      SpecProblem(
        isMade ? SpecMessage.cycle(circle) : SpecMessage.trainedByCycle(circle),
        at: places.marks[.teacher(model: start.model)] ?? places[.model(start.model)])
    ]
  }

  /// What a spec's fields and the task's do to each other.
  private func recipeProblems(_ task: String, _ spec: Spec) -> [SpecProblem] {
    guard let recipe = recipe(of: task, in: spec), recipe.warmUp + recipe.hold > 1 else {
      return []
    }
    return [
      SpecProblem(
        SpecMessage.schedule(
          task: task, warmUp: SpecNumber.percent(recipe.warmUp),
          hold: SpecNumber.percent(recipe.hold)),
        at: spec.places[.fineTuneTask(task)])
    ]
  }

  private func taskProblems(_ name: String, at place: SpecPlace) -> [SpecProblem] {
    guard let task = tasks[name] else {
      return [SpecProblem(SpecMessage.unknown("task", name, among: tasks.keys), at: place)]
    }
    guard let corpus = corpora[task.corpus] else {
      return corpusProblems(task.corpus, at: task.places[.corpus])
    }
    let message: String? =
      switch task.target {
      case .phones:
        corpus.mayTellPhones ? nil : SpecMessage.noPhonemes(name, corpus: corpus.name)
      case .characters:
        corpus.mayTellTexts ? nil : SpecMessage.noTranscripts(name, corpus: corpus.name)
      case .slots:
        corpus.mayTellTexts ? nil : SpecMessage.noTranscripts(name, corpus: corpus.name)
      case .alignedPhones:
        corpus.manifest == nil ? SpecMessage.noAlignment(name, corpus: corpus.name) : nil
      case .label, .labels, .trials:
        task.target.labels.lazy.compactMap { unknownLabel($0, of: corpus) }.first
          ?? untried(task, corpus)
      case .turns:
        corpus.manifest == nil ? SpecMessage.noTurns(name, corpus: corpus.name) : nil
      case .queries:
        corpus.manifest == nil ? SpecMessage.noQueries(name, corpus: corpus.name) : nil
      case .codewords: nil
      }
    return message.map { [SpecProblem($0, at: task.places[.target])] } ?? []
  }

  /// Only a manifest lists trials.
  private func untried(_ task: TaskDefinition, _ corpus: CorpusDefinition) -> String? {
    guard case .trials = task.target, task.trials == nil, corpus.manifest == nil else { return nil }
    return SpecMessage.noTrials(task.name, corpus: corpus.name)
  }

  private func unknownLabel(_ label: String, of corpus: CorpusDefinition) -> String? {
    if corpus.labels.contains(label) { return nil }
    return SpecMessage.unknown(
      "target", label, among: corpus.labels + ["phones", "characters"])
  }

  private func testProblems(_ name: String, at place: SpecPlace) -> [SpecProblem] {
    guard let task = tasks[name], let corpus = corpora[task.corpus], let folder = corpus.folder
    else { return [] }
    var problems: [SpecProblem] = []
    if !folder.split.holdsOutTest {
      problems.append(
        SpecProblem(SpecMessage.nothingHeldOut(name, corpus: corpus.name), at: place))
    }
    if !folder.split.holdsOutDev, let recipe = task.evaluation?.recipe, recipe.looksAtDev {
      problems.append(
        SpecProblem(
          recipe.otherRates == nil
            ? SpecMessage.noDevForLooks(name, corpus: corpus.name)
            : SpecMessage.noDevForRates(name, corpus: corpus.name), at: place))
    }
    return problems
  }

  private func corpusProblems(_ name: String, at place: SpecPlace) -> [SpecProblem] {
    corpora[name] == nil
      ? [SpecProblem(SpecMessage.unknown("corpus", name, among: corpora.keys), at: place)] : []
  }

  /// Recipes that look at dev need one.
  private func devProblems(_ task: String, _ spec: Spec) -> [SpecProblem] {
    guard let recipe = recipe(of: task, in: spec) else { return [] }
    let place = spec.places[.fineTuneTask(task)]
    if recipe.devEvery == nil {
      return recipe.keep == nil && recipe.patience == nil
        ? [] : [SpecProblem("task '\(task)': " + SpecMessage.needsDevEvery, at: place)]
    }
    guard let corpus = tasks[task].flatMap({ corpora[$0.corpus] }),
      corpus.folder?.split.holdsOutDev == false
    else {
      return []
    }
    return [SpecProblem(SpecMessage.noDev(task, corpus: corpus.name), at: place)]
  }

  /// Tasks that are learnt together follow one recipe, and methods of several tasks need some.
  private func groupProblems(_ spec: Spec) -> [SpecProblem] {
    let groups = (spec.fineTune?.groups ?? []).filter(\.isMultiTask)
    let rows = spec.methods.flatMap(\.rows)
    var problems: [SpecProblem] = []
    if groups.isEmpty, let row = rows.first(where: \.making.needsSeveralTasks) {
      problems.append(
        SpecProblem(
          SpecMessage.nothingToMerge(row.point.name), at: SpecPlace(file: spec.places.file)))
    }
    guard rows.contains(where: \.making.isJoint) else { return problems }
    for group in groups {
      let recipes = group.tasks.compactMap { recipe(of: $0, in: spec) }
      let keys = recipes.dropFirst().flatMap { recipes[0].keysThatDiffer(from: $0) }
      guard !keys.isEmpty else { continue }
      problems.append(
        SpecProblem(
          SpecMessage.recipesDiffer(group.name, Array(OrderedSet(keys))),
          at: spec.places[.fineTuneGroup(group.name)]))
    }
    return problems
  }

  /// Early checkpoints and early stops must be kept by the recipe of every fine-tuning task.
  private func checkpointProblems(_ spec: Spec) -> [SpecProblem] {
    var problems: [SpecProblem] = []
    for case .earlyStopping(let patiences) in spec.methods {
      for (patience, name) in patiences.flatMap({ patience in
        (spec.fineTune?.tasks ?? []).map { (patience, $0) }
      }) where recipe(of: name, in: spec)?.patience?.contains(patience) != true {
        problems.append(
          SpecProblem(
            SpecMessage.earlyStopNotKept(patience: patience, task: name),
            at: spec.places[.earlyStopping(patience: patience)]))
      }
    }
    for case .earlyCheckpoint(let shares) in spec.methods {
      for share in shares {
        for name in spec.fineTune?.tasks ?? [] {
          guard let recipe = recipe(of: name, in: spec) else { continue }
          let step = recipe.checkpointStep(share)
          let text = SpecNumber.percent(share)
          let place = spec.places[.earlyCheckpoint(share)]
          if step <= recipe.headOnlySteps {
            problems.append(
              SpecProblem(
                SpecMessage.checkpointTooEarly(
                  share: text, task: name, headOnly: SpecNumber.percent(recipe.headOnly)),
                at: place))
          } else if !recipe.checkpoints.contains(where: { recipe.checkpointStep($0) == step }) {
            problems.append(
              SpecProblem(SpecMessage.checkpointNotKept(share: text, task: name), at: place))
          }
        }
      }
    }
    return problems
  }

  /// The recipe by which a spec fine-tunes on a task.
  func recipe(of task: String, in spec: Spec) -> FineTuneRecipe? {
    (tasks[task]?.fineTune?.recipe).map { spec.fineTune?.recipe.applied(to: $0) ?? $0 }
  }

  /// The recipe of tasks that are learnt together, which `check` has found to be one.
  func recipe(of group: TaskGroup, in spec: Spec) -> FineTuneRecipe? {
    group.tasks.first.flatMap { recipe(of: $0, in: spec) }
  }

  private func floorProblems(_ spec: Spec) -> [SpecProblem] {
    guard let floor = spec.evaluate?.score?.floor else { return [] }
    let titles = spec.methods.flatMap { $0.rows.map(\.point.title) }
    if titles.contains(floor) { return [] }
    return [
      SpecProblem(SpecMessage.unknown("row", floor, among: titles), at: spec.places[.floor])
    ]
  }
}
