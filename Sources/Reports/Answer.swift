import Experiment

/// The answer to the experiment's question in one paragraph, as far as the numbers go.
struct Answer {
  let results: Results
  let family: PairedFamily

  init(results: Results, family: PairedFamily? = nil) {
    self.results = results
    self.family = family ?? PairedFamily(results)
  }

  private var tasks: [TaskColumn] { results.tasks }

  func paragraph() -> String {
    let sentences = results.groups.compactMap(sentence)
    guard !sentences.isEmpty else { return withoutCurves }
    return (sentences + [evidence, logMel, scale].compactMap { $0 }).joined(separator: " ")
  }

  private var withoutCurves: String {
    results.measuredCount == 0 && results.plannedCount > 0
      ? "Nothing has been measured yet."
      : "There are too few numbers yet to draw a curve over α."
  }

  private var scale: String? {
    tasks.contains { !$0.higherIsBetter }
      ? "(Means are of accuracy and of 100 − error rate, in percent.)" : nil
  }

  private func sentence(_ group: FineTuningGroup) -> String? {
    let points = group.curve.compactMap { point in
      point.row.merit(over: tasks).mean.map { (alpha: point.alpha, row: point.row, all: $0) }
    }
    guard let first = points.first, let last = points.last, points.count > 1 else { return nil }
    let best = points.reduce(first) { $1.all > $0.all ? $1 : $0 }
    let others = group.others(tasks)
    let own = group.own(tasks)
    func words(_ row: ResultRow, _ ownWord: String, _ othersWord: String) -> String {
      let all = [
        row.merit(over: own).mean.map { NumberText.fixed($0, 1) + ownWord },
        row.merit(over: others).mean.map { NumberText.fixed($0, 1) + othersWord },
      ]
      return NumberText.list(all.compactMap { $0 })
    }
    let keeper = points.compactMap { point in
      point.row.merit(over: others).mean.map { (alpha: point.alpha, mean: $0) }
    }.reduce(nil as (alpha: Double, mean: Double)?) { best, next in
      best.map { next.mean > $0.mean ? next : $0 } ?? next
    }
    let kept = keeper.map {
      " The others alone are best at α = \(NumberText.plain($0.alpha)) (\(NumberText.fixed($0.mean, 1)))."
    }
    let ends = [first, last].filter { $0.alpha != best.alpha }.map { point in
      "\(words(point.row, "", "")) at α = \(NumberText.plain(point.alpha))"
    }
    return "\(group.title), α = \(NumberText.plain(best.alpha)) has the best mean over all tasks "
      + "(\(NumberText.fixed(best.all, 1))): "
      + words(best.row, " on the task itself", " on the other \(others.count)")
      + ", against \(ends.joined(separator: ", and ")).\(kept ?? "")"
  }

  /// Whether Speech-FT can be told from α = 0 and α = 1 at all, by the table of paired differences.
  private var evidence: String? {
    let sentences = results.groups.compactMap { group -> String? in
      guard let lead = group.lead(tasks) else { return nil }
      let ends = [group.pretrained, group.rows.first { $0.method.name == "stable-ft" }]
      let words = ends.compactMap { $0 }.compactMap { end -> String? in
        family.pair(lead.row, end, over: tasks)?.told.map { told in
          "less \(results.title(end)) \(told.words), "
            + (told.isShown ? "told apart" : "not told apart")
        }
      }
      guard !words.isEmpty else { return nil }
      let choice = lead.isChosenOnDev ? "chosen on dev" : "chosen on the tests themselves"
      let place = results.groups.count > 1 ? "\(group.title), " : ""
      return "\(place)\(results.title(lead.row)) (\(choice)) is in the mean of all tasks "
        + words.joined(separator: "; ") + "."
    }
    guard !sentences.isEmpty else { return nil }
    return sentences.joined(separator: " ")
      + " (Corrected for all \(NumberText.count(family.count, "comparison")) of this report.)"
  }

  /// The baseline without an encoder.
  private var logMel: String? {
    let words = results.logMelRows.compactMap { row in
      row.merit(over: tasks).mean.map { "“\(row.method.title)” \(NumberText.fixed($0, 1))" }
    }
    guard !words.isEmpty else { return nil }
    return "Without an encoder the mean over all tasks is \(NumberText.list(words))."
  }
}
