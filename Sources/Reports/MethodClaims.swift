import Experiment

/// Sentences on methods against each other, by paired differences over seeds.
struct MethodClaims {
  let results: Results

  private var tasks: [TaskColumn] { results.tasks }

  /// The sentences of one fine-tuning, in a fixed order; those whose rows the experiment lacks are
  /// left out.
  func sentences(_ group: FineTuningGroup) -> [String] {
    comparisons(group).map { sentence($0, group) }
  }

  /// How many comparisons the report makes over all fine-tunings.
  var count: Int { results.groups.reduce(0) { $0 + comparisons($1).count } }

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

  private func comparisons(_ group: FineTuningGroup) -> [PairedComparison] {
    func rows(_ name: String) -> [ResultRow] { group.rows.filter { $0.method.name == name } }
    var pairs: [(ResultRow, ResultRow)] = []
    let stable = rows("stable-ft").first
    if let best = Self.bestInterpolation(group, tasks) {
      let others = [group.pretrained, stable].compactMap { $0 } + rows("l2-sp")
      let rest = [
        "lora", "dora", "early-checkpoint", "early-stopping", "regular-ft",
        "speech-ft-from-regular-ft", "linear-merge", "ties-merge", "sequential",
      ].flatMap(rows)
      pairs += (others + rest).map { (best, $0) }
    }
    if let stable {
      if let pretrained = group.pretrained { pairs.append((stable, pretrained)) }
      pairs += rows("regular-ft").map { (stable, $0) }
      // Trainers of somebody's own; their interpolations would only be more pairs.
      pairs += group.rows
        .filter { !MethodSpec.rowNames.contains($0.method.name) && $0.method.alpha == 1 }
        .map { ($0, stable) }
    }
    return pairs.map { PairedComparison($0.0, $0.1, tasks: tasks) }
      .filter { $0.overall.count > 0 }
  }

  private func sentence(_ pair: PairedComparison, _ group: FineTuningGroup) -> String {
    let first = results.title(pair.first)
    let second = results.title(pair.second)
    if pair.isIdentity { return "\(first) and \(second) have the same results." }
    let mean = pair.overall.mean ?? 0
    let evidence = SeedEvidence(pair.overall)
    let numbers = Self.numbers(pair.overall) + parts(pair, group)
    if case .mixed = evidence {
      return "\(first) and \(second) are not told apart (\(numbers)). \(evidence.sentence)"
    }
    let verb = mean > 0 ? "exceeds" : "falls below"
    let side = mean > 0 ? pair.wins : pair.losses
    return "\(first) \(verb) \(second) on \(side) of \(NumberText.count(pair.comparable, "task")) "
      + "(\(numbers)). \(evidence.sentence)"
  }

  /// `mean +1.2 points, paired over 3 seeds, 95 % interval −0.4…+2.8`.
  private static func numbers(_ difference: Estimate) -> String {
    let interval = difference.interval95
    let values = [difference.mean, interval?.lowerBound, interval?.upperBound].compactMap { $0 }
    let words = NumberText.points(values)
    let range = words.count == 3 ? ", 95 % interval \(words[1])…\(words[2])" : ""
    return "mean \(words.first ?? "–") points, paired over "
      + NumberText.count(difference.count, "seed") + range
  }

  /// `; fine-tuned task −0.3 (−2.0…+1.4), the others +1.6 (+0.2…+3.0)`.
  private func parts(_ pair: PairedComparison, _ group: FineTuningGroup) -> String {
    let own = group.own(tasks)
    let others = group.others(tasks)
    func words(_ what: String, _ tasks: [TaskColumn]) -> String? {
      let difference = pair.difference(over: tasks)
      let interval = difference.interval95
      let values = [difference.mean, interval?.lowerBound, interval?.upperBound].compactMap { $0 }
      let numbers = NumberText.points(values)
      return numbers.first.map { mean in
        what + " " + mean + (numbers.count == 3 ? " (\(numbers[1])…\(numbers[2]))" : "")
      }
    }
    let told = [
      words(own.count > 1 ? "fine-tuned tasks" : "fine-tuned task", own),
      words("the others", others),
    ].compactMap { $0 }
    return told.isEmpty ? "" : "; " + told.joined(separator: ", ")
  }
}
