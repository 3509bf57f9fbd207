/// Scores a task from the texts of two files, or of one that has both sides.
package struct Scorer {
  private let task: ScoreTask
  private let options: ScoreOptions
  private let reference: ScoreFile?
  private let hypothesis: ScoreFile
  private let speakers: ScoreFile?

  /// - Parameters:
  ///   - task: What is scored.
  ///   - reference: `nil` where the hypothesis's lines hold the reference too.
  ///   - hypothesis: What was answered.
  ///   - speakers: Lines `id speaker`; `nil` where the reference says who speaks, or nobody does.
  ///   - options: What else is to be told.
  package init(
    _ task: ScoreTask, reference: ScoreFile?, hypothesis: ScoreFile, speakers: ScoreFile? = nil,
    options: ScoreOptions = ScoreOptions()
  ) {
    self.task = task
    self.reference = reference
    self.hypothesis = hypothesis
    self.speakers = speakers
    self.options = options
  }

  /// - Throws: `ScoreError` telling every bad line, what only one file has, or why there is no
  ///   metric.
  package func report() throws(ScoreError) -> ScoreReport {
    switch task.kind {
    case .tokens(let kind): try tokens(kind)
    case .labels: try labels()
    case .frames: try frames()
    case .slots: try slots()
    case .verification: try verification()
    case .terms: try terms()
    case .diarization: try diarization()
    }
  }

  private var referenceName: String { (reference ?? hypothesis).name }

  private func answers() throws(ScoreError) -> AnswerPairs {
    try AnswerPairs(reference: reference, hypothesis: hypothesis, speakers: speakers)
  }

  // MARK: Texts

  private func tokens(_ kind: ScoreTask.TokenKind) throws(ScoreError) -> ScoreReport {
    let answers = try answers()
    var reader = TokenReader(kind, joins: options.joinsTokens)
    var sum = TokenErrors()
    var parts: [[Double]] = []
    var problems: [ScoreError.Problem] = []
    for pair in answers.pairs {
      let sides = [(pair.reference, referenceName), (pair.hypothesis, hypothesis.name)].map {
        reader.numbers(of: $0, file: $1, &problems)
      }
      let errors = TokenErrors(reference: sides[0], hypothesis: sides[1])
      sum += errors
      parts.append([Double(errors.errors), Double(errors.tokens)])
    }
    guard problems.isEmpty else { throw ScoreError(problems) }
    let (plural, metric) = kind.words
    let named = NamedMeasure(
      measure: SumMeasure(parts) { $0[1] > 0 ? [$0[0] / $0[1]] : nil },
      metrics: [(metric, true)],
      counts: [
        ("substitutions", Double(sum.substitutions)), ("deletions", Double(sum.deletions)),
        ("insertions", Double(sum.insertions)), (plural, Double(sum.tokens)),
        ("utterances", Double(parts.count)),
      ],
      unit: .utterances,
      undefined: "there are no \(plural) in the references, so there is no error rate")
    return try named.report(task, options, speakers: answers.speakers, file: referenceName)
  }

  private func slots() throws(ScoreError) -> ScoreReport {
    let answers = try answers()
    var problems: [ScoreError.Problem] = []
    let errors = answers.pairs.map { pair in
      SlotErrors(
        reference: FilledSlots(
          TokenReader.joined(pair.reference, file: referenceName, &problems), isHypothesis: false),
        hypothesis: FilledSlots(
          TokenReader.joined(pair.hypothesis, file: hypothesis.name, &problems), isHypothesis: true)
      )
    }
    guard problems.isEmpty else { throw ScoreError(problems) }
    let parts = errors.map { [$0.typeF1, 1, Double($0.errors), Double($0.characters)] }
    let named = NamedMeasure(
      measure: SumMeasure(parts) { $0[3] > 0 ? [$0[0] / $0[1], $0[2] / $0[3]] : nil },
      metrics: [("slot-type F1", true), ("slot-value CER", true)],
      counts: [
        ("slots", Double(errors.reduce(0) { $0 + $1.slots })),
        ("slots of a missing type", Double(errors.reduce(0) { $0 + $1.missed })),
        ("characters of values", Double(errors.reduce(0) { $0 + $1.characters })),
        ("wrong characters", Double(errors.reduce(0) { $0 + $1.errors })),
        ("utterances", Double(errors.count)),
      ],
      unit: .utterances,
      undefined: "there is no slot in the references; write <name>value</name> or B-name value "
        + "E-name")
    return try named.report(task, options, speakers: answers.speakers, file: referenceName)
  }

  // MARK: Labels

  private func labels() throws(ScoreError) -> ScoreReport {
    let answers = try answers()
    let right = answers.pairs.map { LabelReader.agree($0) }
    // Who is asked for is who speaks.
    let speaking = task == .sid ? answers.pairs.map { LabelReader.name($0.reference) } : nil
    return try accuracy(
      right.map { ($0 ? 1 : 0, 1) }, of: "utterances", speakers: answers.speakers ?? speaking)
  }

  private func frames() throws(ScoreError) -> ScoreReport {
    let answers = try answers()
    var problems: [ScoreError.Problem] = []
    var counts: [(right: Int, all: Int)] = []
    for pair in answers.pairs {
      let (said, heard) = (LabelReader.frames(pair.reference), LabelReader.frames(pair.hypothesis))
      guard let said, let heard, said.count == heard.count else {
        problems.append(
          .init(
            hypothesis.name, pair.hypothesis.line,
            "'\(pair.hypothesis.id)' has \(heard?.count ?? 0) frames, and the reference "
              + "\(said?.count ?? 0)"))
        continue
      }
      // No label, no answer to be wrong.
      let asked = zip(said, heard).filter { !$0.0.isEmpty }
      counts.append((asked.count { LabelReader.same($0.0, $0.1) }, asked.count))
    }
    guard problems.isEmpty else { throw ScoreError(problems) }
    return try accuracy(counts, of: "frames", speakers: answers.speakers)
  }

  private func accuracy(
    _ counts: [(right: Int, all: Int)], of what: String, speakers: [String]?
  ) throws(ScoreError) -> ScoreReport {
    var told = [
      ("right", Double(counts.reduce(0) { $0 + $1.right })),
      (what, Double(counts.reduce(0) { $0 + $1.all })),
    ]
    if what != "utterances" { told.append(("utterances", Double(counts.count))) }
    let named = NamedMeasure(
      measure: SumMeasure(counts.map { [Double($0.right), Double($0.all)] }) {
        $0[1] > 0 ? [$0[0] / $0[1]] : nil
      },
      metrics: [("accuracy", true)], counts: told, unit: .utterances,
      undefined: "no frame of the references has a label, so there is no accuracy")
    return try named.report(task, options, speakers: speakers, file: referenceName)
  }

  // MARK: Trials

  private func trials() throws(ScoreError) -> TrialTable {
    try TrialTable(
      reference: reference, hypothesis: hypothesis, sides: task.trialSides ?? ("first", "second"))
  }

  private func verification() throws(ScoreError) -> ScoreReport {
    let read = try self.trials()
    let (trials, names) = (read.trials, read.names)
    let measure = Verification(
      scores: trials.map(\.score), isTarget: trials.map(\.isTarget),
      cost: options.cost ?? .speakers)
    let named = NamedMeasure(
      measure: measure, metrics: [("EER", true), ("minDCF", false)],
      counts: [
        ("target trials", Double(measure.targets)),
        ("non-target trials", Double(measure.units - measure.targets)),
      ],
      unit: .trials,
      undefined:
        "all trials are \(measure.targets > 0 ? "targets" : "non-targets"); an equal error "
        + "rate needs both")
    let table = try SpeakerTable(speakers)
    return try named.report(
      task, options, speakers: try table.speakers(of: trials.map { names[Int($0.first)] }),
      others: try table.speakers(of: trials.map { names[Int($0.second)] }), file: referenceName)
  }

  private func terms() throws(ScoreError) -> ScoreReport {
    let table = try trials()
    let (trials, names) = (table.trials, table.names)
    let cost = options.cost ?? task.cost ?? .speakers
    let measure = TermDetection(
      terms: trials.map { Int($0.first) }, scores: trials.map(\.score),
      isTarget: trials.map(\.isTarget), beta: TermDetection.beta(cost))
    let best = measure.maximum([Int](repeating: 1, count: measure.units))
    let queries = Set(trials.map(\.first)).count
    let named = NamedMeasure(
      measure: measure, metrics: [("MTWV", false)],
      counts: [
        ("threshold", best?.threshold ?? .infinity), ("beta", TermDetection.beta(cost)),
        ("queries", Double(measure.units)),
        ("queries without target", Double(queries - measure.units)),
        ("target trials", Double(trials.count { $0.isTarget })),
        ("trials", Double(trials.count)),
      ],
      unit: .queries,
      undefined: "no trial is a target, so no query counts and there is no term-weighted value")
    let asking = try SpeakerTable(speakers).speakers(of: measure.terms.map { names[$0] })
    return try named.report(task, options, speakers: asking, file: referenceName)
  }

  // MARK: Turns

  private func diarization() throws(ScoreError) -> ScoreReport {
    guard let reference else {
      throw ScoreError([.init(hypothesis.name, nil, "RTTM has one side; give '--reference' too")])
    }
    let (said, heard) = (try TurnTable(reference).turns, try TurnTable(hypothesis).turns)
    let unknown = AnswerPairs.unpaired(
      heard.keys.filter { said[$0] == nil }.sorted(), reference.name, "has no turn in",
      "recording", hypothesis.name)
    guard unknown.isEmpty else { throw ScoreError(unknown) }
    let recordings = said.keys.sorted()
    let errors = recordings.map {
      DiarizationErrors(
        reference: said[$0] ?? [], hypothesis: heard[$0] ?? [], collar: options.collar)
    }
    let named = NamedMeasure(
      measure: SumMeasure(errors.map { [$0.missed, $0.falseAlarms, $0.confused, $0.speech] }) {
        $0[3] > 0 ? [($0[0] + $0[1] + $0[2]) / $0[3]] : nil
      },
      metrics: [("DER", true)],
      counts: [
        ("missed seconds", errors.reduce(0) { $0 + $1.missed }),
        ("false alarm seconds", errors.reduce(0) { $0 + $1.falseAlarms }),
        ("confused seconds", errors.reduce(0) { $0 + $1.confused }),
        ("seconds of speech", errors.reduce(0) { $0 + $1.speech }),
        ("recordings", Double(recordings.count)),
        ("recordings without a turn", Double(recordings.count { heard[$0] == nil })),
      ],
      unit: .recordings,
      undefined: "the collar leaves no speech to score")
    return try named.report(task, options, speakers: nil, file: reference.name)
  }
}
