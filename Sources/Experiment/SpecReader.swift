import OrderedCollections

extension Spec {
  /// Reads a spec.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let root = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields(
      "the spec",
      [
        "experiment", "question", "seeds", "models", "fine-tune", "methods", "evaluate", "compare",
      ])
    let experiment = fields.required("experiment", Self.name)
    let question = fields.required("question") { $0.string() }
    let seeds = fields.required("seeds") { list in
      list.values { $0.integer(0...(.max)).map { UInt64($0) } }
    }
    let models = fields.required("models", Self.models)
    let fineTune = fields.optional("fine-tune", FineTuneSpec.read)
    let methods = fields.optional("methods", MethodSpec.readAll) ?? []
    let evaluate = fields.optional("evaluate", EvaluateSpec.read)
    let compare = fields.optional("compare", ComparisonSpec.read)
    if fields.has("methods"), !fields.has("evaluate") {
      root.fail("'methods' are rows of a table; name its columns: 'evaluate: { tasks: […] }'")
    }
    if fields.has("compare"), !fields.has("evaluate") {
      root.fail("'compare' takes the test recordings of the tasks of 'evaluate', which is missing")
    }
    if methods.contains(where: \.trains), !fields.has("fine-tune") {
      root.fail("'methods' fine-tune; say on what: 'fine-tune: { tasks: […] }'")
    }
    let diagnostics = root.diagnostics
    guard let experiment, let question, let seeds, let models else {
      self = try diagnostics.checked(nil)
      return
    }
    self = try diagnostics.checked(
      Spec(
        experiment: experiment, question: question, seeds: seeds, models: models,
        fineTune: fineTune, methods: methods, evaluate: evaluate, compare: compare,
        places: diagnostics.places))
  }

  /// A name that may be part of a path.
  static func name(_ node: SpecNode) -> String? {
    guard let name = node.string() else { return nil }
    let isPlain = name.utf8.allSatisfy { letter in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(letter) || "-_.".utf8.contains(letter)
    }
    guard isPlain, !name.hasPrefix("."), !name.hasPrefix("-") else {
      node.fail("'\(node.name)' names a folder: letters, digits, '-', '_' and '.', not '\(name)'")
      return nil
    }
    return name
  }

  private static func models(_ node: SpecNode) -> OrderedDictionary<String, ModelSource>? {
    var models: OrderedDictionary<String, ModelSource> = [:]
    for (key, word, value) in node.entries() {
      key.note(.model(word))
      let fields = value.fields("model '\(word)'", ["checkpoint", "trained-by", "pretrain"])
      let trainedBy = fields.optional("trained-by") { $0.string() }
      switch (fields.has("checkpoint"), fields.has("pretrain")) {
      case (true, false):
        models[word] = fields.optional("checkpoint") { $0.string() }
          .map { .checkpoint(path: $0, trainedBy: trainedBy) }
      case (false, true):
        models[word] = fields.optional("pretrain") { pretrain(word, $0) }
        if fields.has("trained-by") { key.fail("'trained-by' goes with 'checkpoint'") }
      default:
        key.fail(SpecMessage.exclusive("model '\(word)'", "checkpoint", "pretrain"))
      }
    }
    if case .mapping(let mapping) = node.node, mapping.isEmpty {
      node.fail(SpecMessage.missing("models", "the spec"))
    }
    return models
  }

  /// A recipe, or the name of another experiment that has one.
  private static func pretrain(_ model: String, _ node: SpecNode) -> ModelSource? {
    if case .mapping = node.node {
      return PretrainSpec.read(node, model: model).map { .pretrain($0) }
    }
    return node.string().map { .elsewhere($0) }
  }
}

