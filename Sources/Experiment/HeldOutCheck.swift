import OrderedCollections

/// A plan in which held-out recordings would be trained on.
package struct HeldOutError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Recordings of one corpus that one stage would train on and another tests with.
  package struct Leak: Sendable, Hashable {
    /// The label of the stage that would train on them.
    package var trainedBy: String
    /// The corpus in which it would.
    package var corpus: String
    /// The label of the stage that tests with them.
    package var heldOutBy: String
    /// Paths in `corpus`, sorted.
    package var recordings: [String]
  }
  package var leaks: [Leak]

  package var description: String {
    leaks.map { leak in
      let shown = leak.recordings.prefix(3).joined(separator: ", ")
      let rest = leak.recordings.count - 3
      let (verb, pronoun) = leak.recordings.count == 1 ? ("is", "it") : ("are", "them")
      return "\(shown)\(rest > 0 ? " and \(rest) more" : "") of corpus '\(leak.corpus)' \(verb) "
        + "held out by '\(leak.heldOutBy)' but would be trained on by '\(leak.trainedBy)'; hold "
        + "\(pronoun) out of '\(leak.corpus)' too, or leave that corpus out of the training"
    }.joined(separator: "\n")
  }
}

/// Proves on a plan that no training stage can see a recording that is tested with.
///
/// Recordings are known by the hash of their bytes, and pieces of one by their bounds, so a copy under
/// another name or in another corpus is found as well, and so is a piece that overlaps another. Which
/// recordings a stage may train on follows from its corpora and splits alone: limits in minutes only
/// take away. A head is gone after its own test: what it learns from counts against that alone, and a
/// task's heads may learn from what another task tests with. A checkpoint's training counts where the
/// spec says which experiment made it. A spec with
/// `heard-tests: mark` is planned all the same, and its cells are marked (`HeardTests`).
package enum HeldOutCheck {
  /// Checks `plan`.
  ///
  /// - Returns: What is held out of each corpus, for the report, in the order of names.
  /// - Throws: `HeldOutError` with every training stage that could see a held-out recording.
  package static func check(
    _ plan: Plan, _ input: PlannerInput
  ) throws(HeldOutError) -> [HeldOutCorpus] {
    let names = corpusNames(plan)
    let trainings = trainings(plan, names) + checkpointTrainings(input)
    let testers = testers(plan, names)
    let holders = holders(testers, input)
    // Models that share an origin share its leak.
    var leaks: OrderedSet<HeldOutError.Leak> = []
    var ownHolders: [String: HeldOutPieces] = [:]
    // Heads by the thousand learn from the same recordings.
    var known: [Training.Reach: (holder: String, recordings: [String])?] = [:]
    for training in trainings {
      if known[training.reach] == nil {
        var holders = holders
        if training.reach.isHead {
          let corpus = training.reach.corpus
          holders = ownHolders[corpus] ?? self.holders(testers, input, of: corpus)
          ownHolders[corpus] = holders
        }
        known[training.reach] = .some(leak(training.reach, holders, input))
      }
      guard let found = known[training.reach] ?? nil else { continue }
      leaks.append(
        HeldOutError.Leak(
          trainedBy: training.label, corpus: training.reach.corpus, heldOutBy: found.holder,
          recordings: found.recordings))
    }
    if !leaks.isEmpty, !input.spec.marksHeardTests { throw HeldOutError(leaks: Array(leaks)) }
    let byCorpus = Dictionary(grouping: trainings, by: \.reach.corpus)
    return Set(byCorpus.keys).union(testers.keys).sorted().compactMap { corpus in
      // Of what is not there nothing was checked.
      if input.recordings[corpus]?.isMissing == true { return nil }
      return facts(corpus, input, OrderedSet((byCorpus[corpus] ?? []).map(\.label)))
    }
  }

  /// What tests with something that a training learns from, and what that is; `nil` where nothing does.
  private static func leak(
    _ reach: Training.Reach, _ holders: HeldOutPieces, _ input: PlannerInput
  ) -> (holder: String, recordings: [String])? {
    let leaked = (input.recordings[reach.corpus]?.recordings ?? []).filter {
      reach.splits.contains($0.split) && holders.label(of: $0) != nil
    }
    guard let holder = leaked.first.flatMap({ holders.label(of: $0) }) else { return nil }
    return (holder, leaked.map(\.title).sorted())
  }

  /// What a stage may learn from.
  private struct Training {
    struct Reach: Hashable {
      var corpus: String
      var splits: [Split]
      /// Whether only a head learns, which is gone after its test.
      var isHead = false
    }
    var label: String
    var reach: Reach
  }

  private static func trainings(_ plan: Plan, _ names: [StageKey: String]) -> [Training] {
    var trainings: [Training] = []
    for stage in plan.stages.values {
      let splits = splits(trainedOnBy: stage, isHead: true)
      if splits.isEmpty { continue }
      for corpus in corpora(of: stage, names) {
        trainings.append(
          Training(
            label: stage.label,
            reach: .init(corpus: corpus, splits: splits, isHead: stage.kind == .evaluate)))
      }
    }
    return trainings
  }

  /// The splits that a stage learns from, of all its corpora; none for stages that do not train an
  /// encoder, or with `isHead` a head.
  static func splits(trainedOnBy stage: Stage, isHead: Bool) -> [Split] {
    switch stage.kind {
    case .pretrain: return [.train]
    // Heads learn from the train split of what they are given.
    case .evaluate: return isHead ? [.train] : []
    case .fineTune, .command:
      guard case .list(let words)? = stage.parameters["selection"]?["splits"] else { return [] }
      return words.compactMap { $0.string.flatMap(Split.init) }
    case .corpus, .downsample, .codewords, .interpolate, .features, .compare: return []
    }
  }

  private static func checkpointTrainings(_ input: PlannerInput) -> [Training] {
    input.spec.models.keys.flatMap { model in
      let path = Definitions.ModelPath(spec: input.spec, model: model)
      return input.definitions.lineage(of: path).flatMap { node -> [Training] in
        guard case .checkpoint(_, let name?) = node.source else { return [] }
        return input.definitions.pretrainingCorpora(of: node).map {
          Training(
            label: "checkpoint \(node.model) of \(name)",
            reach: .init(corpus: $0, splits: [.train]))
        }
      }
    }
  }

  /// The corpora that are tested with, and the label of the first stage that does.
  private static func testers(_ plan: Plan, _ names: [StageKey: String]) -> [String: String] {
    var labels: [String: String] = [:]
    for stage in plan.stages.values {
      for corpus in testedCorpora(stage, plan, names) where labels[corpus] == nil {
        labels[corpus] = stage.label
      }
    }
    return labels
  }

  /// What is tested with, by whom; of one corpus, or of all.
  private static func holders(
    _ testers: [String: String], _ input: PlannerInput, of only: String? = nil
  ) -> HeldOutPieces {
    var holders = HeldOutPieces()
    for (corpus, label) in testers.sorted(by: { $0.key < $1.key })
    where corpus == only ?? corpus {
      for recording in input.recordings[corpus]?.recordings ?? [] where recording.split == .test {
        holders.add(recording, label: label)
      }
    }
    return holders
  }

  private static func testedCorpora(
    _ stage: Stage, _ plan: Plan, _ names: [StageKey: String]
  ) -> [String] {
    switch stage.kind {
    case .evaluate: corpora(of: stage, names)
    case .compare:
      stage.inputs.values.compactMap { $0.stageKey.flatMap { plan.stages[$0] } }
        .filter { $0.kind == .features }.flatMap { corpora(of: $0, names) }
    case .corpus, .pretrain, .downsample, .codewords, .fineTune, .command, .interpolate, .features:
      []
    }
  }

  /// What the corpora of a plan are called, by the stages that make them.
  static func corpusNames(_ plan: Plan) -> [StageKey: String] {
    var names: [StageKey: String] = [:]
    for stage in plan.stages.values where stage.kind == .corpus {
      names[stage.key] = stage.parameters["definition"]?["name"]?.string
    }
    return names
  }

  /// The corpora that a stage reads itself.
  static func corpora(of stage: Stage, _ names: [StageKey: String]) -> [String] {
    stage.inputs.values.compactMap { $0.stageKey.flatMap { names[$0] } }
  }

  private static func facts(
    _ corpus: String, _ input: PlannerInput, _ trainedOnBy: OrderedSet<String>
  ) -> HeldOutCorpus {
    let found = input.recordings[corpus]
    let recordings = found?.recordings ?? []
    func count(_ split: Split) -> Int { recordings.count { $0.split == split } }
    let by = input.definitions.corpora[corpus]?.folder?.split.by
    let test = recordings.filter { $0.split == .test }
    // A manifest splits as it likes; what it holds out whole are at least files.
    let groups = Set(
      test.compactMap { recording in by.map { recording.labels[$0] } ?? recording.digest })
    return HeldOutCorpus(
      corpus: corpus, splitBy: by ?? "manifest", trainRecordings: count(.train),
      devRecordings: count(.dev),
      testRecordings: count(.test), testGroups: groups.count, duplicates: found?.duplicates ?? 0,
      trainedOnBy: Array(trainedOnBy))
  }
}
