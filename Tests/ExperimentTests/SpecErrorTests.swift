import Foundation
import Testing

@testable import Experiment

/// A mistake in a file: what stands there instead of what should, and every sentence it brings.
struct Slip: Sendable, CustomTestStringConvertible {
  var right: String
  var wrong: String
  var problems: [String]

  init(_ right: String, _ wrong: String, _ problems: String...) {
    self.right = right
    self.wrong = wrong
    self.problems = problems
  }

  var testDescription: String { wrong }

  /// The text with the mistake, which must have exactly one place to be made.
  func applied(to text: String) throws -> String {
    try #require(text.ranges(of: right).count == 1, "'\(right)' stands once in the text")
    return text.replacing(right, with: wrong)
  }
}

/// What is wrong with a spec by itself, word for word and at its line and column.
struct SpecErrorTests {
  private func read(_ yaml: String) throws -> [String] {
    try problems { try Spec(yaml: yaml, file: "small.yaml") }
  }

  private static let question =
    "'question'; add it, such as 'question: Which α keeps what the task did not ask for?'"

  @Test(arguments: [
    Slip(
      "question:", "qestion:", "small.yaml:1:1: the spec lacks \(question)",
      "small.yaml:2:1: unknown key 'qestion'; did you mean 'question'?"),
    Slip(
      "compare: {", "plots: {",
      "small.yaml:8:1: unknown key 'plots'; known: compare, evaluate, experiment, fine-tune, "
        + "heard-tests, methods, models, published, question, seeds"),
    Slip(
      "seeds: [1]\n", "",
      "small.yaml:1:1: the spec lacks 'seeds'; add it, such as 'seeds: [1, 2]'"),
    Slip(
      "experiment: small", "experiment: ../small",
      "small.yaml:1:13: 'experiment' names a folder: letters, digits, '-', '_' and '.', not "
        + "'../small'"),
    Slip(
      "question: Does it plan?", "question:",
      "small.yaml:2:10: 'question' must be a word, not nothing"
    ),
    Slip(
      "question: Does it plan?", "question: [Does, it, plan]",
      "small.yaml:2:11: 'question' must be a word, not a list"),
    Slip(
      "tiny: { checkpoint", "tiny: { chekpoint",
      "small.yaml:4:11: model 'tiny' needs one of 'checkpoint' and 'pretrain'",
      "small.yaml:4:19: unknown key 'chekpoint'; did you mean 'checkpoint'?"),
    Slip(
      "checkpoint: models/tiny", "checkpoint: models/tiny, pretrain: other",
      "small.yaml:4:11: model 'tiny' needs one of 'checkpoint' and 'pretrain'"),
    Slip(
      "checkpoint: models/tiny", "pretrain: other, trained-by: other",
      "small.yaml:4:11: 'trained-by' goes with 'checkpoint'"),
    Slip(
      "models: { tiny: { checkpoint: models/tiny } }", "models: {}",
      "small.yaml:4:9: the spec lacks 'models'; add it, such as 'models: { tiny: { checkpoint: "
        + "models/tiny } }'"),
    Slip(
      "models: { tiny: { checkpoint: models/tiny } }", "models: tiny",
      "small.yaml:4:9: 'models' must be a mapping, not 'tiny'"),
    Slip(
      "tiny: { checkpoint: models/tiny }", "α: { checkpoint: models/tiny, by: me }",
      "small.yaml:4:41: unknown key 'by'; known: checkpoint, obtain, pretrain, trained-by"),
  ])
  func `a wrong key, name or model is said with its place`(slip: Slip) throws {
    let found = try read(slip.applied(to: SmallWorld.spec()))
    #expect(found == slip.problems)
  }

  @Test(arguments: [
    Slip("[1]", "[1, 1]", "small.yaml:3:12: 'seeds' holds 1 twice; keep one"),
    Slip("[1]", "[10, 1_0]", "small.yaml:3:13: 'seeds' holds 1_0 twice; keep one"),
    Slip("[1]", "[one]", "small.yaml:3:9: 'seeds' must be a whole number, not 'one'"),
    Slip("[1]", "['1']", "small.yaml:3:9: 'seeds' must be a whole number, not '1'"),
    Slip("[1]", "[1.5]", "small.yaml:3:9: 'seeds' must be a whole number, not '1.5'"),
    Slip("[1]", "[1__0]", "small.yaml:3:9: 'seeds' must be a whole number, not '1__0'"),
    Slip("[1]", "[-1]", "small.yaml:3:9: 'seeds' must be at least 0, not '-1'"),
    Slip("[1]", "[[1]]", "small.yaml:3:9: 'seeds' must be a whole number, not a list"),
    Slip("[1]", "{ first: 1 }", "small.yaml:3:8: 'seeds' must be a list, not a mapping"),
    Slip("[1]", "", "small.yaml:3:7: 'seeds' must be a list, not nothing"),
    Slip(
      "[1]", "[]", "small.yaml:3:8: 'seeds' is an empty list; name at least one"),
    Slip(
      "[phones] }", "[] }",
      "small.yaml:5:21: 'tasks' is an empty list; name at least one"),
    Slip(
      "[phones] }", "[phones, phones] }", "small.yaml:5:30: 'tasks' holds phones twice; keep one"),
    Slip(
      "[phones, speakers]", "[phones, speakers, phones]",
      "small.yaml:7:39: 'tasks' holds phones twice; keep one"),
  ])
  func `a wrong list, or a value that stands twice in one, is said with its place`(
    slip: Slip
  ) throws {
    let found = try read(slip.applied(to: SmallWorld.spec()))
    #expect(found == slip.problems)
  }

