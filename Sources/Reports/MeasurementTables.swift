import Experiment

/// What was compared with θ₀, by the word of specs.
enum SimilarityMeasure: String, CaseIterable {
  case linearCKA = "linear-cka"
  case debiasedCKA = "debiased-cka"
  case r2

  var title: String {
    switch self {
    case .linearCKA: "Linear CKA"
    case .debiasedCKA: "Debiased CKA"
    case .r2: "R²"
    }
  }

  var layerValue: KeyPath<SimilarityRecord.Layer, Double> {
    switch self {
    case .linearCKA: \.linearCKA
    case .debiasedCKA: \.debiasedCKA
    case .r2: \.r2
    }
  }
}

/// Similarity of features and distance of weights to θ₀.
struct SimilarityTables {
  let results: Results

  private var rule: [String] { results.plan.comparison?.measures ?? [] }
  var measures: [SimilarityMeasure] {
    SimilarityMeasure.allCases.filter { rule.contains($0.rawValue) }
  }
  var hasDistance: Bool { rule.contains("weight-distance") }
  /// Rows with an encoder, the pre-trained ones first.
  private var common: [ResultRow] { results.commonRows.filter { !$0.isLogMel } }

  var records: [SimilarityRecord] { results.rows.flatMap { $0.similarities.values } }

  /// Hidden states that were compared, in order.
  var layers: [Int] {
    Set(records.flatMap { $0.layers.map(\.layer) }).sorted()
  }

  /// Means over layers, and the distance of the weights.
  func summary() -> ReportTable {
    var columns = measures.map {
      ReportTable.Column(
        title: $0.title, fileTitle: $0.rawValue, kind: .estimate(.similarity))
    }
    if hasDistance {
      columns.append(
        ReportTable.Column(
          title: "‖θ−θ₀‖₂", fileTitle: "weight-distance", kind: .estimate(.distance)))
    }
    return table(
      "similarity", "Similarity to θ₀, mean over layers, and distance of weights.", columns
    ) { row in
      var cells = measures.map { measure in
        row.similarity { $0.mean(measure.layerValue) }
      }
      if hasDistance { cells.append(row.similarity { $0.weightDistance.total }) }
      return cells
    }
  }

  /// One measure, layer by layer.
  func byLayer(_ measure: SimilarityMeasure) -> ReportTable {
    let layers = layers
    let columns = layers.map {
      ReportTable.Column(title: "\($0)", fileTitle: "layer \($0)", kind: .estimate(.similarity))
    }
    return table(
      "similarity-\(measure.rawValue)", "\(measure.title) with θ₀, by hidden state.", columns
    ) { row in
      layers.map { layer in
        row.similarity { record in
          record.layers.first { $0.layer == layer }?[keyPath: measure.layerValue]
        }
      }
    }
  }

  /// ‖θ−θ₀‖₂ by group of tensors.
  func distances() -> ReportTable {
    var names: [String] = []
    for name in records.flatMap({ $0.weightDistance.byLayer.map(\.name) })
    where !names.contains(name) {
      names.append(name)
    }
    let columns = names.map {
      ReportTable.Column(title: $0, fileTitle: $0, kind: .estimate(.distance))
    }
    return table("weight-distance", "‖θ−θ₀‖₂ by part of the encoder.", columns) { row in
      names.map { name in
        row.similarity { record in record.weightDistance.byLayer.first { $0.name == name }?.distance
        }
      }
    }
  }

  private func table(
    _ name: String, _ caption: String, _ columns: [ReportTable.Column],
    _ numbers: (ResultRow) -> [Estimate]
  ) -> ReportTable {
    let method = ReportTable.Column(title: "Method", fileTitle: "method", kind: .text)
    func group(_ title: String, _ file: String, _ rows: [ResultRow]) -> ReportTable.Group {
      ReportTable.Group(
        title: title, fileTitle: file,
        rows: rows.map { row in
          [ReportTable.Cell(.text(results.title(row)))]
            + numbers(row).map {
              ReportTable.Cell(
                .init($0), origin: row.similarityOrigin(title: results.origin(row)))
            }
        })
    }
    var groups = common.isEmpty ? [] : [group("Not fine-tuned", "none", common)]
    groups += results.groups.map { group($0.title, $0.key.task, $0.rows) }
    return ReportTable(
      name: name, caption: caption, groupColumn: "fine-tuned on", columns: [method] + columns,
      groups: groups)
  }
}

/// What was held out of every training.
struct HeldOutTable {
  let corpora: [HeldOutCorpus]

