import Experiment

/// Sentences on methods against each other, which quote the table of paired differences.
struct MethodClaims {
  let results: Results
  let family: PairedFamily

  init(results: Results, family: PairedFamily? = nil) {
    self.results = results
    self.family = family ?? PairedFamily(results)
  }

  private var tasks: [TaskColumn] { results.tasks }

  /// The sentences of one fine-tuning, in a fixed order; those whose rows the experiment lacks are
  /// left out.
  func sentences(_ group: FineTuningGroup) -> [String] {
    Self.pairs(group, tasks).compactMap { sentence($0, $1, group) }
  }

  /// What the sentences have in common.
  var introduction: String {
    "Differences are in points of accuracy, or 100 − error rate, above 0 where the first is better; "
      + "intervals are of 95 %, and p-values are corrected for all "
      + "\(NumberText.count(family.count, "comparison")) of the table “paired”. Told apart is what has p "
      + "below 0.05."
  }

  /// The Speech-FT row with the best mean over all tasks.
  static func bestInterpolation(_ group: FineTuningGroup, _ tasks: [TaskColumn]) -> ResultRow? {
    let rows = group.rows.filter { row in
      row.method.name == "speech-ft" && (row.method.alpha.map { $0 > 0 && $0 < 1 } ?? false)
    }
    let means = rows.compactMap { row in
      row.merit(over: tasks).mean.map { (row: row, mean: $0) }
    }
    return means.reduce(nil as (row: ResultRow, mean: Double)?) { best, next in
      best.map { next.mean > $0.mean ? next : $0 } ?? next
    }?.row
  }

  /// Which rows the sentences are about.
  static func pairs(_ group: FineTuningGroup, _ tasks: [TaskColumn]) -> [(ResultRow, ResultRow)] {
    func rows(_ name: String) -> [ResultRow] {
      group.chosen(name).map { [$0] } ?? group.rows.filter { $0.method.name == name }
    }
    var pairs: [(ResultRow, ResultRow)] = []
    let stable = rows("stable-ft").first
    if let lead = group.lead(tasks)?.row {
      let others = [group.pretrained, stable].compactMap { $0 } + rows("l2-sp")
      let rest = [
        "lora", "dora", "early-checkpoint", "early-stopping", "regular-ft",
        "speech-ft-from-regular-ft", "linear-merge", "ties-merge", "sequential",
      ].flatMap(rows)
      pairs += (others + rest).map { (lead, $0) }
    }
    if let stable {
      if let pretrained = group.pretrained { pairs.append((stable, pretrained)) }
      pairs += rows("regular-ft").map { (stable, $0) }
      // Trainers of somebody's own; their interpolations would only be more pairs.
      pairs += group.rows
        .filter { !MethodSpec.rowNames.contains($0.method.name) && $0.method.alpha == 1 }
        .map { ($0, stable) }
    }
    return pairs
  }

  private func sentence(
    _ first: ResultRow, _ second: ResultRow, _ group: FineTuningGroup
  ) -> String? {
    let names = [first, second].map(results.title)
    if PairedComparison(first, second, tasks: tasks).isIdentity {
      return "\(names[0]) and \(names[1]) have the same results."
    }
    guard let pair = family.pair(first, second, over: tasks) else { return nil }
    guard let told = pair.told else {
      return "\(names[0]) and \(names[1]) are not compared: \(pair.reason ?? "nothing is known.")"
    }
    let verdict =
      told.isShown
      ? "\(names[0]) \(told.value > 0 ? "exceeds" : "falls below") \(names[1])"
      : "\(names[0]) and \(names[1]) are not told apart"
    let seeds =
      told.seeds == 1
      ? "of one seed, so that only the tests' units were drawn"
      : "over \(NumberText.count(told.seeds, "seed"))"
    return "\(verdict) over all tasks: \(told.shortWords)"
      + "\(parts(first, second, group)); \(seeds)."
  }

  /// `; fine-tuned task −0.3 (−2.0…+1.4, p = 1.000), the others +1.6 (+0.2…+3.0, p = 0.021)`.
  private func parts(
    _ first: ResultRow, _ second: ResultRow, _ group: FineTuningGroup
  ) -> String {
    let own = group.own(tasks)
    let others = group.others(tasks)
    // One that is all was told.
    guard !own.isEmpty, !others.isEmpty else { return "" }
    let told = [
      (own.count > 1 ? "fine-tuned tasks" : "fine-tuned task", own), ("the others", others),
    ].compactMap { what, tasks in
      family.pair(first, second, over: tasks)?.told.map { "\(what) \($0.shortWords)" }
    }
    return told.isEmpty ? "" : "; " + told.joined(separator: ", ")
  }
}
