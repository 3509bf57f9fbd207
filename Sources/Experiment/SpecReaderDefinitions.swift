extension TaskDefinition {
  /// Reads `experiments/tasks/<name>.yaml`.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors; its last part must be the task's name.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let root = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields(
      "the task",
      [
        "task", "title", "corpus", "target", "metric", "caveat", "minutes", "trials", "head",
        "evaluate", "fine-tune", "published",
      ])
    let name = fields.required("task", SpecFile.name)
    let title = fields.required("title") { $0.string() }
    func noted(_ key: String, _ part: SpecPlaces.Part) -> String? {
      fields.required(key) { place in
        place.note(part)
        return place.string()
      }
    }
    let (corpus, target) = (noted("corpus", .corpus), noted("target", .target))
    let minutes = fields.optional("minutes", Self.minutes) ?? [:]
    let word = target.map { Target(word: $0) }
    let metric = fields.optional("metric") { place -> String? in
      guard let metric = place.string(), let word else { return nil }
      let known = (word.metrics.prefix(1) + word.otherMetrics).map(\.name)
      if known.contains(metric) { return metric }
      place.fail(SpecMessage.metricOfAnother(metric, word.word, known))
      return nil
    }
    let trials = fields.optional("trials") { $0.integer(2...100_000_000) }
    var evaluation: EvaluationDefinition?
    if fields.has("head") || fields.has("evaluate") || !fields.has("fine-tune") {
      if word == .codewords { root.fail(SpecMessage.codewordsAreNotEvaluated) }
      let isHeadless = word == .queries
      let head =
        isHeadless
        ? HeadParameters(projection: nil)
        : fields.required("head") { HeadParameters.read($0, for: word) }
      let recipe = fields.required("evaluate") {
        isHeadless ? HeadRecipe.withoutHead($0) : HeadRecipe.read($0)
      }
      evaluation = head.flatMap { head in
        recipe.map { EvaluationDefinition(head: head, recipe: $0) }
      }
    }
    if let word, !word.mayBeCut, evaluation?.recipe.cropSeconds != nil {
      root.fail(SpecMessage.cutTarget(word.word))
    }
    let caveat = fields.optional("caveat") { $0.string() }
    let published = fields.optional("published") { list in list.values { $0.string() } } ?? []
    let fineTune = fields.optional("fine-tune") {
      FineTuneDefinition.read($0, isMasked: word == .codewords)
    }
    if let word, word.isEvaluatedOnly, fineTune != nil {
      root.fail(SpecMessage.evaluatedOnly(word.word))
    }
    guard let name, let title, let corpus, let word else {
      self = try root.diagnostics.checked(nil)
      return
    }
    self = try root.diagnostics.checked(
      TaskDefinition(
        name: name, title: title, corpus: corpus, target: word, metric: metric, trials: trials,
        caveat: caveat,
        minutes: minutes, evaluation: evaluation, fineTune: fineTune, published: published,
        places: root.diagnostics.places))
  }

  static func minutes(_ node: SpecNode) -> [String: Double]? {
    let fields = node.fields("'minutes'", Split.allCases.map(\.rawValue))
    var minutes: [String: Double] = [:]
    for split in Split.allCases {
      minutes[split.rawValue] = fields.optional(split.rawValue) {
        $0.number(.positive, of: "minutes")
      }
    }
    return minutes
  }
}

extension TaskDefinition.FineTuneDefinition {
  /// `isMasked` where the target is codewords, whose head is one linear map.
  static func read(_ node: SpecNode, isMasked: Bool) -> TaskDefinition.FineTuneDefinition? {
    let own = isMasked ? "mask" : "head"
    let fields = node.fields("'fine-tune'", [own, "augment", "minutes", "recipe"])
    let minutes = fields.optional("minutes", TaskDefinition.minutes) ?? [:]
    let mask = isMasked ? fields.required("mask", MaskParameters.read) : nil
    let head =
      isMasked ? HeadParameters(projection: nil) : fields.required("head", HeadParameters.read)
    let augment = fields.optional("augment", AugmentParameters.read)
    let recipe = fields.required("recipe", FineTuneRecipe.read)
    guard let head, let recipe, isMasked == (mask != nil) else { return nil }
    return Self(head: head, mask: mask, augment: augment, minutes: minutes, recipe: recipe)
  }
}

