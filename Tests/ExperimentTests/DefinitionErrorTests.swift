import Testing

@testable import Experiment

/// What is wrong with the files of tasks, corpora, sites and pre-trainings, word for word.
struct DefinitionErrorTests {
  @Test(arguments: [
    Slip(
      "task: phones", "task: fones",
      "tasks/phones.yaml:1:7: 'task' is 'fones', but the file is called 'phones.yaml'; give both "
        + "one name"),
    Slip(
      "corpus: words\n", "",
      "tasks/phones.yaml:1:1: the task lacks 'corpus'; add it, such as 'corpus: fillets-nl'"),
    Slip(
      "corpus: words", "corpus:", "tasks/phones.yaml:3:8: 'corpus' must be a word, not nothing"),
    Slip(
      "minutes: { train: 0.2, test", "minutes: { trian: 0.2, test",
      "tasks/phones.yaml:5:12: unknown key 'trian'; did you mean 'train'?"),
    Slip(
      "minutes: { train: 0.2, test", "minutes: { train: 0, test",
      "tasks/phones.yaml:5:19: 'train' must be greater than 0, not '0'"),
    Slip(
      "minutes: { train: 0.2, test", "minutes: { train: 2 h, test",
      "tasks/phones.yaml:5:19: 'train' must be a number of minutes, not '2 h'"),
    Slip(
      "0% }\nevaluate", "0%, recurrent-width: 4 }\nevaluate",
      "tasks/phones.yaml:6:7: 'recurrent-width' and 'recurrent-layers' go together"),
    Slip(
      "batch: 16", "batch: 0",
      "tasks/phones.yaml:7:31: 'batch' must be from 1 to 65536, not '0'"),
    Slip(
      "head-only: 10%", "head-only: 110%",
      "tasks/phones.yaml:8:150: 'head-only' must be from 0 to 1, not '110%'"),
    Slip(
      "steps: 200,", "steps: 200, precision: bfloat,",
      "tasks/phones.yaml:8:111: unknown precision 'bfloat'; did you mean 'bfloat16'?"),
    Slip(
      "steps: 200, ", "",
      "tasks/phones.yaml:8:86: the fine-tuning recipe lacks 'steps'; add it, such as 'steps: 300'"),
    Slip(
      SmallWorld.recipe, "quick",
      "tasks/phones.yaml:8:86: unknown recipe 'quick'; known: paper"),
  ])
  func `a wrong task is said with its place`(slip: Slip) throws {
    let yaml = try slip.applied(to: SmallWorld.phones)
    let found = try problems { try TaskDefinition(yaml: yaml, file: "tasks/phones.yaml") }
    #expect(found == slip.problems)
  }