  @Test(arguments: [
    ("specch-ft: {}", "6:12: unknown method 'specch-ft'; did you mean 'speech-ft'?"),
    (
      "magic: {}",
      "6:12: unknown method 'magic'; known: command, dora, early-checkpoint, early-stopping, "
        + "l2-sp, linear-merge, log-mel, lora, pre-trained, regular-ft, sequential, speech-ft, "
        + "stable-ft, ties-merge"
    ),
    ("stable-ft: { alpha: 1 }", "6:25: method 'stable-ft' takes no 'alpha'; write '{}'"),
    ("stable-ft: 1", "6:23: 'stable-ft' must be a mapping, not '1'"),
    (
      "speech-ft: {}",
      "6:23: method 'speech-ft' lacks 'alpha'; add it, such as 'alpha: [0.25, 0.5]'"
    ),
    ("speech-ft: { alpa: [0.5], alpha: 1 }", "6:25: unknown key 'alpa'; did you mean 'alpha'?"),
    (
      "speech-ft: { alpha: [0.5], from: [regular] }",
      "6:46: unknown method 'regular'; did you mean 'regular-ft'?"
    ),
    (
      "lora: { rank: [0], alpha: [8], targets: [q_proj], dropout: 0% }",
      "6:27: 'rank' must be from 1 to 4096, not '0'"
    ),
    (
      "dora: { rank: [4], alpha: [8], targets: [k_prj], dropout: 0% }",
      "6:53: unknown linear map 'k_prj'; did you mean 'k_proj'?"
    ),
    (
      "lora: { rank: [4], alpha: [8], dropout: 0% }",
      "6:18: method 'lora' lacks 'targets'; add it, such as 'targets: [q_proj, v_proj]'"
    ),
    (
      "stable-ft: {}, speech-ft: { alpha: [0.5], from: [lora] }",
      "6:61: 'from: lora' takes the rows of method 'lora', which the spec lacks; add 'lora'"
    ),
    (
      "speech-ft: { alpha: [0.5], select: test }",
      "6:47: unknown split to choose on 'test'; known: dev"
    ),
    (
      "ties-merge: { alpha: [0.5], density: [0%] }",
      "6:50: 'density' must be from 1e-06 to 1, not '0%'"
    ),
    ("early-stopping: { patience: [0] }", "6:41: 'patience' must be from 1 to 1000000, not '0'"),
    ("speech-ft: { alpha: [-0.1] }", "6:33: 'alpha' must be from 0 to 1, not '-0.1'"),
    ("speech-ft: { alpha: [1.01] }", "6:33: 'alpha' must be from 0 to 1, not '1.01'"),
    ("speech-ft: { alpha: [nan] }", "6:33: 'alpha' must be a number, not 'nan'"),
    ("speech-ft: { alpha: [0x1p-1] }", "6:33: 'alpha' must be a number, not '0x1p-1'"),
    ("speech-ft: { alpha: [50%] }", "6:33: 'alpha' must be a number, not '50%'"),
    ("speech-ft: { alpha: [0.5, 0.50] }", "6:38: 'alpha' holds 0.50 twice; keep one"),
    ("l2-sp: { strength: -0.1 }", "6:31: 'strength' must be at least 0, not '-0.1'"),
    ("log-mel: { normalise: [yes] }", "6:35: 'normalise' must be true or false, not 'yes'"),
    ("early-checkpoint: { at: [0%] }", "6:37: 'at' must be from 0.001 to 1, not '0%'"),
    ("early-checkpoint: { at: [120%] }", "6:37: 'at' must be from 0.001 to 1, not '120%'"),
    ("early-checkpoint: { at: [20 %] }", "6:37: 'at' must be a share such as 20%, not '20 %'"),
    ("early-checkpoint: { at: [1e1%] }", "6:37: 'at' must be a share such as 20%, not '1e1%'"),
    ("early-checkpoint: { at: [20%, 0.2] }", "6:42: 'at' holds 0.2 twice; keep one"),
  ])
  func `a wrong method is said with its place`(method: String, problem: String) throws {
    let found = try read(SmallWorld.spec(methods: "{ \(method) }"))
    #expect(found == ["small.yaml:" + problem])
  }

