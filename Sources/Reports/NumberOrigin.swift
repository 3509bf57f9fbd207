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
  package var lines: [String] { parts.map(\.text) + shares.map(\.text) }
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
