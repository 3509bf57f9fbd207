/// A plan in which a held-out recording would be trained on.
package struct HeldOutError: Error, Sendable, Hashable, CustomStringConvertible {
  package var stage: String
  package var corpus: String
  package var heldOutBy: String
  /// Paths in the training corpus, at most a few.
  package var recordings: [String]
  package var count: Int

  package var description: String {
    let more = count > recordings.count ? " and \(count - recordings.count) more" : ""
    return
      "'\(stage)' would train on \(count) recordings of \(corpus) that \(heldOutBy) holds out: "
      + recordings.joined(separator: ", ") + more
      + "; change the split of one of the corpora so that the test recordings are trained on by none"
  }
}

/// Proves on a plan that no training stage can see a recording that is tested with.
///
/// Recordings are known by the hash of their bytes, so a copy under another name or in another corpus
/// is found as well. Which recordings a stage may train on follows from its corpus inputs and the
/// train split alone: limits in minutes only take away.
package enum HeldOutCheck {
  /// Checks `plan` and notes in it what is held out.
  ///
  /// - Throws: `HeldOutError` naming the stage and the recordings.
  static func check(_ plan: inout Plan, _ input: PlannerInput) throws(HeldOutError) {
    let names = corpusNames(plan)
    var holders: [String: String] = [:]
    for stage in plan.stages.values where tests(stage) {
      for corpus in corpora(of: stage, names, plan) {
        for recording in input.recordings[corpus] ?? [] where recording.split == .test {
          holders[recording.digest] = corpus
        }
      }
    }
    var trained: [String: [String]] = [:]
    for stage in plan.stages.values where trains(stage) {
      for corpus in corpora(of: stage, names, plan) {
        trained[corpus, default: []].append(stage.label)
        let seen = (input.recordings[corpus] ?? []).filter { $0.split == .train }
        let leaked = seen.filter { holders[$0.digest] != nil }
        guard let first = leaked.first else { continue }
        throw HeldOutError(
          stage: stage.label, corpus: corpus, heldOutBy: holders[first.digest] ?? "",
          recordings: leaked.prefix(3).map(\.path), count: leaked.count)
      }
    }
    plan.heldOut = names.values.sorted().map { facts($0, input, trained[$0] ?? []) }
  }

  private static func trains(_ stage: Stage) -> Bool {
    [.pretrain, .fineTune, .evaluate].contains(stage.kind)
  }

  private static func tests(_ stage: Stage) -> Bool { stage.kind == .evaluate }

  private static func corpusNames(_ plan: Plan) -> [StageKey: String] {
    var names: [StageKey: String] = [:]
    for stage in plan.stages.values where stage.kind == .corpus {
      names[stage.key] = stage.parameters["definition"]?["name"]?.string
    }
    return names
  }

  private static func corpora(
    of stage: Stage, _ names: [StageKey: String], _ plan: Plan
  ) -> [String] {
    stage.inputs.values.compactMap { $0.stageKey.flatMap { names[$0] } }
  }

  private static func facts(
    _ corpus: String, _ input: PlannerInput, _ stages: [String]
  ) -> HeldOutCorpus {
    let recordings = input.recordings[corpus] ?? []
    func count(_ split: Split) -> Int { recordings.filter { $0.split == split }.count }
    let by = input.corpora[corpus]?.split.by ?? ""
    let groups = Set(recordings.filter { $0.split == .test }.compactMap { $0.labels[by] })
    return HeldOutCorpus(
      corpus: corpus, splitBy: by, trainRecordings: count(.train), devRecordings: count(.dev),
      testRecordings: count(.test), testGroups: groups.count,
      duplicates: input.duplicates[corpus] ?? 0, trainedOnBy: stages)
  }
}
