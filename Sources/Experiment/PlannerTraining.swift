import OrderedCollections

/// One fine-tuning of a model.
struct FineTuning {
  /// The name in the spec.
  var model: String
  var group: TaskGroup
  var seed: UInt64
  /// θ₀, whose downsampling module every stable fine-tuning keeps.
  var pretrained: EncoderNode
  /// What is fine-tuned: θ₀, or what an earlier round made of it.
  var start: EncoderNode
  /// What labels say of the start.
  var words = ""
}

/// The trainings of a plan.
extension Planner {
  /// Fine-tunes `fineTuning.start` on all tasks of the group in one training. Every point of an α grid
  /// asks for the same one.
  mutating func fineTuned(_ fineTuning: FineTuning, _ way: FineTuningWay) throws -> EncoderNode {
    let question = PlannerMemory.Training(fineTuning, way)
    if let known = memory.trainings[question] { return known }
    let encoder = try training(fineTuning, way)
    memory.trainings[question] = encoder
    return encoder
  }

  private mutating func training(
    _ fineTuning: FineTuning, _ way: FineTuningWay
  ) throws -> EncoderNode {
    let isStable = way.freezesDownsampling
    let parameters = try parameters(fineTuning, way)
    let recipe = parameters.recipe
    var inputs: OrderedDictionary<String, StageInput> = ["encoder": fineTuning.start.input]
    for (number, name) in fineTuning.group.tasks.enumerated() {
      let task = try task(name)
      let suffix = number == 0 ? "" : ".\(number)"
      inputs["corpus" + suffix] = try corpus(task.corpus)
      if task.target == .codewords {
        inputs["codewords" + suffix] = try codewords(
          fineTuning, task, parameters.tasks[number].selection)
      }
      if isStable {
        inputs["downsampled" + suffix] = try downsampled(
          fineTuning.pretrained, task, isForEvaluation: false)
      }
    }
    if recipe.headOnlySteps > 0 {
      inputs["start"] = try headOnly(parameters, inputs, fineTuning)
    }
    let second =
      (isStable ? PlanMeasures.fineTuning : PlanMeasures.regularFineTuning)
      * fineTuning.start.effort
    let kept = 1 + recipe.checkpoints.count + (recipe.patience?.count ?? 0)
    let words = "\(way.words)\(fineTuning.words) · seed \(fineTuning.seed)"
    let key = try plan.add(
      Stage(
        .fineTune, parameters: parameters, seed: fineTuning.seed, inputs: inputs,
        label: "fine-tune \(fineTuning.group.name) · \(words)",
        resources: Resources(
          cores: recipe.threads, diskBytes: kept * fineTuning.start.bytes,
          cost: Double(recipe.steps - recipe.headOnlySteps) * recipe.secondsPerStep * second
            * Double(fineTuning.group.tasks.count))))
    var encoder = fineTuning.start
    encoder.input = .stage(key, entry: "model")
    encoder.sharesDownsampling = isStable
    encoder.label = "\(fineTuning.group.name) · \(words)"
    return encoder
  }

  private func parameters(
    _ fineTuning: FineTuning, _ way: FineTuningWay
  ) throws -> FineTuneParameters {
    guard var recipe = definitions.recipe(of: fineTuning.group, in: spec) else {
      throw notFineTunable(fineTuning.group.name)
    }
    if !way.freezesDownsampling { recipe.headOnly = 0 }
    // Only Stable-FT's way is looked at before its end.
    recipe.checkpoints = way == .stable() ? recipe.checkpoints.sorted() : []
    recipe.patience = way == .stable() ? recipe.patience?.sorted() : nil
    if recipe.keep == nil, recipe.patience == nil { recipe = recipe.withoutDev }
    var tasks: [FineTuneTask] = []
    for name in fineTuning.group.tasks {
      let task = try task(name)
      guard let definition = task.fineTune else { throw notFineTunable(name) }
      tasks.append(
        FineTuneTask(
          target: task.target,
          selection: Selection(
            splits: recipe.devEvery == nil ? [.train] : [.train, .dev],
            minutes: definition.minutes.filter { recipe.devEvery != nil || $0.key == "train" }),
          head: definition.head, mask: definition.mask, augment: definition.augment))
    }
    return FineTuneParameters(
      phase: .joint, task: tasks[0], alongside: Array(tasks.dropFirst()), recipe: recipe,
      freezeDownsampling: way.freezesDownsampling, penalty: way.penalty, adapters: way.adapters)
  }

  /// Pseudo-labels of θ₀, also where an earlier round has changed what is fine-tuned.
  private mutating func codewords(
    _ fineTuning: FineTuning, _ task: TaskDefinition, _ selection: Selection
  ) throws -> StageInput {
    guard let codebook = fineTuning.pretrained.codebook else {
      throw SpecError([
        SpecProblem(
          SpecMessage.noCodebook(fineTuning.model, task: task.name),
          at: spec.places[.model(fineTuning.model)])
      ])
    }
    let minutes = minutes(selection, task.corpus)
    return .stage(
      try plan.add(
        Stage(
          .codewords, parameters: CodewordsParameters(selection: selection, threads: 1),
          inputs: [
            "encoder": fineTuning.pretrained.input, "codebook": codebook,
            "corpus": try corpus(task.corpus),
          ],
          label: "codewords \(task.corpus) · \(fineTuning.model)",
          resources: Resources(
            diskBytes: Int(minutes * 60 * PlanMeasures.frameRate) * 4,
            cost: minutes * 60 * PlanMeasures.encoding * fineTuning.start.effort))))
  }

  private func notFineTunable(_ task: String) -> SpecError {
    SpecError([
      SpecProblem(SpecMessage.notFineTunable(task), at: spec.places[.fineTuneTask(task)])
    ])
  }

  /// The first β of the steps, which every method that starts with them shares: what comes later
  /// (checkpoints, looks at dev, the penalty) is no part of it.
  private mutating func headOnly(
    _ joint: FineTuneParameters, _ inputs: OrderedDictionary<String, StageInput>,
    _ fineTuning: FineTuning
  ) throws -> StageInput {
    var parameters = joint.withoutDev
    parameters.phase = .headOnly
    parameters.penalty = nil
    parameters.adapters = nil
    parameters.recipe.checkpoints = []
    let recipe = parameters.recipe
    return .stage(
      try plan.add(
        Stage(
          .fineTune, parameters: parameters, seed: fineTuning.seed, inputs: inputs,
          label: "fine-tune \(fineTuning.group.name) · head only\(fineTuning.words) · "
            + "seed \(fineTuning.seed)",
          resources: Resources(
            cores: recipe.threads,
            cost: Double(recipe.headOnlySteps) * recipe.secondsPerStep * PlanMeasures.encoding
              * Double(fineTuning.group.tasks.count) * fineTuning.start.effort))))
  }
}

extension FineTuneParameters {
  /// What a training that never looks at dev is given.
  fileprivate var withoutDev: FineTuneParameters {
    func training(_ selection: Selection) -> Selection {
      Selection(
        splits: selection.splits.filter { $0 != .dev },
        minutes: selection.minutes.filter { $0.key != Split.dev.rawValue })
    }
    var parameters = self
    parameters.recipe = recipe.withoutDev
    parameters.selection = training(selection)
    parameters.alongside = alongside?.map { task in
      var task = task
      task.selection = training(task.selection)
      return task
    }
    return parameters
  }
}
