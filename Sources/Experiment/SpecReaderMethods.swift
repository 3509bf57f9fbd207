extension MethodSpec {
  static func readAll(_ node: SpecNode) -> (methods: [MethodSpec], choices: [RowChoice])? {
    var methods: [MethodSpec] = []
    var chosen: [Int] = []
    var endpoints: [(place: SpecNode, word: String, method: Int)] = []
    for (key, word, value) in node.entries() {
      guard names.contains(word) else {
        key.fail(SpecMessage.unknown("method", word, among: names))
        continue
      }
      guard let method = read(word, value) else { continue }
      if case .speechFT = method {
        endpoints += Self.endpoints(value).map { ($0.place, $0.word, methods.count) }
      }
      if selects(value) { chosen.append(methods.count) }
      methods.append(method)
    }
    resolve(endpoints, in: &methods)
    return (methods, chosen.flatMap { RowChoice.choices(methods[$0]) })
  }

  /// Whether a row chosen on dev is asked for.
  private static func selects(_ node: SpecNode) -> Bool {
    guard case .mapping = node.node,
      let select = node.entries().first(where: { $0.word == selectKey })?.value
    else { return false }
    return select.word("split to choose on", among: [Split.dev.rawValue]) != nil
  }

  private static let selectKey = "select"

  private static func read(_ word: String, _ node: SpecNode) -> MethodSpec? {
    func values<Value: Hashable>(_ key: String, _ read: (SpecNode) -> Value?) -> [Value]? {
      node.fields("method '\(word)'", [key, selectKey]).required(key) { $0.values(read) }
    }
    switch word {
    case "log-mel":
      let fields = node.fields("method 'log-mel'", ["normalise"])
      return fields.required("normalise") { $0.values { $0.bool() } }
        .map { .logMel(normalise: $0) }
    case "speech-ft":
      let fields = node.fields("method 'speech-ft'", ["alpha", "from", "exclude", selectKey])
      let alphas = fields.required("alpha") { $0.values { $0.number(0...1) } }
      let excluded = fields.optional("exclude") { list in list.values { $0.string() } }
      return alphas.map {
        .speechFT(alpha: $0, excluded: (excluded ?? []).sorted())
      }
    case "l2-sp":
      let fields = node.fields("method 'l2-sp'", ["strength", "anchored", "head-decay", selectKey])
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
    case "early-stopping":
      return values("patience") { place in
        guard let patience = place.integer(1...1_000_000) else { return nil }
        place.note(.earlyStopping(patience: patience))
        return patience
      }.map { .earlyStopping(patience: $0) }
    case "linear-merge":
      return values("alpha") { $0.number(0...1) }.map { .merge([.linear], alpha: $0) }
    case "ties-merge":
      let fields = node.fields("method 'ties-merge'", ["alpha", "density", selectKey])
      let alphas = fields.required("alpha") { $0.values { $0.number(0...1) } }
      let densities = fields.required("density") { $0.values { $0.share(1e-6...1) } }
      guard let alphas, let densities else { return nil }
      return .merge(densities.map { .ties(density: $0) }, alpha: alphas)
    case "sequential":
      return values("alpha") { $0.number(0...1) }.map { .sequential(alpha: $0) }
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
    let fields = node.fields(
      "method '\(word)'", ["rank", "alpha", "targets", "dropout", selectKey])
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

// MARK: What θ′ of an α grid comes of

extension MethodSpec {
  private static let endpointNames = ["stable-ft", "regular-ft", "lora", "dora"]

  private static func endpoints(_ node: SpecNode) -> [(place: SpecNode, word: String)] {
    guard let from = node.entries().first(where: { $0.word == "from" })?.value else { return [] }
    var places: [(place: SpecNode, word: String)] = []
    _ = from.values { place -> String? in
      guard let word = place.word("method", among: endpointNames) else { return nil }
      places.append((place, word))
      return word
    }
    return places
  }

  /// Adapters are those that the spec has rows of.
  private static func resolve(
    _ endpoints: [(place: SpecNode, word: String, method: Int)], in methods: inout [MethodSpec]
  ) {
    for index in Set(endpoints.map(\.method)) {
      guard case .speechFT(let alphas, _, let excluded) = methods[index] else { continue }
      let resolved = endpoints.filter { $0.method == index }.flatMap { place, word, _ in
        let found = ways(word, methods)
        if found.isEmpty { place.fail(SpecMessage.endpointMissing(word)) }
        return found
      }
      methods[index] = .speechFT(alpha: alphas, from: resolved, excluded: excluded)
    }
  }

  private static func ways(_ word: String, _ methods: [MethodSpec]) -> [FineTuningWay] {
    switch word {
    case "stable-ft": return [.stable()]
    case "regular-ft": return [.regular]
    default:
      return methods.flatMap { method -> [FineTuningWay] in
        guard case .adapters(let adapters) = method else { return [] }
        return adapters.filter { $0.isWeightDecomposed == (word == "dora") }.map { .adapted($0) }
      }
    }
  }
}
