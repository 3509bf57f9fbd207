/// Trainers of somebody's own.
extension Planner {
  /// θ′ of a trainer, or its interpolation with θ₀: α = 0 and α = 1 are the ends themselves.
  mutating func commanded(
    _ trainer: CommandTrainer, alpha: Double, _ fineTuning: FineTuning
  ) throws -> EncoderNode {
    let (pretrained, task, seed) = (
      fineTuning.pretrained, fineTuning.group.name, fineTuning.seed
    )
    if alpha == 0 { return pretrained }
    var encoder = pretrained
    // What a program of somebody's own leaves alone is not known.
    encoder.sharesDownsampling = false
    encoder.label = "\(task) · \(trainer.name) · seed \(seed)"
    encoder.input = .stage(
      try plan.add(command(trainer, pretrained, task: task, seed: seed, label: encoder.label)),
      entry: "model")
    if alpha == 1 { return encoder }
    encoder.label =
      "\(task) · \(trainer.name) α \(Canonical(number: alpha).text) · seed \(seed)"
    encoder.input = .stage(
      try plan.add(
        Stage(
          .interpolate, parameters: InterpolateParameters(alpha: alpha),
          inputs: ["pre-trained": pretrained.input, "fine-tuned": encoder.input],
          label: "interpolate " + encoder.label, resources: Resources(diskBytes: 0, cost: 0))))
    return encoder
  }

  private mutating func command(
    _ trainer: CommandTrainer, _ pretrained: EncoderNode, task name: String, seed: UInt64,
    label: String
  ) throws -> Stage {
    let task = try task(name)
    guard let definition = task.fineTune, var recipe = definitions.recipe(of: name, in: spec) else {
      throw SpecError([
        SpecProblem(SpecMessage.notFineTunable(name), at: spec.places[.fineTuneTask(name)])
      ])
    }
    guard task.target != .codewords else {
      throw SpecError([
        SpecProblem(
          SpecMessage.notCommanded(name), at: spec.places[.fineTuneTask(name)])
      ])
    }
    recipe = recipe.withoutDev
    recipe.checkpoints = []
    recipe.threads = trainer.cores
    let parameters = CommandParameters(
      run: trainer.run, files: try digests(of: trainer), parameters: trainer.parameters,
      target: task.target,
      selection: Selection(
        splits: [.train], minutes: definition.minutes.filter { $0.key == Split.train.rawValue }),
      head: definition.head, recipe: recipe)
    let content = Digest256.hex(of: Array(try Canonical(encoding: parameters.files).text.utf8))
    return try Stage(
      .command, parameters: parameters, seed: seed,
      inputs: [
        "encoder": pretrained.input, "corpus": try corpus(task.corpus),
        "files": .external(digest: content, path: input.commandFiles.folder),
      ],
      label: "command " + label,
      resources: Resources(
        cores: trainer.cores, diskBytes: pretrained.bytes,
        cost: Double(recipe.steps) * recipe.secondsPerStep * PlanMeasures.regularFineTuning))
  }

  private func digests(of trainer: CommandTrainer) throws(SpecError) -> [String: String] {
    let digests = input.commandFiles.digests
    let missing = trainer.files.filter { digests[$0] == nil }
    guard missing.isEmpty else {
      throw SpecError(
        missing.map { file in
          SpecProblem(
            SpecMessage.commandFileMissing(file, trainer: trainer.name),
            at: spec.places[.commandFile(trainer: trainer.name, file)])
        })
    }
    return digests.filter { trainer.files.contains($0.key) }
  }
}