extension MethodSpec {
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
    func values<Value: Hashable>(_ key: String, _ read: (SpecNode) -> Value?) -> [Value]? {
      node.fields("method '\(word)'", [key]).required(key) { $0.values(read) }
    }
    switch word {
    case "log-mel": return values("normalise") { $0.bool() }.map { .logMel(normalise: $0) }
    case "speech-ft":
      let fields = node.fields("method 'speech-ft'", ["alpha", "from", "exclude"])
      let alphas = fields.required("alpha") { $0.values { $0.number(0...1) } }
      let endpoints = fields.optional("from") { list in
        list.values { place -> Endpoint? in
          place.word("method", among: Endpoint.allCases.map(\.rawValue))
            .flatMap(Endpoint.init(rawValue:))
        }
      }
      let excluded = fields.optional("exclude") { list in list.values { $0.string() } }
      return alphas.map {
        .speechFT(alpha: $0, from: endpoints ?? [.stableFT], excluded: (excluded ?? []).sorted())
      }
    case "l2-sp":
      let fields = node.fields("method 'l2-sp'", ["strength", "anchored", "head-decay"])
      let strengths = fields.required("strength") { $0.values { $0.number(.notNegative) } }
      let anchored = fields.optional("anchored") { list in
        list.values { place -> Anchored? in
          place.word("value of 'anchored'", among: Anchored.allCases.map(\.rawValue))
            .flatMap(Anchored.init(rawValue:))
        }
      }
      let decays = fields.optional("head-decay") { $0.values { $0.number(.notNegative) } }
      return strengths.map {
        .l2SP(strength: $0, anchored: anchored ?? [.all], headDecay: decays ?? [0])
      }
    case "early-checkpoint":
      return values("at") { place in
        guard let share = place.share(0.001...1) else { return nil }
        place.note(.earlyCheckpoint(share))
        return share
      }.map { .earlyCheckpoint(at: $0) }
    case "lora", "dora": return adapters(word, node)
    case "command": return .command(CommandTrainer.readAll(node))
    default:
      _ = node.fields("method '\(word)'", [])
      return ["pre-trained": .preTrained, "regular-ft": .regularFT, "stable-ft": .stableFT][word]
    }
  }
}

extension MethodSpec {
  private static func adapters(_ word: String, _ node: SpecNode) -> MethodSpec? {
    let fields = node.fields("method '\(word)'", ["rank", "alpha", "targets", "dropout"])
    let ranks = fields.required("rank") { $0.values { $0.integer(1...4096) } }
    let alphas = fields.required("alpha") { $0.values { $0.number(.positive) } }
    let targets = fields.required("targets") { list in
      list.values { place -> AdapterTarget? in
        place.word("linear map", among: AdapterTarget.allCases.map(\.rawValue))
          .flatMap(AdapterTarget.init(rawValue:))
      }
    }
    let dropout = fields.required("dropout") { $0.share(0...0.99) }
    guard let ranks, let alphas, let targets, let dropout else { return nil }
    return .adapters(
      ranks.flatMap { rank in
        alphas.map { alpha in
          AdapterParameters(
            rank: rank, alpha: alpha,
            // One order: what is the same is one training.
            targets: AdapterTarget.allCases.filter(targets.contains), dropout: dropout,
            isWeightDecomposed: word == "dora")
        }
      })
  }
}

extension FineTuneSpec {
  static func read(_ node: SpecNode) -> FineTuneSpec? {
    let fields = node.fields("'fine-tune'", ["tasks", "recipe"])
    let recipe = fields.optional("recipe", RecipeOverrides.read) ?? RecipeOverrides()
    let tasks = fields.required("tasks") { list in
      list.values { place -> String? in
        guard let task = place.string() else { return nil }
        place.note(.fineTuneTask(task))
        return task
      }
    }
    return tasks.map { FineTuneSpec(tasks: $0, recipe: recipe) }
  }
}

extension EvaluateSpec {
  static func read(_ node: SpecNode) -> EvaluateSpec? {
    let fields = node.fields("'evaluate'", ["tasks", "score"])
    let score = fields.optional("score", ScoreSpec.read)
    let tasks = fields.required("tasks") { list in
      list.values { place -> String? in
        guard let task = place.string() else { return nil }
        place.note(.evaluateTask(task))
        return task
      }
    }
    return tasks.map { EvaluateSpec(tasks: $0, score: score) }
  }
}

extension ScoreSpec {
  static func read(_ node: SpecNode) -> ScoreSpec? {
    let fields = node.fields("'score'", ["name", "floor", "ceiling"])
    // All errors gone: the only ceiling that needs no published system.
    _ = fields.required("ceiling") { $0.word("ceiling", among: ["perfect"]) }
    let name = fields.required("name") { $0.string() }
    let floor = fields.required("floor") { place -> String? in
      place.note(.floor)
      return place.string()
    }
    guard let name, let floor else { return nil }
    return ScoreSpec(name: name, floor: floor)
  }
}

extension ComparisonSpec {
  static func read(_ node: SpecNode) -> ComparisonSpec? {
    let fields = node.fields("'compare'", ["measures", "corpus", "frames", "minutes", "ridge"])
    _ = fields.required("corpus") { $0.word("corpus to compare on", among: ["held-out"]) }
    let measures = fields.required("measures") { list in
      list.values { $0.word("measure", among: measureNames) }
    }
    let frames = fields.required("frames") { $0.integer(100...1_000_000) }
    let minutes = fields.optional("minutes") { $0.number(.positive, of: "minutes") }
    let ridge = fields.required("ridge") { $0.number(.positive) }
    guard let measures, let frames, let ridge else { return nil }
    return ComparisonSpec(measures: measures, frames: frames, ridge: ridge, minutes: minutes)
  }
}