extension SiteDefinition {
  /// Reads `experiments/sites/<name>.yaml`.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let root = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields(
      "the site",
      [
        "site", "recordings", "artifacts", "cores", "memory", "workers", "gpus", "disk", "device",
        "gradient-checkpointing", "save-every", "stage-time-limit", "slurm",
      ])
    let stageSeconds = fields.optional("stage-time-limit") { $0.seconds(atLeast: 1) }
    let slurm = fields.optional("slurm", SlurmSite.read)
    for key in ["cores", "memory", "workers", "gpus", "disk", "stage-time-limit"]
    where fields.has("slurm") {
      fields.values[key]?.fail(SpecMessage.ofOneMachine(key))
    }
    let name = fields.required("site", SpecFile.name)
    let recordings = fields.required("recordings") { $0.string() }
    let artifacts = fields.required("artifacts") { $0.string() }
    /// What the machine has, for a certain word.
    func unless<Value>(_ word: String, _ key: String, _ read: (SpecNode) -> Value?) -> Value? {
      // Stages ask a cluster for what they need, each for itself.
      if fields.has("slurm") { return nil }
      return fields.required(key) { $0.text == word ? nil : read($0) }
    }
    let cores = unless("all", "cores") { $0.integer(1...65_536) }
    let workers = unless("auto", "workers") { $0.integer(1...65_536) }
    let memory = unless("all", "memory") { place -> Double? in
      guard let text = place.string() else { return nil }
      guard text.hasSuffix(" GB"), let value = SpecNumber.real(String(text.dropLast(3))), value > 0
      else {
        place.fail(SpecMessage.type("memory", "an amount such as '8 GB', or 'all'", "'\(text)'"))
        return nil
      }
      return value
    }
    let device = fields.optional("device") { place -> Device? in
      guard let text = place.string() else { return nil }
      if let device = Device(text) { return device }
      place.fail(SpecMessage.type("device", "cpu, cuda or a card such as 'cuda:0'", "'\(text)'"))
      return nil
    }
    let gpus = fields.optional("gpus") { Self.readGPUs($0, device: device) }
    let free = fields.optional("disk") { $0.gigabytes() }.map { Int($0) }
    let checkpoints = fields.optional("gradient-checkpointing") { $0.bool() }
    let saveSeconds = fields.optional("save-every") { place -> Double? in
      guard let text = place.string() else { return nil }
      guard text.hasSuffix(" min"), let value = SpecNumber.real(String(text.dropLast(4))),
        value >= 0
      else {
        place.fail(SpecMessage.type("save-every", "a time such as '2 min'", "'\(text)'"))
        return nil
      }
      return 60 * value
    }
    guard let name, let recordings, let artifacts else {
      self = try root.diagnostics.checked(nil)
      return
    }
    self = try root.diagnostics.checked(
      SiteDefinition(
        name: name, recordings: recordings, artifacts: artifacts, cores: cores,
        memoryGigabytes: memory, workers: workers, gpus: gpus ?? [], freeBytes: free,
        computing: Computing(
          device: device ?? .cpu, checkpointsGradients: checkpoints ?? false,
          saveSeconds: saveSeconds ?? Computing.usualSaveSeconds),
        stageSeconds: stageSeconds, slurm: slurm))
  }
}

extension SiteDefinition {
  /// How many cards there are, or a list of their numbers.
  private static func readGPUs(_ node: SpecNode, device: Device?) -> [Int]? {
    guard device == .cuda(index: nil) else {
      node.fail(SpecMessage.cardsWithoutDevice)
      return nil
    }
    if case .sequence = node.node {
      let numbers = node.list().compactMap { $0.integer(0...127) }
      if Set(numbers).count < numbers.count { node.fail(SpecMessage.twice("gpus", "a card")) }
      return numbers
    }
    return node.integer(1...128).map { Array(0..<$0) }
  }
}

/// Files that others find by their name.
enum SpecFile {
  /// A name that must be the file's own, since that is how specs refer to it.
  static func name(_ node: SpecNode) -> String? {
    guard let name = Spec.name(node) else { return nil }
    let file = node.diagnostics.file.split(separator: "/").last ?? ""
    if file.hasSuffix(".yaml"), file != "\(name).yaml" {
      node.fail(SpecMessage.called(node.name, name, file: String(file)))
      return nil
    }
    return name
  }
}
