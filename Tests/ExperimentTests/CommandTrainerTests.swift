import Testing

@testable import Experiment

/// Trainers of somebody's own: how they are written, and what they are in a plan.
struct CommandTrainerTests {
  private static let files = CommandFiles(
    folder: "/specs", digests: ["train.py": "aa", "help.py": "bb"])

  private func plan(
    _ trainers: String, files: CommandFiles = files, methods: String = "stable-ft: {}, ",
    seeds: String = "[1]"
  ) throws -> Plan {
    var input = try SmallWorld.input(
      SmallWorld.spec(methods: "{ \(methods)command: { \(trainers) } }", seeds: seeds))
    input.commandFiles = files
    return try Planner.plan(input)
  }

  private func command(_ trainer: String, files: CommandFiles = files) throws -> Stage {
    try #require(try plan("mine: { \(trainer) }", files: files).stages(.command).first)
  }

  private static let mine = "run: [python3, train.py], files: [train.py, help.py]"

  // MARK: Reading

  @Test func `a trainer is read with its parameters as they stand`() throws {
    let yaml = SmallWorld.spec(
      methods: """
        { command: { my-trainer: { run: [sh, -v, -v, 1], files: train.py, alpha: [0.25, 0.5],
          cores: 2, parameters: { rate: 1e-4, layers: 2, whole: 3.0, deep: true, word: fast,
          quoted: '2', many: [1, two, false], share: 20% } } } }
        """)
    let spec = try Spec(yaml: yaml, file: "small.yaml")
    #expect(
      spec.methods == [
        .command([
          CommandTrainer(
            name: "my-trainer", run: ["sh", "-v", "-v", "1"], files: ["train.py"],
            parameters: [
              "rate": .real(1e-4), "layers": .integer(2), "whole": .integer(3),
              "deep": .bool(true), "word": .string("fast"), "quoted": .string("2"),
              "many": .list([.integer(1), .string("two"), .bool(false)]),
              "share": .string("20%"),
            ], alphas: [0.25, 0.5], cores: 2)
        ])
      ])
    #expect(spec.commandFiles == ["train.py"])
    #expect(
      spec.methods.flatMap(\.rows).map(\.point) == [
        MethodPoint(name: "my-trainer", title: "my-trainer", alpha: 1),
        MethodPoint(name: "my-trainer", title: "my-trainer α 0.25", alpha: 0.25),
        MethodPoint(name: "my-trainer", title: "my-trainer α 0.5", alpha: 0.5),
      ])
  }

  @Test(arguments: [
    (
      "{}",
      "6:21: 'command' names no trainer; add one, such as 'my-trainer: { run: [python3, train.py], "
        + "files: [train.py] }'"
    ),
    ("train.py", "6:21: 'command' must be a mapping, not 'train.py'"),
    (
      "{ mine: { files: [a] } }",
      "6:29: command 'mine' lacks 'run'; add it, such as 'run: [python3, trainers/train.py]'"
    ),
    (
      "{ mine: { run: [a] } }",
      "6:29: command 'mine' lacks 'files'; add it, such as 'files: [trainers/train.py]'"
    ),
    ("{ mine: { run: [], files: [a] } }", "6:36: 'run' is an empty list; name at least one"),
    ("{ mine: { run: [a], files: [] } }", "6:48: 'files' is an empty list; name at least one"),
    ("{ mine: { run: [a], files: [b, b] } }", "6:52: 'files' holds b twice; keep one"),
    ("{ mine: { run: [a, { b: c }], files: [b] } }", "6:40: 'run' must be a word, not a mapping"),
    (
      "{ mine: { run: [a], files: [b], shell: true } }",
      "6:53: unknown key 'shell'; known: alpha, cores, files, parameters, run"
    ),
    (
      "{ mine: { run: [a], files: [b], alpha: [2] } }",
      "6:61: 'alpha' must be from 0 to 1, not '2'"
    ),
    (
      "{ mine: { run: [a], files: [b], cores: 0 } }",
      "6:60: 'cores' must be from 1 to 1024, not '0'"
    ),
    (
      "{ mine: { run: [a], files: [b], parameters: { deep: { er: 1 } } } }",
      "6:73: 'deep' must be a text, a number, true or false, or a list of these, not a mapping"
    ),
    (
      "{ mine: { run: [a], files: [b], parameters: { deep: [1, [2]] } } }",
      "6:77: 'deep' must be a text, a number, true or false, or a list of these, not a list"
    ),
    (
      "{ mine: { run: [a], files: [b], parameters: { deep: } } }",
      "6:73: 'deep' must be a text, a number, true or false, or a list of these, not nothing"
    ),
    (
      "{ my/trainer: { run: [a], files: [b] } }",
      "6:23: 'my/trainer' names a trainer and its rows: letters, digits, '-' and '_'"
    ),
    (
      "{ stable-ft: { run: [a], files: [b] } }",
      "6:23: 'stable-ft' is what rows of another method are called; give the trainer a name of its own"
    ),
  ])
  func `a wrong trainer is said with its place`(trainers: String, problem: String) throws {
    let found = try problems {
      try Spec(
        yaml: SmallWorld.spec(methods: "{ command: \(trainers) }"), file: "small.yaml")
    }
    #expect(found == ["small.yaml:" + problem])
  }

  // MARK: Planning

  @Test func `a trainer is one stage with rows of its own, and shares no frozen module`() throws {
    let plan = try plan("mine: { \(Self.mine), alpha: [0, 0.5, 1] }")
    let stage = try plan.stage("command phones · mine · seed 1")
    #expect(plan.stages(.command) == [stage])
    #expect(Array(stage.inputs.keys) == ["encoder", "corpus", "files"])
    #expect(stage.inputs["encoder"] == .external(digest: "c0ffee", path: "/somewhere/tiny"))
    #expect(stage.seed == 1 && stage.resources.cores == 1)
    #expect(stage.parameters["selection"]?["splits"] == .list([.string("train")]))
    #expect(stage.parameters["recipe"]?["steps"] == .integer(200))
    #expect(stage.parameters["recipe"]?["checkpoints"] == .list([]))

    let between = try plan.stage("interpolate phones · mine α 0.5 · seed 1")
    #expect(between.inputs["fine-tuned"] == .stage(stage.key, entry: "model"))
    func encoder(_ title: String) throws -> StageInput? {
      let cell = try #require(plan.cells(title).first)
      let evaluation = try #require(cell.evaluations["speakers"].flatMap { plan.stages[$0] })
      let features = try #require(
        evaluation.inputs["features"]?.stageKey.flatMap { plan.stages[$0] })
      if title != "mine α 0" { #expect(features.inputs["downsampled"] == nil, "\(title)") }
      return features.inputs["encoder"]
    }
    #expect(try encoder("mine") == .stage(stage.key, entry: "model"))
    #expect(try encoder("mine α 1") == .stage(stage.key, entry: "model"))
    #expect(try encoder("mine α 0.5") == .stage(between.key))
    #expect(try encoder("mine α 0") == stage.inputs["encoder"])
  }

  @Test func `a trainer's cores are what the scheduler gives it`() throws {
    let stage = try command(Self.mine + ", cores: 3")
    #expect(stage.resources.cores == 3)
    #expect(stage.parameters["recipe"]?["threads"] == .integer(3))
  }

  @Test func `the key follows contents, words and parameters, and neither folder nor name`() throws
  {
    let stage = try command(Self.mine)
    var moved = Self.files
    moved.folder = "/elsewhere"
    #expect(try command(Self.mine, files: moved).key == stage.key)
    #expect(try plan("yours: { \(Self.mine) }").stages(.command).map(\.key) == [stage.key])
    let turned = "run: [python3, train.py], files: [help.py, train.py]"
    #expect(try command(turned).key == stage.key)

    var edited = Self.files
    edited.digests["help.py"] = "cc"
    var keys: Set = [stage.key, try command(Self.mine, files: edited).key]
    for more in [
      "parameters: { layers: 2 }", "parameters: { layers: 3 }", "parameters: { layers: '2' }",
      "cores: 2",
    ] { keys.insert(try command("\(Self.mine), \(more)").key) }
    keys.insert(try command("run: [python3, -u, train.py], files: [train.py, help.py]").key)
    keys.insert(try command("run: [python3, train.py], files: [train.py]").key)
    #expect(keys.count == 8)
  }

  @Test func `adding a trainer changes no other key`() throws {
    let without = try SmallWorld.plan(SmallWorld.spec(methods: "{ stable-ft: {} }"))
    let with = try plan("mine: { \(Self.mine) }")
    #expect(Set(without.stages.keys).isSubset(of: with.stages.keys))
  }

  @Test func `a file that is not there is said with its place`() throws {
    let found = try problems {
      try plan("mine: { run: [a], files: [train.py, gone.py, lost.py] }", methods: "")
    }
    #expect(
      found == [
        "small.yaml:6:59: 'gone.py', which command 'mine' depends on, was not found; it must be a file, "
          + "relative to the spec",
        "small.yaml:6:68: 'lost.py', which command 'mine' depends on, was not found; it must be a file, "
          + "relative to the spec",
      ])
  }

  @Test func `a trainer trains on its corpus, so nothing of it may be held out elsewhere`() throws {
    let plan = try plan("mine: { \(Self.mine) }", methods: "")
    let words = try #require(plan.heldOut.first { $0.corpus == "words" })
    #expect(words.trainedOnBy.contains("command phones · mine · seed 1"))
  }

  @Test func `why names the file that changed`() throws {
    let before = try command(Self.mine)
    var edited = Self.files
    edited.digests["help.py"] = "cc"
    let after = try command(Self.mine, files: edited)
    let sentences = Explanation.differences(from: before.identity, to: after.identity)
    #expect(sentences.first == "files.help.py bb → cc")
  }
}
