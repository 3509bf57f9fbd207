import Experiment

/// Where a number of a report comes from: what a page shows when somebody follows the number.
package struct NumberOrigin: Sendable, Hashable {
  /// What one seed's stage gave.
  package struct Part: Sendable, Hashable {
    /// The number, its seed, rates, steps.
    package var text: String
    package var key: StageKey
    /// How the stage's training went; empty where nothing learnt.
    package var curve: [Attempt.Metric]
  }

  /// Another number that this one is made of.
  package struct Share: Sendable, Hashable {
    package var text: String
    package var origin: String
  }

  /// `Stable-FT · Dutch phonemes PER ↓`.
  package var title: String
  /// How the parts were made: head and recipe, as they stand in the key.
  package var recipe: String?
  package var parts: [Part] = []
  package var shares: [Share] = []

  /// Equal for numbers of equal origin, wherever they stand.
  package var id: String {
    let text = ([title] + parts.map(\.key.hex) + shares.map(\.origin)).joined(separator: "\n")
    return "from-" + Digest256.hex(of: Array(text.utf8)).prefix(16)
  }

  /// A line for each part.
  package var lines: [String] {
    let lines = parts.map(\.text) + shares.map(\.text)
    return lines.isEmpty ? [recipe].compactMap { $0 } : lines
  }
}

extension ResultRow {
  /// A line for each seed: the number, the head's learning rate where dev chose it, the step of the
  /// encoder, and the stage that `alphasweep why` and the artifacts' folder know.
  ///
  /// - Returns: `nil` where nothing was measured.
  func origin(of column: MetricColumn, title: String) -> NumberOrigin? {
    let task = column.task.name
    let parts = seeds.compactMap { seed -> NumberOrigin.Part? in
      guard let record = evaluations[task]?[seed], let value = record.value(of: column),
        let stage = stages[task]?[seed]
      else { return nil }
      return NumberOrigin.Part(
        text: line(seed, value, record, stage), key: stage, curve: curves[stage] ?? [])
    }
    guard !parts.isEmpty else { return nil }
    return NumberOrigin(
      title: "\(title) · \(column.column.title)", recipe: recipes[task], parts: parts)
  }

  private func line(
    _ seed: UInt64, _ value: Double, _ record: EvaluationRecord, _ stage: StageKey
  ) -> String {
    let steps = (trainings[seed] ?? []).compactMap(\.kept).map(String.init)
    let parts = [
      "seed \(seed): \(NumberText.fixed(value, 2))",
      record.learningRate.map { "head's learning rate \(NumberText.plain($0))" },
      record.rates.map { rates in
        let tried = rates.map {
          NumberText.plain($0.learningRate) + ": "
            + ($0.dev.map { NumberText.fixed($0, 2) } ?? "no number")
        }
        return "tried on dev \(tried.joined(separator: ", "))"
      },
      record.step.map { "head after step \($0)" },
      steps.isEmpty ? nil : "encoder after step \(steps.joined(separator: " + "))",
      "stage \(stage.short)",
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  /// Of the similarity of its features to θ₀'s.
  func similarityOrigin(title: String) -> NumberOrigin? {
    let parts = seeds.compactMap { seed -> NumberOrigin.Part? in
      guard similarities[seed] != nil, let stage = comparisons[seed] else { return nil }
      return NumberOrigin.Part(
        text: "seed \(seed), stage \(stage.short)", key: stage, curve: [])
    }
    return parts.isEmpty
      ? nil : NumberOrigin(title: "\(title) · similarity to θ₀", parts: parts)
  }

  /// Of a mean over tasks: the numbers that it is of.
  func origin(ofMeanOver tasks: [TaskColumn], title: String) -> NumberOrigin? {
    let shares = tasks.flatMap(\.columns).compactMap { column -> NumberOrigin.Share? in
      guard let origin = origin(of: column, title: title) else { return nil }
      let mean = column.column.quantity.text(estimate(column)) ?? "–"
      return NumberOrigin.Share(text: "\(column.column.title) \(mean)", origin: origin.id)
    }
    return shares.isEmpty ? nil : NumberOrigin(title: "\(title) · mean over tasks", shares: shares)
  }
}

extension Results {
  /// Of a difference between two rows: the two numbers, each of which leads further.
  ///
  /// - Parameters:
  ///   - first: The row that is better above 0.
  ///   - second: What is taken from it.
  ///   - subject: What they are compared in, in words.
  ///   - tasks: The tasks over which that is a mean, most often one.
  ///   - column: The metric, where it is one; `nil` for all of the tasks.
  /// - Returns: `nil` where neither row has a number.
  func origin(
    ofDifference first: ResultRow, _ second: ResultRow, in subject: String,
    over tasks: [TaskColumn], column: MetricColumn? = nil
  ) -> NumberOrigin? {
    let shares = [first, second].flatMap { self.shares(of: $0, over: tasks, column) }
    guard !shares.isEmpty else { return nil }
    return NumberOrigin(
      title: "\(origin(first)), less \(origin(second)) · \(subject)", shares: shares)
  }

  /// A row's numbers: metrics of one task, or the mean over several.
  private func shares(
    of row: ResultRow, over tasks: [TaskColumn], _ column: MetricColumn?
  ) -> [NumberOrigin.Share] {
    let name = origin(row)
    if tasks.count > 1 {
      guard let origin = row.origin(ofMeanOver: tasks, title: name) else { return [] }
      let mean = Quantity.percent.text(row.merit(over: tasks)) ?? "–"
      return [.init(text: "\(name) · mean over tasks \(mean)", origin: origin.id)]
    }
    return (column.map { [$0] } ?? tasks.flatMap(\.columns)).compactMap { column in
      row.origin(of: column, title: name).map { origin in
        let mean = column.column.quantity.text(row.estimate(column)) ?? "–"
        return .init(text: "\(name) · \(column.column.title) \(mean)", origin: origin.id)
      }
    }
  }
}
