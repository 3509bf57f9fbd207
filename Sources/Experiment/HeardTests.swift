import OrderedCollections

/// What of a task's test an encoder heard in its training: a contamination.
package struct HeardTest: Sendable, Hashable, Codable {
  /// Test recordings that its fine-tuning or pre-training could have learnt from.
  package var recordings: Int
  /// Speakers of the test that it could have learnt from; not counted where the task asks for the
  /// speaker, who must be known then.
  package var speakers: Int
  /// Speakers of the test; 0 where the corpus does not tell who speaks.
  package var ofSpeakers: Int
  /// The trainings that heard them, as the plan calls them.
  package var heardBy: [String]

  package init(recordings: Int, speakers: Int, ofSpeakers: Int, heardBy: [String]) {
    self.recordings = recordings
    self.speakers = speakers
    self.ofSpeakers = ofSpeakers
    self.heardBy = heardBy
  }
}

/// Finds for every cell what it heard of the tests before.
///
/// Recordings are compared by the hash of their bytes and their bounds, speakers by the label that a
/// corpus names as such, within that corpus. Limits in minutes only take away, so a mark says what could
/// have been heard.
struct HeardTests {
  private let plan: Plan
  private let input: PlannerInput
  private var heard: [StageKey: OrderedSet<Training>] = [:]
  private var found: [Question: HeardTest?] = [:]
  private var checkpoints: [String: OrderedSet<Training>] = [:]
  /// Sets of trainings by number: thousands of cells share a few, and comparing numbers is cheap.
  private var sets: OrderedSet<OrderedSet<Training>> = []
  private var setNumbers: [Weights: Int] = [:]
  private let names: [StageKey: String]

  private struct Training: Hashable {
    var corpus: String
    var splits: [Split]
    var label: String
  }

  /// What an encoder's weights follow from.
  private struct Weights: Hashable {
    var model: String
    var encoder: StageKey?
  }

  private struct Question: Hashable {
    /// In `sets`.
    var trainings: Int
    var task: String
  }

  /// The cells of `plan`, with what they heard.
  static func marked(_ plan: Plan, _ input: PlannerInput) -> [Cell] {
    var tests = HeardTests(plan: plan, input: input)
    return plan.cells.map { cell in
      var cell = cell
      cell.heard = tests.heard(cell)
      return cell
    }
  }

  private init(plan: Plan, input: PlannerInput) {
    self.plan = plan
    self.input = input
    names = HeldOutCheck.corpusNames(plan)
  }

  private mutating func heard(_ cell: Cell) -> [String: HeardTest] {
    guard let model = cell.model else { return [:] }
    var result: [String: HeardTest] = [:]
    for (task, key) in cell.evaluations {
      let features = plan.stages[key]?.inputs["features"]?.stageKey
      let encoder = features.flatMap { plan.stages[$0]?.inputs["encoder"]?.stageKey }
      let number = number(of: Weights(model: model, encoder: encoder))
      result[task] = answer(Question(trainings: number, task: task))
    }
    return result
  }

  /// The number of the set of all that weights were trained on.
  private mutating func number(of weights: Weights) -> Int {
    if let known = setNumbers[weights] { return known }
    let before = checkpoints[weights.model] ?? checkpoint(weights.model)
    checkpoints[weights.model] = before
    let number = sets.append(before.union(weights.encoder.map { trainings($0) } ?? [])).index
    setNumbers[weights] = number
    return number
  }

  /// All that a stage's weights were trained on.
  private mutating func trainings(_ key: StageKey) -> OrderedSet<Training> {
    if let known = heard[key] { return known }
    guard let stage = plan.stages[key] else { return [] }
    var all: OrderedSet<Training> = []
    let own = HeldOutCheck.splits(trainedOnBy: stage, isHead: false)
    if !own.isEmpty {
      for corpus in HeldOutCheck.corpora(of: stage, names) {
        all.append(Training(corpus: corpus, splits: own, label: stage.label))
      }
    }
    for role in stage.inputs.keys where role != "corpus" {
      guard let source = stage.inputs[role]?.stageKey else { continue }
      all.formUnion(trainings(source))
    }
    heard[key] = all
    return all
  }

  /// What a checkpoint heard where it was made, as far as the spec tells.
  private func checkpoint(_ model: String) -> OrderedSet<Training> {
    let path = Definitions.ModelPath(spec: input.spec, model: model)
    var all: OrderedSet<Training> = []
    for node in input.definitions.lineage(of: path) {
      guard case .checkpoint(_, let name?) = node.source else { continue }
      for corpus in input.definitions.pretrainingCorpora(of: node) {
        all.append(
          Training(
            corpus: corpus, splits: [.train], label: "checkpoint \(node.model) of \(name)"))
      }
    }
    return all
  }

  private mutating func answer(_ question: Question) -> HeardTest? {
    if let known = found[question] { return known }
    let answer = compared(question)
    found[question] = .some(answer)
    return answer
  }

  private func compared(_ question: Question) -> HeardTest? {
    guard let task = input.definitions.tasks[question.task],
      let test = input.recordings[task.corpus]?.recordings.filter({ $0.split == .test })
    else { return nil }
    var pieces = HeldOutPieces()
    for recording in test { pieces.add(recording, label: task.name) }
    let label = input.definitions.corpora[task.corpus]?.notes.speaker
    let asked = label.map { task.target == .label($0) } ?? true
    let speakers =
      asked ? [] : Set(test.compactMap { recording in label.flatMap { recording.labels[$0] } })
    var (recordings, met, heardBy) = (Set<Recording>(), Set<String>(), OrderedSet<String>())
    for training in sets[question.trainings] {
      let own = (input.recordings[training.corpus]?.recordings ?? []).filter {
        training.splits.contains($0.split)
      }
      let same = own.filter { pieces.label(of: $0) != nil }
      let spoken =
        training.corpus == task.corpus
        ? speakers.intersection(
          own.compactMap { recording in label.flatMap { recording.labels[$0] } })
        : []
      recordings.formUnion(same)
      met.formUnion(spoken)
      if !same.isEmpty || !spoken.isEmpty { heardBy.append(training.label) }
    }
    if recordings.isEmpty, met.isEmpty { return nil }
    return HeardTest(
      recordings: recordings.count, speakers: met.count, ofSpeakers: speakers.count,
      heardBy: Array(heardBy))
  }
}