  @Test(arguments: [
    Slip(
      "[linear-cka, r2]", "[linear-cak]",
      "small.yaml:8:23: unknown measure 'linear-cak'; did you mean 'linear-cka'?"),
    Slip(
      "held-out", "train",
      "small.yaml:8:48: unknown corpus to compare on 'train'; known: held-out"),
    Slip("1_001", "99", "small.yaml:8:66: 'frames' must be from 100 to 1000000, not '99'"),
    Slip(
      "1e-3", "1e-3, minutes: 0",
      "small.yaml:8:95: 'minutes' must be greater than 0, not '0'"),
    Slip("1e-3", "0", "small.yaml:8:80: 'ridge' must be greater than 0, not '0'"),
    Slip(
      "corpus: held-out, ", "",
      "small.yaml:8:10: 'compare' lacks 'corpus'; add it, such as 'corpus: held-out'"),
    Slip(
      "speakers] }", "speakers], score: { name: s, ceiling: perfekt } }",
      "small.yaml:7:47: 'score' lacks 'floor'; add it, such as 'floor: log-mel'",
      "small.yaml:7:67: unknown ceiling 'perfekt'; did you mean 'perfect'?"),
    Slip(
      "[phones] }", "[phones], recipe: { warm-up: 70%, hold: 31% } }",
      "small.yaml:5:39: 'warm-up' and 'hold' are shares of the same steps; together they must not "
        + "exceed 100%"),
    Slip(
      "[phones] }", "[phones], recipe: { learning-rate: fast, dropout: 100% } }",
      "small.yaml:5:56: 'learning-rate' must be a number, not 'fast'",
      "small.yaml:5:71: 'dropout' must be from 0 to 0.99, not '100%'"),
    Slip(
      "[phones] }", "[phones], recipe: { batch-seconds: 16 s } }",
      "small.yaml:5:56: 'batch-seconds' must be a number of seconds, not '16 s'"),
  ])
  func `a wrong measure, score or recipe is said with its place`(slip: Slip) throws {
    let found = try read(slip.applied(to: SmallWorld.spec()))
    #expect(found == slip.problems)
  }

  @Test func `parts that need another part say so`() throws {
    let lines = SmallWorld.spec().split(separator: "\n")
    let bare = lines.filter { !$0.hasPrefix("fine-tune") && !$0.hasPrefix("evaluate") }
    let found = try read(bare.joined(separator: "\n"))
    #expect(
      found == [
        "small.yaml:1:1: 'compare' takes the test recordings of the tasks of 'evaluate', which is "
          + "missing",
        "small.yaml:1:1: 'methods' are rows of a table; name its columns: 'evaluate: { tasks: […] }'",
        "small.yaml:1:1: 'methods' fine-tune; say on what: 'fine-tune: { tasks: […] }'",
      ])
  }

  @Test func `all mistakes of a file are told at once, in the order of its lines`() throws {
    let yaml = """
      experiment: small
      queston: Does it plan?
      seeds: [1, one, 1]
      models: { tiny: {} }
      methods: { speech-ft: { alpha: [0.5, 2] } }
      evaluate: { tasks: [] }
      """
    let found = try read(yaml)
    #expect(
      found == [
        "small.yaml:1:1: 'methods' fine-tune; say on what: 'fine-tune: { tasks: […] }'",
        "small.yaml:1:1: the spec lacks \(Self.question)",
        "small.yaml:2:1: unknown key 'queston'; did you mean 'question'?",
        "small.yaml:3:12: 'seeds' must be a whole number, not 'one'",
        "small.yaml:3:17: 'seeds' holds 1 twice; keep one",
        "small.yaml:4:11: model 'tiny' needs one of 'checkpoint' and 'pretrain'",
        "small.yaml:5:38: 'alpha' must be from 0 to 1, not '2'",
        "small.yaml:6:20: 'tasks' is an empty list; name at least one",
      ])
  }

  @Test(arguments: [
    ("", "small.yaml:1:1: the file is empty"),
    ("# nothing\n", "small.yaml:1:1: the file is empty"),
    ("- experiment: small", "small.yaml:1:1: 'the file' must be a mapping, not a list"),
    (
      "seeds: [1]\nseeds: [2]", "small.yaml:1:1: 'this mapping' holds 'seeds' twice; keep one"
    ),
    (
      "experiment: small\nseeds: [1, 2\nmodels: {}",
      "small.yaml:3:7: this is not YAML: did not find expected ',' or ']'"
    ),
    (
      "experiment: small\n\tseeds: [1]",
      "small.yaml:2:1: this is not YAML: found a tab character that violates indentation"
    ),
  ])
  func `a file that is no mapping is one problem`(yaml: String, problem: String) throws {
    let found = try read(yaml)
    #expect(found == [problem])
  }
}
