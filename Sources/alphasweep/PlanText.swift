import Experiment

/// A plan in words, within 80 columns.
enum PlanText {
  static func text(_ overview: PlanOverview, spec: String) throws -> String {
    let plan = overview.plan
    var parts = [Words.wrapped("\(plan.experiment): \(plan.question)") + "\n"]
    parts.append(stages(overview))
    parts.append(try summary(overview))
    if let heldOut = heldOut(overview) { parts.append(heldOut) }
    if let heard = HeardText.text(overview.plan) { parts.append(heard) }
    if !overview.missing.isEmpty { parts.append(missing(overview.missing)) }
    return (parts + [next(overview, spec)]).joined(separator: "\n")
  }

  private static func next(_ overview: PlanOverview, _ spec: String) -> String {
    if overview.remaining.isEmpty {
      return "All is done; 'alphasweep report \(spec)' writes the report.\n"
    }
    return overview.missing.isEmpty
      ? "To do it: alphasweep run \(spec)\n"
      : "To do it, get what is missing, then: alphasweep run \(spec)\n"
  }

  private static func missing(_ inputs: [MissingInput]) -> String {
    let parts = inputs.map { input in
      let problem = input.problem.replacing(Files.here, with: "")
      let what = "\(input.kind.rawValue) \(input.name): \(problem)"
      return "  \(Words.wrapped(what, width: 77, indent: 4))\n"
        + "    \(Words.wrapped(input.remedy, width: 75, indent: 4))\n"
        + "    \(Words.wrapped("(\(input.assumption))", width: 75, indent: 4))\n"
    }
    return "Missing here, and planned with all the same:\n" + parts.joined()
  }

  private static func stages(_ overview: PlanOverview) -> String {
    let columns: [PlanOverview.State] = [.todo, .done, .unneeded]
    var rows = [["stages"] + columns.map(\.rawValue)]
    var totals = columns.map { _ in 0 }
    for kind in StageKind.allCases where !kind.isVirtual {
      let counts = columns.map { overview.count(kind, $0) }
      guard counts.contains(where: { $0 > 0 }) else { continue }
      rows.append([kind.rawValue] + counts.map(Words.grouped))
      totals = zip(totals, counts).map(+)
    }
    rows.append(["together"] + totals.map(Words.grouped))
    // A column in which nothing is has nothing to say.
    let kept = [0] + (1...columns.count).filter { $0 < 3 || totals[$0 - 1] > 0 }
    return Words.table(rows.map { row in kept.map { row[$0] } })
  }

  private static func summary(_ overview: PlanOverview) throws -> String {
    let plan = overview.plan
    var lines: [String] = []
    let chain = overview.longestChain.map(\.kind.rawValue)
    if chain.count > 1 {
      lines.append(
        "Order: each stage follows what it reads; the longest chain is "
          + chain.joined(separator: " → ") + ".")
    }
    let virtual = plan.stages.values.count { $0.kind.isVirtual }
    if virtual > 0 {
      lines.append(
        "Interpolation: \(Words.count(virtual, "model")) between θ₀ and θ′, made where they are read "
          + "and never stored.")
    }
    let real = plan.stages.count - virtual
    if overview.unsharedCount > real {
      lines.append(
        "Sharing: computed for each result by itself this would be "
          + "\(Words.count(overview.unsharedCount, "stage")); what is equal is one, which leaves "
          + "\(Words.grouped(real)).")
    }
    if let training = try TrainingShare(overview).text { lines.append(training) }
    lines.append(
      "Disk: features still to be made take about "
        + "\(Words.bytes(overview.bytes(of: [.features, .downsample]))), everything about "
        + "\(Words.bytes(overview.bytes(of: StageKind.allCases))).")
    if !plan.encodedAnew.isEmpty {
      lines.append(
        "Frames: those of \(Words.count(plan.encodedAnew.count, "pair")) of a task and an encoder "
          + "would take \(Words.bytes(plan.encodedAnew.values.reduce(0, +))), each more than "
          + "'frames-on-disk'; their heads encode each batch anew.")
    }
    return lines.map { Words.wrapped($0) + "\n" }.joined()
  }

  private static func heldOut(_ overview: PlanOverview) -> String? {
    let plan = overview.plan
    let unseen = overview.missing.filter { $0.kind == .corpus }
    guard !plan.heldOut.isEmpty || !unseen.isEmpty else { return nil }
    var rows = plan.heldOut.map { corpus in
      [corpus.corpus, corpus.splitBy]
        + [
          corpus.trainRecordings, corpus.devRecordings, corpus.testRecordings, corpus.duplicates,
        ].map(Words.grouped)
    }
    rows += unseen.map { corpus in
      [corpus.name, "not here"]
        + Split.allCases.map { corpus.utterances[$0].map(Words.grouped) ?? "?" } + ["?"]
    }
    rows.sort { $0[0] < $1[0] }
    rows.insert(["held out", "split by", "train", "dev", "test", "copies"], at: 0)
    var text = Words.table(rows)
    let trained = Set(plan.heldOut.flatMap(\.trainedOnBy)).count
    if !plan.heldOut.isEmpty {
      text +=
        Words.wrapped(
          "Checked: none of the \(Words.count(trained, "training stage")) can see a recording that "
            + "is tested on, by the content of the files.", indent: 0) + "\n"
    }
    if !unseen.isEmpty {
      text +=
        Words.wrapped(
          "Not checked, since they are not here: \(unseen.map(\.name).joined(separator: ", ")). "
            + "Before anything is trained on them they will be.", indent: 0) + "\n"
    }
    return text
  }
}
