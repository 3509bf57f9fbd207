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
        "heard-tests", "published",
      ])
    let experiment = fields.required("experiment", Self.name)
    let question = fields.required("question") { $0.string() }
    let seeds = fields.required("seeds") { list in
      list.values { $0.integer(0...(.max)).map { UInt64($0) } }
    }
    let models = fields.required("models", Self.models)
    let fineTune = fields.optional("fine-tune", FineTuneSpec.read)
    let (methods, choices) = fields.optional("methods", MethodSpec.readAll) ?? ([], [])
    let evaluate = fields.optional("evaluate", EvaluateSpec.read)
    let compare = fields.optional("compare", ComparisonSpec.read)
    let heardTests = fields.optional("heard-tests") {
      $0.word("way with heard tests", among: ["refuse", "mark"])
    }
    let published = fields.optional("published", PublishedSpec.read)
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
        fineTune: fineTune, methods: methods, choices: choices, evaluate: evaluate,
        compare: compare, marksHeardTests: heardTests == "mark",
        obtain: fields.values["models"].map(Self.obtain) ?? [:], published: published,
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
      let fields = value.fields(
        "model '\(word)'", ["checkpoint", "trained-by", "obtain", "pretrain"])
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

extension EvaluateSpec {
  static func read(_ node: SpecNode) -> EvaluateSpec? {
    let fields = node.fields("'evaluate'", ["tasks", "score", "frames-on-disk", "batches"])
    let largest = fields.optional("frames-on-disk") { $0.gigabytes() }
    let batches = fields.optional("batches") {
      $0.word("batches of a seed", among: ["own", "shared"])
    }
    let score = fields.optional("score", ScoreSpec.read)
    let tasks = fields.required("tasks") { list in
      list.values { place -> String? in
        guard let task = place.string() else { return nil }
        place.note(.evaluateTask(task))
        return task
      }
    }
    return tasks.map {
      EvaluateSpec(
        tasks: $0, score: score, largestFrames: largest, sharesBatches: batches == "shared")
    }
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
