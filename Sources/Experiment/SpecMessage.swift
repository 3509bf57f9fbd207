/// The sentences of spec errors, in one place.
package enum SpecMessage {
  static func unknown(_ what: String, _ word: String, among words: some Sequence<String>) -> String
  {
    let words = words.sorted()
    if let nearest = NearestWord.to(word, among: words) {
      return "unknown \(what) '\(word)'; did you mean '\(nearest)'?"
    }
    return words.isEmpty
      ? "unknown \(what) '\(word)'; none is known here"
      : "unknown \(what) '\(word)'; known: " + words.joined(separator: ", ")
  }

  static func missing(_ key: String, _ context: String) -> String {
    (examples["\(context): \(key)"] ?? examples[key]).map {
      "\(context) lacks '\(key)'; add it, such as '\(key): \($0)'"
    }
      ?? "\(context) lacks '\(key)'; add it"
  }

  static func type(_ key: String, _ wanted: String, _ found: String) -> String {
    "'\(key)' must be \(wanted), not \(found)"
  }

  static func twice(_ key: String, _ value: String) -> String {
    "'\(key)' holds \(value) twice; keep one"
  }

  static func exclusive(_ context: String, _ first: String, _ second: String) -> String {
    "\(context) needs one of '\(first)' and '\(second)'"
  }

  static let schedule =
    "'warm-up' and 'hold' are shares of the same steps; together they must not exceed 100%"

  static func called(_ key: String, _ name: String, file: String) -> String {
    "'\(key)' is '\(name)', but the file is called '\(file)'; give both one name"
  }

  static let noTrainer =
    "'command' names no trainer; add one, such as 'my-trainer: { run: [python3, train.py], files: "
    + "[train.py] }'"

  static func trainerName(_ name: String) -> String {
    "'\(name)' names a trainer and its rows: letters, digits, '-' and '_'"
  }

  static func trainerNameTaken(_ name: String) -> String {
    "'\(name)' is what rows of another method are called; give the trainer a name of its own"
  }

  static func ofOneMachine(_ key: String) -> String {
    "'\(key)' is of one machine; with 'slurm' each stage asks for what it needs: take it out, or say "
      + "it below 'slurm'"
  }

  static let cardsWithoutDevice =
    "'gpus' are handed out to workers one each: say 'device: cuda' too, without a card's number"

  // MARK: Between files

  static func notFineTunable(_ task: String) -> String {
    "task '\(task)' cannot be fine-tuned on: add 'fine-tune' with a head and a recipe to its file"
  }

  static func checkpointNotKept(share: String, task: String) -> String {
    "the recipe of '\(task)' keeps no checkpoint at \(share); add \(share) to its 'checkpoints'"
  }

  static func earlyStopNotKept(patience: Int, task: String) -> String {
    "the recipe of '\(task)' does not stop early after \(patience) looks; add \(patience) to its "
      + "'patience'"
  }

  static let needsDevEvery =
    "'keep: best' and 'patience' look at the dev split; say how often: 'dev-every: 100' (steps)"

  static func noDev(_ task: String, corpus: String) -> String {
    "the recipe of task '\(task)' looks at dev, and corpus '\(corpus)' holds out 0% for 'dev'"
  }

  static func noDevForRates(_ task: String, corpus: String) -> String {
    "task '\(task)' chooses among learning rates on dev, and corpus '\(corpus)' holds out 0% for 'dev'; "
      + "name one rate, or hold some out"
  }

  static func noDevForLooks(_ task: String, corpus: String) -> String {
    "task '\(task)' keeps the best of its looks at dev ('dev-every'), and corpus '\(corpus)' holds out "
      + "0% for 'dev'; leave 'dev-every' out, or hold some out"
  }

  static func endpointMissing(_ method: String) -> String {
    "'from: \(method)' takes the rows of method '\(method)', which the spec lacks; add '\(method)'"
  }

  static func nothingToMerge(_ method: String) -> String {
    "'\(method)' is of several tasks, and 'fine-tune' has no such cell; put a list into its 'tasks', "
      + "such as 'tasks: [[phones-nl, voices]]'"
  }

  static func recipesDiffer(_ group: String, _ keys: [String]) -> String {
    "the tasks of '\(group)' are learnt together, and their recipes differ in "
      + keys.joined(separator: ", ") + "; say one in 'fine-tune: recipe:'"
  }

  static func checkpointTooEarly(share: String, task: String, headOnly: String) -> String {
    "at \(share) of '\(task)' only the head has learnt ('head-only' is \(headOnly)); take a later "
      + "checkpoint"
  }

  static let codewordsAreNotEvaluated =
    "a task of 'codewords' only fine-tunes: leave 'head' and 'evaluate' out"

  static func notCommanded(_ task: String) -> String {
    "task '\(task)' has no labels that a 'command' could be handed; take it out of the fine-tuning tasks"
  }

  static func notEvaluable(_ task: String) -> String {
    "task '\(task)' only fine-tunes: add 'head' and 'evaluate' to its file to evaluate with it"
  }

  static func noCodebook(_ model: String, task: String) -> String {
    "task '\(task)' needs the pre-training head of model '\(model)', whose checkpoint has none; give "
      + "fairseq's .pt file, or a folder with codebook.safetensors"
  }

  static func noPhonemes(_ task: String, corpus: String) -> String {
    "task '\(task)' predicts phones, and corpus '\(corpus)' has none; give it 'phonemes'"
  }

  static func noTranscripts(_ task: String, corpus: String) -> String {
    "task '\(task)' predicts characters, and corpus '\(corpus)' has no 'transcripts'"
  }

  static func noAlignment(_ task: String, corpus: String) -> String {
    "task '\(task)' predicts the phone of each frame, and corpus '\(corpus)' has no manifest whose "
      + "lines give an 'alignment'"
  }

  static func noTrials(_ task: String, corpus: String) -> String {
    "task '\(task)' is judged by trials, and corpus '\(corpus)' has no manifest that lists any; add "
      + "'trials: 2_000', say, to draw as many pairs of its test"
  }

  static func noTurns(_ task: String, corpus: String) -> String {
    "task '\(task)' asks who speaks when, and corpus '\(corpus)' has no manifest whose lines give "
      + "'turns'"
  }

  static func noQueries(_ task: String, corpus: String) -> String {
    "task '\(task)' looks for queries, and corpus '\(corpus)' has no manifest whose lines give "
      + "'matches'"
  }

  static func cutTarget(_ target: String) -> String {
    "'crop-seconds' would cut utterances without cutting their '\(target)'; only labels and trials are "
      + "of every part"
  }

  static func evaluatedOnly(_ target: String) -> String {
    "'\(target)' is a target of evaluation only; take 'fine-tune' out"
  }

  static func metricOfAnother(_ metric: String, _ target: String, _ known: [String]) -> String {
    "'\(target)' is not scored by '\(metric)'; "
      + (known.count == 1 ? "it is scored by " : "known: ")
      + known.joined(separator: ", ")
  }

  static func nothingHeldOut(_ task: String, corpus: String) -> String {
    "task '\(task)' has nothing to be tested on: corpus '\(corpus)' holds out 0% for 'test'"
  }

  static func severalModels(_ spec: String, _ models: some Sequence<String>) -> String {
    "experiment '\(spec)' has several models; name one: "
      + models.map { "\(spec)/\($0)" }.joined(separator: ", ")
  }

  static func cycle(_ path: [String]) -> String {
    "pre-training goes round in a circle: " + path.joined(separator: " needs ")
      + "; give one of them a 'checkpoint'"
  }

  static func trainedByCycle(_ path: [String]) -> String {
    "'trained-by' goes round in a circle: " + path.joined(separator: " by ")
      + "; it must end at a model that says how it is pre-trained"
  }

  static func schedule(task: String, warmUp: String, hold: String) -> String {
    "with the recipe of this spec, 'warm-up' (\(warmUp)) and 'hold' (\(hold)) of task '\(task)' "
      + "exceed 100% together; lower one of them"
  }

  static func checkpointMissing(_ path: String, obtain: String?) -> String {
    "checkpoint '\(path)' was not found; \(checkpointRemedy(obtain))"
  }

  /// How to get a checkpoint, and what it must be.
  package static func checkpointRemedy(_ obtain: String?) -> String {
    (obtain.map { "to get it: \($0); " } ?? "")
      + "it must be a Hugging Face folder with config.json and model.safetensors, or one original "
      + "file, relative to the folder that holds 'tasks' and 'corpora'"
  }

  static func noTargets(_ task: String, _ what: String, _ split: Split, manifest: String) -> String
  {
    "task '\(task)' needs '\(what)' in the split '\(split.rawValue)', and no line of the manifest "
      + "'\(manifest)' has both"
  }

  static func commandFileMissing(_ path: String, trainer: String) -> String {
    "'\(path)', which command '\(trainer)' depends on, was not found; it must be a file, relative to "
      + "the spec"
  }

  /// What a value of a key looks like.
  private static let examples = [
    "experiment": "quickstart", "question": "Which α keeps what the task did not ask for?",
    "seeds": "[1, 2]", "models": "{ tiny: { checkpoint: models/tiny } }",
    "tasks": "[phones-nl, tones-zh]", "measures": "[linear-cka, r2]", "corpus": "fillets-nl",
    "'compare': corpus": "held-out",
    "frames": "4_000", "ridge": "1e-3", "alpha": "[0.25, 0.5]", "strength": "[0.01, 0.1]",
    "at": "[20%]", "normalise": "[false, true]", "floor": "log-mel", "ceiling": "perfect",
    "steps": "300", "batch": "32", "batch-seconds": "16", "learning-rate": "1e-3",
    "head-only": "10%", "warm-up": "10%", "hold": "40%", "clip": "1", "dropout": "10%",
    "checkpoints": "[20%]", "threads": "1", "projection": "128", "title": "Dutch phonemes",
    "target": "phones", "split": "{ by: speaker, test: 20%, dev: 5% }", "seconds": "[0.3, 20]",
    "language": "nl", "licence": "CC-BY-4.0", "packages": "[hedgewars-data]",
    "recordings": ".alphasweep/recordings", "artifacts": ".alphasweep/artifacts", "cores": "all",
    "obtain": "https://example.org/speech: unpack it below speech/",
    "'slurm': time": "24 h", "mask": "{ probability: 8%, length: 10 }", "density": "[20%]",
    "patience": "[3]",
    "memory": "8 GB", "workers": "auto", "rank": "[8]", "targets": "[q_proj, v_proj]",
    "run": "[python3, trainers/train.py]", "files": "[trainers/train.py]",
  ]
}

/// The valid word that somebody probably meant.
package enum NearestWord {
  /// The word with the least edit distance, if it differs in at most a third of its letters (and in
  /// at least one letter of a short word): further off, a guess misleads more than it helps.
  package static func to(_ word: String, among words: some Sequence<String>) -> String? {
    let letters = Array(word)
    let candidates = words.map { (distance(letters, Array($0)), $0) }
    guard let (distance, nearest) = candidates.min(by: { $0 < $1 }),
      distance <= max(1, max(letters.count, nearest.count) / 3)
    else { return nil }
    return nearest
  }

  /// Damerau–Levenshtein distance with neighbours swapped as one edit (optimal string alignment).
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    for i in 1...a.count {
      for j in 1...b.count {
        let substituted = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        rows[i][j] = min(substituted, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
        }
      }
    }
    return rows[a.count][b.count]
  }
}
