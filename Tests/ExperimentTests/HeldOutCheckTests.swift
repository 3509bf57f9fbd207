import Testing

@testable import Experiment

/// The proof that no recording that is tested with can be trained on.
struct HeldOutCheckTests {
  /// A corpus of the same kind under another name, all of it to train on unless `test` says other.
  private static func copies(test: Double = 0) throws -> CorpusDefinition {
    var copies = try CorpusDefinition(yaml: SmallWorld.corpus, file: "corpora/words.yaml")
    copies.name = "copies"
    copies.folder?.split.test = test
    return copies
  }

  /// Digests of recordings of 'words' that are tested with, in path order.
  private static func heldOut() throws -> [String] {
    try SmallWorld.input().recordings["words"]?.recordings.filter { $0.split == .test }
      .map(\.digest) ?? []
  }

  private static func pretraining(_ corpora: String) -> String {
    "pretrain: { corpora: [\(corpora)], architecture: \(SmallWorld.architecture), rounds: "
      + "[\(SmallWorld.rounds)] }"
  }

  /// The plan of a spec in a world with 'copies', which holds the given bytes.
  private func plan(
    _ yaml: String, copies digests: [String], test: Double = 0, tasks: [TaskDefinition] = [],
    beside others: String...
  ) throws -> Plan {
    var definitions = try SmallWorld.definitions()
    definitions.corpora["copies"] = try Self.copies(test: test)
    for task in tasks { definitions.tasks[task.name] = task }
    for (index, other) in others.enumerated() {
      let spec = try Spec(yaml: other, file: "other\(index).yaml")
      definitions.experiments[spec.experiment] = spec
    }
    let listing = digests.enumerated().map { (path: "eve/copy\($0).ogg", digest: $1) }
    return try Planner.plan(
      SmallWorld.input(
        yaml, definitions: definitions, listings: ["words": SmallWorld.listing, "copies": listing]))
  }

  /// The sentences of the error that planning throws; none when the plan is honest.
  private func leaks(_ plan: () throws -> Plan) throws -> [String] {
    do {
      _ = try plan()
      return []
    } catch let error as HeldOutError {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  private static func sentence(_ recordings: String, trainedBy: String) -> String {
    let pronoun = recordings.hasSuffix(" is") ? "it" : "them"
    return
      "\(recordings) held out by 'evaluate phones · pre-trained · head seed 1' but would be trained "
      + "on by '\(trainedBy)'; hold \(pronoun) out of 'copies' too, or leave that corpus out of the "
      + "training"
  }

  private static func another(
    _ name: String, _ models: String
  ) -> String {
    "experiment: \(name)\nquestion: q\nseeds: [1]\nmodels: { \(models) }\n"
  }

  // MARK: Honest plans

  @Test func `an honest spec passes, and says what is held out`() throws {
    let plan = try SmallWorld.plan()
    let recordings = try #require(SmallWorld.input().recordings["words"]?.recordings)
    let test = recordings.count { $0.split == .test }
    #expect(test > 10 && test < 40)
    #expect(
      plan.heldOut == [
        HeldOutCorpus(
          corpus: "words", splitBy: "word", trainRecordings: 80 - test, devRecordings: 0,
          testRecordings: test, testGroups: test / 2, duplicates: 0,
          trainedOnBy: [
            "evaluate phones · pre-trained · head seed 1",
            "evaluate speakers · pre-trained · head seed 1",
            "fine-tune phones · head only · seed 1", "fine-tune phones · stable-ft · seed 1",
            "evaluate phones · phones · stable-ft · seed 1 · head seed 1",
            "evaluate speakers · phones · stable-ft · seed 1 · head seed 1",
          ])
      ])
  }

  @Test func `pre-training on what is trained on anyway, and on other bytes, passes`() throws {
    let spec = SmallWorld.spec(models: "{ tiny: { \(Self.pretraining("words, copies")) } }")
    let trained = try #require(
      SmallWorld.input().recordings["words"]?.recordings.first { $0.split == .train }?.digest)
    let plan = try plan(spec, copies: [trained, "new"])
    #expect(plan.heldOut.map(\.corpus) == ["copies", "words"])
    #expect(plan.heldOut.first?.trainedOnBy == ["pretrain tiny · seed 1"])
    #expect(plan.heldOut.last?.trainedOnBy.first == "pretrain tiny · seed 1")
  }

