import Experiment

/// Puts a report together: its sections in order, every sentence computed from the numbers.
struct ReportOutline {
  let results: Results
  private let family: PairedFamily
  private let costFiles: [String]

  /// - Parameters:
  ///   - results: The numbers.
  ///   - costFiles: Files beside the report that tell what its rows cost; none where that is not known.
  init(results: Results, costFiles: [String] = []) {
    self.results = results
    self.costFiles = costFiles
    family = PairedFamily(results)
  }

  private var plan: Plan { results.plan }
  private var figures: Figures { Figures(results: results) }
  private var comparison: ComparisonTables {
    ComparisonTables(results: results, score: Score(results))
  }

  func document() -> ReportDocument {
    ReportDocument(
      title: plan.experiment, question: plan.question,
      sections: [
        answer, comparisonSection, published, tests, alpha, tradeOff, similarity, layers, training,
        cost, heldOut,
        support,
        missing,
      ]
      .compactMap { $0 })
  }

  private var hasCurves: Bool { !results.groups.isEmpty }

  private var answer: ReportDocument.Section {
    var blocks: [ReportDocument.Block] = []
    if !results.missing.isEmpty {
      let count = NumberText.count(results.missing.count, "number")
      blocks.append(
        .notice(
          "This report is partial: \(count) of \(results.plannedCount) "
            + "\(results.missing.count == 1 ? "is" : "are") missing. The stages are named at its end."
        ))
    }
    blocks.append(.paragraph(Answer(results: results, family: family).paragraph()))
    return .init(id: "answer", title: "Answer", blocks: blocks)
  }

  private var comparisonSection: ReportDocument.Section? {
    guard !results.rows.isEmpty else { return nil }
    return .init(
      id: "comparison", title: "Comparison",
      blocks: [
        .paragraph(
          "The encoder is frozen and every task gets a fresh head; the rows without an encoder give "
            + "the same heads log-mel frames."),
        .table(comparison.comparison()), .table(TaskTable(results: results).table()),
      ])
  }

  private var published: ReportDocument.Section? {
    let published = PublishedTable(results: results, score: Score(results))
    let tables = [published.wide(), published.table()].compactMap { $0 }
    return tables.isEmpty
      ? nil
      : .init(
        id: "published", title: "Beside what was published",
        blocks: tables.map { .table($0) })
  }

  private var tests: ReportDocument.Section? {
    guard results.measuredCount > 0 else { return nil }
    let tables = TestTables(results: results)
    let paired = tables.paired(family).map { [ReportDocument.Block.table($0)] } ?? []
    return .init(
      id: "tests", title: "How sure the numbers are",
      blocks: [.table(tables.intervals())] + paired)
  }

  private var alpha: ReportDocument.Section? {
    guard hasCurves else { return nil }
    return .init(
      id: "alpha", title: "Along α",
      blocks: [.figures(figures.alpha()), .table(comparison.alpha())])
  }

  private var tradeOff: ReportDocument.Section? {
    guard hasCurves else { return nil }
    return .init(
      id: "trade-off", title: "The fine-tuned task against the others",
      blocks: [.figures(figures.tradeOff()), .table(comparison.tradeOff())])
  }

  private var similarity: ReportDocument.Section? {
    let tables = SimilarityTables(results: results)
    guard plan.comparison != nil, !tables.measures.isEmpty || tables.hasDistance else { return nil }
    var blocks: [ReportDocument.Block] = [.paragraph(definition(tables))]
    if !tables.measures.isEmpty {
      blocks.append(.figures(figures.similarity(tables)))
      blocks.append(.figures(figures.similarityMaps(tables)))
    }
    if tables.hasDistance { blocks.append(.figures(figures.distance())) }
    blocks.append(.figures(figures.similarityAgainstMerit(tables, Score(results))))
    blocks.append(.table(tables.summary()))
    blocks += tables.measures.map { .table(tables.byLayer($0)) }
    if tables.hasDistance { blocks.append(.table(tables.distances())) }
    return .init(id: "similarity", title: "Similarity to the pre-trained model", blocks: blocks)
  }