  @Test(arguments: [
    Slip(
      "root: words", "root: ../words",
      "words.yaml:6:7: 'root' is a folder below the site's recordings folder, such as "
        + "'usr/share/games', not '../words'"),
    Slip(
      "(?<speaker>[^/]+)", "(?<speaker>[^/]+",
      #"words.yaml:7:10: 'pattern' is no regular expression: (?<speaker>[^/]+/(?<word>[^/]+)\.ogg"#),
    Slip(
      "by: word", "by: wrd",
      "words.yaml:10:14: unknown group of the pattern 'wrd'; did you mean 'word'?"),
    Slip(
      "key: word", "key: id",
      "words.yaml:8:71: unknown group of the pattern 'id'; known: speaker, word"),
    Slip(
      "format: fillets-lua", "format: srt",
      "words.yaml:8:24: unknown format of transcripts 'srt'; known: fillets-lua"),
    Slip("test: 30%", "test: 30", "words.yaml:10:26: 'test' must be from 0 to 1, not '30'"),
    Slip("test: 30%", "test: -3%", "words.yaml:10:26: 'test' must be from 0 to 1, not '-3%'"),
    Slip(
      "test: 30%", "test: a third",
      "words.yaml:10:26: 'test' must be a share such as 20%, not 'a third'"),
    Slip(
      "test: 30%, dev: 0%", "test: 60%, dev: 40%",
      "words.yaml:10:8: 'test' and 'dev' take all; leave something to train on"),
    Slip(
      "test: 30%, dev: 0%", "test: [a, b], dev: [b]",
      "words.yaml:10:8: 'b' cannot both test and be dev's"),
    Slip(
      "[0.1, 20]", "[20, 0.1]",
      "words.yaml:11:10: 'seconds' must be the shortest and the longest utterance, such as "
        + "[0.3, 20]"),
    Slip(
      "transcripts: { format: fillets-lua, root: script, pattern: '.*', key: word }\n", "",
      "words.yaml:1:1: 'phonemes' are made from 'transcripts', which are missing"),
  ])
  func `a wrong corpus is said with its place`(slip: Slip) throws {
    let yaml = try slip.applied(to: SmallWorld.corpus)
    let found = try problems { try CorpusDefinition(yaml: yaml, file: "words.yaml") }
    #expect(found == slip.problems)
  }

  @Test(arguments: [
    Slip(
      "memory: all", "memory: 8GB",
      "here.yaml:5:9: 'memory' must be an amount such as '8 GB', or 'all', not '8GB'"),
    Slip("cores: all", "cores: 0", "here.yaml:4:8: 'cores' must be from 1 to 65536, not '0'"),
    Slip(
      "workers: auto", "workers: auto\ndevice: gpu",
      "here.yaml:7:9: 'device' must be cpu, cuda or a card such as 'cuda:0', not 'gpu'"),
    Slip(
      "workers: auto", "workers: auto\ngradient-checkpointing: 1",
      "here.yaml:7:25: 'gradient-checkpointing' must be true or false, not '1'"),
    Slip(
      "workers: auto", "workers: auto\nsave-every: 120",
      "here.yaml:7:13: 'save-every' must be a time such as '2 min', not '120'"),
    Slip("cores: all", "cores: some", "here.yaml:4:8: 'cores' must be a whole number, not 'some'"),
    Slip(
      "workers: auto", "wrokers: auto",
      "here.yaml:1:1: the site lacks 'workers'; add it, such as 'workers: auto'",
      "here.yaml:6:1: unknown key 'wrokers'; did you mean 'workers'?"),
  ])
  func `a wrong site is said with its place`(slip: Slip) throws {
    let right = "site: here\nrecordings: r\nartifacts: a\ncores: all\nmemory: all\nworkers: auto\n"
    let yaml = try slip.applied(to: right)
    let found = try problems { try SiteDefinition(yaml: yaml, file: "here.yaml") }
    #expect(found == slip.problems)
  }

  private static let pretraining = """
    experiment: tiny
    question: What is learnt?
    seeds: [1]
    models:
      tiny:
        pretrain:
          corpora: [words, others]
          architecture:
            { convolution-channels: 8, width: 16, layers: 2, attention-heads: 2,
              feed-forward-width: 32, position-kernel: 16, position-groups: 2, dropout: 0% }
          rounds:
            - units: { features: mfcc, clusters: 10, frames: 1_000, iterations: 5 }
              start: random
              front-end-steps: 0
              steps: 10
              batch-seconds: 10
              crop-seconds: 3
              learning-rate: 1e-3
              weight-decay: 0
              warm-up: 10%
              hold: 40%
              mask: { probability: 6.5%, length: 10 }
              unmasked-weight: 0
              clip: 1
              threads: 1
    """

  private static let noTeacher =
    "the first round has no teacher; name one as 'teacher' beside 'rounds', or put a round before"

  @Test(arguments: [
    Slip(
      "[words, others]", "[words, words]", "tiny.yaml:7:24: 'corpora' holds words twice; keep one"),
    Slip(
      "width: 16, layers", "width: 15, layers",
      "tiny.yaml:9:9: 'width' 15 must be a multiple of 'attention-heads' 2",
      "tiny.yaml:9:9: 'width' 15 must be a multiple of 'position-groups' 2"),
    Slip("start: random", "start: teacher", "tiny.yaml:13:18: \(noTeacher)"),
    Slip("features: mfcc", "features: hidden, layer: 1", "tiny.yaml:12:30: \(noTeacher)"),
    Slip(
      "features: mfcc", "features: mfcc, layer: 1",
      "tiny.yaml:12:18: 'layer' names the hidden state that is clustered: it goes with 'features: "
        + "hidden'"),
    Slip(
      "hold: 40%", "hold: 95%",
      "tiny.yaml:12:11: 'warm-up' and 'hold' are shares of the same steps; together they must not "
        + "exceed 100%"),
    Slip(
      "threads: 1", "thread: 1",
      "tiny.yaml:12:11: the round of pre-training lacks 'threads'; add it, such as 'threads: 1'",
      "tiny.yaml:25:11: unknown key 'thread'; did you mean 'threads'?"),
    Slip("length: 10", "length: 0", "tiny.yaml:22:46: 'length' must be from 1 to 1000, not '0'"),
    Slip(
      "steps: 10\n", "steps: ten\n", "tiny.yaml:15:18: 'steps' must be a whole number, not 'ten'"),
  ])
  func `a wrong pre-training is said with its place`(slip: Slip) throws {
    let yaml = try slip.applied(to: Self.pretraining)
    let found = try problems { try Spec(yaml: yaml, file: "tiny.yaml") }
    #expect(found == slip.problems)
  }

  @Test func `a pre-training without mistakes has none`() throws {
    let found = try problems { try Spec(yaml: Self.pretraining, file: "tiny.yaml") }
    #expect(found == [])
  }

  @Test(arguments: [
    ("alpah", ["alpha", "strength"], "alpha"),
    ("at", ["it", "of"], "it"),
    ("at", ["of", "by"], nil),
    ("speech-fft", ["speech-ft", "stable-ft"], "speech-ft"),
    ("anything", [], nil),
  ])
  func `the nearest word is near`(word: String, words: [String], nearest: String?) {
    #expect(NearestWord.to(word, among: words) == nearest)
  }
}