  @Test func `a copy within a corpus counts once, whichever split its name would draw`() throws {
    let digest = try #require(try Self.heldOut().first)
    let listing = SmallWorld.listing + [(path: "zoe/another.ogg", digest: digest)]
    let plan = try Planner.plan(SmallWorld.input(listings: ["words": listing]))
    #expect(plan.heldOut.first?.duplicates == 1)
    let facts = try #require(plan.heldOut.first)
    #expect(facts.trainRecordings + facts.testRecordings == 80)
  }

  // MARK: Leaks

  @Test func `pre-training on a held-out recording under another name fails`() throws {
    let spec = SmallWorld.spec(models: "{ tiny: { \(Self.pretraining("copies")) } }")
    let heldOut = try Self.heldOut()
    let one = try leaks { try plan(spec, copies: ["new", heldOut[0]]) }
    let (copy, round) = ("of corpus 'copies'", "pretrain tiny · seed 1")
    #expect(one == [Self.sentence("eve/copy1.ogg \(copy) is", trainedBy: round)])
    let two = try leaks { try plan(spec, copies: Array(heldOut[..<2])) }
    #expect(two == [Self.sentence("eve/copy0.ogg, eve/copy1.ogg \(copy) are", trainedBy: round)])
    let five = try leaks { try plan(spec, copies: Array(heldOut[..<5])) }
    #expect(
      five == [
        Self.sentence(
          "eve/copy0.ogg, eve/copy1.ogg, eve/copy2.ogg and 2 more \(copy) are", trainedBy: round)
      ])
  }

  @Test func `fine-tuning on a held-out recording fails, for each training`() throws {
    var task = try TaskDefinition(yaml: SmallWorld.phones, file: "tasks/phones.yaml")
    (task.name, task.corpus) = ("copied", "copies")
    let yaml = try Slip("[phones] }", "[copied] }").applied(to: SmallWorld.spec())
    let found = try leaks { try plan(yaml, copies: Self.heldOut(), tasks: [task]) }
    let count = try Self.heldOut().count
    let recordings =
      "eve/copy0.ogg, eve/copy1.ogg, eve/copy10.ogg and \(count - 3) more of corpus 'copies' are"
    #expect(
      found == [
        Self.sentence(recordings, trainedBy: "fine-tune copied · head only · seed 1"),
        Self.sentence(recordings, trainedBy: "fine-tune copied · stable-ft · seed 1"),
      ])
  }

  /// It is gone after its own test, and the encoder has learnt nothing.
  @Test func `a head may learn from what another task is tested with`() throws {
    var task = try TaskDefinition(yaml: SmallWorld.speakers, file: "tasks/speakers.yaml")
    (task.name, task.corpus) = ("copied", "copies")
    let yaml = SmallWorld.spec(methods: "{ pre-trained: {} }", tasks: "[phones, copied]")
    let split = try #require(try Self.copies(test: 0.3).folder?.split)
    let path = try #require(
      (0..<40).first { split.split(corpus: "copies", group: "copy\($0)") == .train })
    var digests = (0..<40).map { "new\($0)" }
    digests[path] = try Self.heldOut()[0]
    let found = try leaks { try plan(yaml, copies: digests, test: 0.3, tasks: [task]) }
    #expect(found == [])
  }

  @Test func `the training of a checkpoint counts where a spec says what made it`() throws {
    let heldOut = [try Self.heldOut()[0]]
    let maker = Self.another("maker", "big: { \(Self.pretraining("copies")) }")
    let silent = SmallWorld.spec(models: "{ tiny: { checkpoint: models/tiny } }")
    let plain = try leaks { try plan(silent, copies: heldOut, beside: maker) }
    #expect(plain == [])
    let spec = SmallWorld.spec(models: "{ tiny: { checkpoint: models/tiny, trained-by: maker } }")
    let recording = "eve/copy0.ogg of corpus 'copies' is"
    let told = try leaks { try plan(spec, copies: heldOut, beside: maker) }
    #expect(told == [Self.sentence(recording, trainedBy: "checkpoint tiny of maker")])
    let honest = try plan(spec, copies: ["new"], beside: maker)
    #expect(honest.heldOut.first?.trainedOnBy == ["checkpoint tiny of maker"])
    // However many checkpoints are between.
    let middle = Self.another("middle", "m: { checkpoint: models/m, trained-by: maker }")
    let far = try Slip("maker", "middle").applied(to: spec)
    let distant = try leaks { try plan(far, copies: heldOut, beside: maker, middle) }
    #expect(distant == [Self.sentence(recording, trainedBy: "checkpoint tiny of middle")])
  }

  @Test func `the training of another experiment's model, and of a teacher, counts`() throws {
    let heldOut = [try Self.heldOut()[0]]
    let recording = "eve/copy0.ogg of corpus 'copies' is"
    let maker = Self.another("maker", "big: { \(Self.pretraining("copies")) }")
    let elsewhere = try leaks {
      try plan(
        SmallWorld.spec(models: "{ tiny: { pretrain: maker } }"), copies: heldOut, beside: maker)
    }
    #expect(elsewhere == [Self.sentence(recording, trainedBy: "pretrain big · seed 1")])
    let taught = Self.pretraining("words").replacing(
      "corpora: [words]", with: "corpora: [words], teacher: old")
    let old = "old: { checkpoint: models/tiny, trained-by: maker }"
    let teacher = try leaks {
      try plan(
        SmallWorld.spec(models: "{ \(old), tiny: { \(taught) } }"), copies: heldOut, beside: maker)
    }
    #expect(teacher == [Self.sentence(recording, trainedBy: "checkpoint old of maker")])
  }

  // MARK: Splits

  @Test func `the split of a group is a draw from its name alone`() {
    // int(hashlib.sha256(b"words\0" + word).hexdigest()[:16], 16) / 2**64:
    // 0.7452, 0.4544, 0.4663, 0.4298, 0.8966, 0.0941, 0.0891, 0.6253.
    let rule = SplitRule(by: "word", test: 0.3, dev: 0.2)
    let splits = (0..<8).map { rule.split(corpus: "words", group: "word\($0)") }
    #expect(splits == [.train, .dev, .dev, .dev, .train, .test, .test, .train])
    let other = (0..<8).map { rule.split(corpus: "copies", group: "word\($0)") }
    #expect(other != splits)
  }

  @Test func `values that are named test whatever is drawn`() throws {
    let rule = SplitRule(by: "word", test: 0, dev: 0.2, testValues: ["word0", "word3"])
    let splits = (0..<8).map { rule.split(corpus: "words", group: "word\($0)") }
    // Of the draws above, those below 0.2 are dev's.
    #expect(splits == [.test, .train, .train, .test, .train, .dev, .dev, .train])
    let chosen = SplitRule(
      by: "word", test: 0.3, dev: 0, testValues: ["word0"], devValues: ["word3"])
    #expect(chosen.split(corpus: "words", group: "word3") == .dev)
    #expect(chosen.split(corpus: "words", group: "word0") == .test)
    let plain = try Canonical(encoding: SplitRule(by: "word", test: 0.3, dev: 0.2))
    #expect(
      plain["testValues"] == nil && plain["devValues"] == nil, "keys of rules without it stay")
  }

  @Test func `a value that is to test and that no recording has is told`() throws {
    let corpus = try CorpusDefinition(
      yaml: """
        corpus: words
        description: Made up
        licence: none
        language: nl
        packages: [words-data]
        root: words
        pattern: '(?<package>[^/]+)/(?<word>[^/]+)\\.wav'
        split: { by: package, test: [there, gone], dev: 0% }
        seconds: [0.1, 5]
        """, file: "words.yaml")
    let error = #expect(throws: CorpusDefinitionError.self) {
      try corpus.recordings(from: [("here/a.wav", "1"), ("there/b.wav", "2")])
    }
    #expect(
      error?.description
        == "corpus words: no recording has the package 'gone' that is held out; there are here, there "
        + "(the Debian packages are words-data)")
    let there = try corpus.recordings(
      from: [("gone/a.wav", "1"), ("here/a.wav", "3"), ("there/b.wav", "2")])
    #expect(there.recordings.map(\.split) == [.test, .train, .test])
  }

  @Test func `all recordings of a group are in one split`() throws {
    let recordings = try #require(SmallWorld.input().recordings["words"]?.recordings)
    let groups = Dictionary(grouping: recordings) { $0.labels["word"] }
    #expect(groups.count == 40)
    for group in groups.values {
      #expect(group.count == 2 && Set(group.map(\.split)).count == 1)
    }
  }
}