  func table() -> ReportTable {
    func count(_ title: String, _ file: String) -> ReportTable.Column {
      ReportTable.Column(title: title, fileTitle: file, kind: .count)
    }
    let columns = [
      ReportTable.Column(title: "Corpus", fileTitle: "corpus", kind: .text),
      ReportTable.Column(title: "Split whole by", fileTitle: "split by", kind: .text),
      count("Train recordings", "train recordings"), count("Dev recordings", "dev recordings"),
      count("Test recordings", "test recordings"), count("Test groups", "test groups"),
      count("Copies left out", "copies left out"),
      count("Stages that train on it", "stages that train on it"),
    ]
    let rows = corpora.map { corpus in
      [
        ReportTable.Cell(.text(corpus.corpus)), ReportTable.Cell(.text(corpus.splitBy)),
      ]
        + [
          .count(corpus.trainRecordings), .count(corpus.devRecordings),
          .count(corpus.testRecordings), .count(corpus.testGroups), .count(corpus.duplicates),
          .listing(corpus.trainedOnBy),
        ].map { ReportTable.Cell($0, origin: Self.origin(corpus)) }
    }
    return ReportTable(
      name: "held-out", caption: "How each corpus is split.", groupColumn: nil,
      columns: columns, groups: [.init(title: nil, fileTitle: "", rows: rows)])
  }
}

extension HeldOutTable {
  /// Counts are the plan's own: no stage measured them.
  private static func origin(_ corpus: HeldOutCorpus) -> NumberOrigin {
    NumberOrigin(
      title: "\(corpus.corpus) · how it is split",
      recipe:
        "Counted when the experiment was planned, by the hash of each recording's bytes. Stages that "
        + "train on it: "
        + (corpus.trainedOnBy.isEmpty ? "none" : corpus.trainedOnBy.joined(separator: "; ")) + ".")
  }
}

/// What each task is measured on, and what guessing gives.
struct TaskTable {
  let results: Results

  func table() -> ReportTable {
    func count(_ title: String, _ file: String) -> ReportTable.Column {
      ReportTable.Column(title: title, fileTitle: file, kind: .count)
    }
    let columns =
      [
        ReportTable.Column(title: "Task", fileTitle: "task", kind: .text),
        ReportTable.Column(title: "Metric", fileTitle: "metric", kind: .text),
        count("Training utterances", "training utterances"),
        count("Test utterances", "test utterances"), count("Scored units", "scored units"),
        count("Classes or symbols", "classes or symbols"),
        ReportTable.Column(title: "Chance, %", fileTitle: "chance", kind: .number(.percent)),
      ] + (hasRates ? [Self.rateColumn] : [])
    let rows = results.tasks.map { task in
      let record = results.anyRecord(task)
      let origin = origin(task)
      func cell(_ number: KeyPath<EvaluationRecord, Int>) -> ReportTable.Cell {
        ReportTable.Cell(record.map { .count($0[keyPath: number]) } ?? .missing, origin: origin)
      }
      let chance: ReportTable.Content =
        record.map { $0.chance.map { .number($0) } ?? .none } ?? .missing
      return [
        ReportTable.Cell(.text(task.title)), ReportTable.Cell(.text(task.metricWords)),
        cell(\.trainCount), cell(\.count), cell(\.units), cell(\.classes),
        ReportTable.Cell(chance, origin: origin),
      ] + (hasRates ? [ReportTable.Cell(.text(rates(task)), origin: origin)] : [])
    }
    return ReportTable(
      name: "tasks", caption: "What the tasks are measured on.", groupColumn: nil, columns: columns,
      groups: [.init(title: nil, fileTitle: "", rows: rows)],
      notes: [
        "Chance: accuracy of always answering the commonest class of the training utterances; "
          + "sequences have none."
      ]
        + (hasRates
          ? ["Learning rate: of the head, chosen on dev; how many heads each was best for."] : []))
  }

  /// An evaluation that tells of the task: all of them were given the same.
  private func origin(_ task: TaskColumn) -> NumberOrigin? {
    for row in results.rows {
      for seed in row.seeds where row.evaluations[task.name]?[seed] != nil {
        guard let stage = row.stages[task.name]?[seed] else { continue }
        let part = NumberOrigin.Part(
          text: "as in every row, so in \(results.origin(row)), seed \(seed), stage \(stage.short)",
          key: stage, curve: [])
        return NumberOrigin(
          title: "\(task.title) · what it is measured on", recipe: row.recipes[task.name],
          parts: [part])
      }
    }
    return nil
  }

  private static let rateColumn = ReportTable.Column(
    title: "Learning rate", fileTitle: "learning rate", kind: .text)

  private func records(_ task: TaskColumn) -> [EvaluationRecord] {
    results.rows.flatMap { Array($0.evaluations[task.name, default: [:]].values) }
  }

  private var hasRates: Bool {
    results.tasks.contains { records($0).contains { $0.learningRate != nil } }
  }

  /// `0.001 (2), 0.01 (10)`.
  private func rates(_ task: TaskColumn) -> String {
    let chosen = records(task).compactMap(\.learningRate)
    let counts = Dictionary(chosen.map { ($0, 1) }, uniquingKeysWith: +)
    return counts.sorted { $0.key < $1.key }
      .map { "\(NumberText.plain($0.key)) (\($0.value))" }.joined(separator: ", ")
  }
}

extension Results {
  /// A record of a task: what it says of the data is the same in every row.
  func anyRecord(_ task: TaskColumn) -> EvaluationRecord? {
    for row in rows {
      for seed in row.seeds {
        if let record = row.evaluations[task.name]?[seed] { return record }
      }
    }
    return nil
  }
}
