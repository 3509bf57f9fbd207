import OrderedCollections

extension Spec {
  /// Reads a spec.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let (root, diagnostics) = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields(
      "a spec",
      [
        "experiment", "question", "seeds", "models", "fine-tune", "methods", "evaluate", "compare",
      ])
    let experiment = fields.required("experiment", Self.name)
    let question = fields.required("question") { $0.string() }
    let seeds = fields.required("seeds", Self.seeds)
    let models = fields.required("models", Self.models)
    let fineTune = fields.optional("fine-tune", FineTuneSpec.read)
    let methods = fields.optional("methods", MethodSpec.readAll) ?? []
    let evaluate = fields.optional("evaluate", EvaluateSpec.read)
    let compare = fields.optional("compare", ComparisonSpec.read)
    if !methods.isEmpty, evaluate == nil, !fields.has("evaluate") {
      root.fail("'methods' are compared by 'evaluate', which is missing")
    }
    for method in methods where method.trains && fineTune == nil && !fields.has("fine-tune") {
      root.fail("'methods' fine-tune, and 'fine-tune' with its tasks is missing")
      break
    }
    try diagnostics.throwIfAny()
    guard let experiment, let question, let seeds, let models else { throw SpecError([]) }
    self.init(
      experiment: experiment, question: question, seeds: seeds, models: models, fineTune: fineTune,
      methods: methods, evaluate: evaluate, compare: compare)
  }

  /// A name that may be part of a path.
  static func name(_ node: SpecNode) -> String? {
    guard let name = node.string() else { return nil }
    guard name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }),
      !name.hasPrefix(".")
    else {
      node.fail("'\(node.name)' may hold letters, digits, '-', '_' and '.', not '\(name)'")
      return nil
    }
    return name
  }

  private static func seeds(_ node: SpecNode) -> [UInt64]? {
    var seeds: [UInt64] = []
    for element in node.list() {
      guard let seed = element.integer(0...(.max)) else { continue }
      if seeds.contains(UInt64(seed)) { element.fail("seed \(seed) stands twice") }
      seeds.append(UInt64(seed))
    }
    return seeds
  }

  private static func models(_ node: SpecNode) -> OrderedDictionary<String, ModelSource>? {
    var models: OrderedDictionary<String, ModelSource> = [:]
    for (key, word, value) in node.entries() {
      let fields = value.fields("model '\(word)'", ["checkpoint", "pretrain"])
      switch (fields.has("checkpoint"), fields.has("pretrain")) {
      case (true, false):
        models[word] = fields.optional("checkpoint") { $0.string() }.map { .checkpoint(path: $0) }
      case (false, true):
        models[word] = fields.optional("pretrain", PretrainSpec.read).map { .pretrain($0) }
      default:
        key.fail("model '\(word)' needs either 'checkpoint' or 'pretrain'")
      }
    }
    if models.isEmpty { node.fail("'models' names no model") }
    return models
  }
}

extension MethodSpec {
  /// Whether the method needs a fine-tuning task.
  var trains: Bool {
    switch self {
    case .logMel, .preTrained: false
    case .regularFT, .stableFT, .speechFT, .l2SP, .earlyCheckpoint: true
    }
  }

  static func readAll(_ node: SpecNode) -> [MethodSpec]? {
    node.entries().compactMap { key, word, value in
      guard names.contains(word) else {
        key.fail(SpecMessage.unknown("method", word, among: names))
        return nil
      }
      return read(word, value)
    }
  }

  private static func read(_ word: String, _ node: SpecNode) -> MethodSpec? {
    func values<Value>(_ key: String, _ read: (SpecNode) -> Value?) -> [Value]? {
      node.fields("method '\(word)'", [key]).required(key) { $0.list().compactMap(read) }
    }
    switch word {
    case "log-mel": return values("normalise") { $0.bool() }.map { .logMel(normalise: $0) }
    case "speech-ft": return values("alpha") { $0.number(0...1) }.map { .speechFT(alpha: $0) }
    case "l2-sp":
      return values("strength") { $0.number(.notNegative) }.map { .l2SP(strength: $0) }
    case "early-checkpoint":
      return values("at") { $0.share(0.001...1) }.map { .earlyCheckpoint(at: $0) }
    default:
      _ = node.fields("method '\(word)'", [])
      return ["pre-trained": .preTrained, "regular-ft": .regularFT, "stable-ft": .stableFT][word]
    }
  }
}

extension FineTuneSpec {
  static func read(_ node: SpecNode) -> FineTuneSpec? {
    let fields = node.fields("'fine-tune'", ["tasks", "recipe"])
    let recipe = fields.optional("recipe", RecipeOverrides.read) ?? RecipeOverrides()
    return fields.required("tasks") { $0.list().compactMap { $0.string() } }
      .map { FineTuneSpec(tasks: $0, recipe: recipe) }
  }
}

extension EvaluateSpec {
  static func read(_ node: SpecNode) -> EvaluateSpec? {
    let fields = node.fields("'evaluate'", ["tasks", "score"])
    let score = fields.optional("score") { node in
      let fields = node.fields("'score'", ["name", "floor", "ceiling"])
      _ = fields.required("ceiling") { place in
        if place.string() != "perfect" {
          place.fail("'ceiling' must be 'perfect': 0 errors, all right")
        }
        return place.string()
      }
      guard let name = fields.required("name", { $0.string() }),
        let floor = fields.required("floor", { $0.string() })
      else { return nil as ScoreSpec? }
      return ScoreSpec(name: name, floor: floor)
    }
    return fields.required("tasks") { $0.list().compactMap { $0.string() } }
      .map { EvaluateSpec(tasks: $0, score: score) }
  }
}

extension ComparisonSpec {
  static func read(_ node: SpecNode) -> ComparisonSpec? {
    let fields = node.fields("'compare'", ["measures", "corpus", "frames", "ridge"])
    _ = fields.required("corpus") { place in
      if place.string() != "held-out" {
        place.fail("'corpus' must be 'held-out': the test recordings of the evaluated tasks")
      }
      return place.string()
    }
    let measures = fields.required("measures") { list in
      list.list().compactMap { place -> String? in
        guard let word = place.string() else { return nil }
        guard measureNames.contains(word) else {
          place.fail(SpecMessage.unknown("measure", word, among: measureNames))
          return nil
        }
        return word
      }
    }
    let frames = fields.required("frames") { $0.integer(100...1_000_000) }
    let ridge = fields.required("ridge") { $0.number(.notNegative) }
    guard let measures, let frames, let ridge else { return nil }
    return ComparisonSpec(measures: measures, frames: frames, ridge: ridge)
  }
}