  /// What was compared, in words, as the paper's own definitions were not found.
  private func definition(_ tables: SimilarityTables) -> String {
    let frames = tables.records.map(\.frames).max() ?? plan.comparison?.frames ?? 0
    let corpora = plan.comparison?.corpora ?? []
    let words = tables.measures.map { measure in
      switch measure {
      case .linearCKA: "linear CKA (Kornblith et al. 2019, arXiv 1905.00414)"
      case .debiasedCKA: "CKA from debiased estimates of the same sums"
      case .r2:
        "R² of the ridge regression that predicts θ₀'s features from the other model's" + ridge
      }
    }
    let features =
      words.isEmpty
      ? ""
      : "Features are compared hidden state by hidden state over \(frames) sampled frames of test "
        + "recordings (\(NumberText.list(corpora))): \(NumberText.list(words)). θ₀ with itself is exactly 1. "
    return features
      + (tables.hasDistance
        ? "‖θ−θ₀‖₂ is the Euclidean distance of all weights of the encoder." : "")
  }

  /// ` (penalty 0.001 of the mean eigenvalue)`.
  private var ridge: String {
    let key = plan.cells.compactMap(\.comparison).first
    let parameters = key.flatMap { plan.stages[$0]?.parameters }
    guard let ridge = parameters?["ridge"]?.number else { return "" }
    return " (penalty \(NumberText.plain(ridge)) of the mean eigenvalue of their covariance)"
  }

  private var layers: ReportDocument.Section? {
    let layers = LayerTables(results: results)
    return layers.table().map {
      .init(
        id: "layers", title: "Which layers the heads read",
        blocks: [.figures(layers.charts()), .table($0)])
    }
  }

  private var training: ReportDocument.Section? {
    TrainingTable(results: results).table().map {
      .init(id: "training", title: "How the encoders were trained", blocks: [.table($0)])
    }
  }

  private var cost: ReportDocument.Section? {
    guard !costFiles.isEmpty else { return nil }
    return .init(
      id: "cost", title: "What each row cost",
      blocks: [
        .files(
          "Seconds, optimiser steps and megabytes of each row, of all that it needs and of what only it needs, "
            + "stand in files beside this report: clocks differ from run to run, and this report's bytes follow "
            + "from its numbers.", costFiles)
      ])
  }

  /// Whether the plan has been checked by recordings, or marks what they show.
  private var heldOutClaim: String {
    let heard = plan.cells.flatMap(\.heard.values).map(\.recordings).max() ?? 0
    return heard == 0
      ? "is among those that a stage of this plan trains on; the plan is refused otherwise."
      : "would be trained on but those of the cells marked ‡, which this spec allows."
  }

  private var heldOut: ReportDocument.Section {
    guard !plan.heldOut.isEmpty else {
      return .init(
        id: "held-out", title: "What was held out",
        blocks: [.paragraph("The plan names no held-out recordings.")])
    }
    let test = plan.heldOut.reduce(0) { $0 + $1.testRecordings }
    return .init(
      id: "held-out", title: "What was held out",
      blocks: [
        .paragraph(
          "Each corpus is split by whole groups, never by recording or frame. By content (SHA-256), none "
            + "of the \(test) test recordings " + heldOutClaim),
        .table(HeldOutTable(corpora: plan.heldOut).table()),
      ])
  }

  private var support: ReportDocument.Section? {
    guard results.measuredCount > 0 else { return nil }
    var blocks: [ReportDocument.Block] = []
    let logMel = LogMelClaims(results: results)
    if !logMel.byTask().isEmpty {
      blocks += [
        .heading("Encoders against log-mel"),
        .paragraph("By means over seeds; the table has the spread of the paired differences."),
        .list(logMel.byTask()), .table(logMel.table()),
        .list(logMel.byRow()),
      ]
    }
    let methods = MethodClaims(results: results, family: family)
    let claims = results.groups.map { (title: $0.title, sentences: methods.sentences($0)) }
      .filter { !$0.sentences.isEmpty }
    for (number, claim) in claims.enumerated() {
      blocks.append(.heading(claim.title))
      if number == 0 { blocks.append(.paragraph(methods.introduction)) }
      blocks.append(.list(claim.sentences))
    }
    let limits = Limits(results: results).sentences()
    if !limits.isEmpty { blocks += [.heading("Limits"), .list(limits)] }
    return .init(
      id: "support", title: "What these numbers support, and what they do not", blocks: blocks)
  }

  private var missing: ReportDocument.Section? {
    guard !results.missing.isEmpty else { return nil }
    return .init(
      id: "missing", title: "What is missing",
      blocks: [
        .paragraph("'alphasweep run' does these stages, and the report follows."),
        .list(
          results.missing.map { missing in
            "\(missing.label) (\(missing.key.short))" + (missing.reason.map { ": \($0)" } ?? "")
          }),
      ])
  }
}
