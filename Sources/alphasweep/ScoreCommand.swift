import ArgumentParser
import Experiment
import Foundation
import Scoring

/// `alphasweep score`: a task's metrics from two files, whoever wrote them.
struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Score answers against references, with intervals.",
    discussion: """
      TASK is a metric or one of SUPERB's tasks: per (pr), cer, wer (asr), accuracy (ks, sid, er, \
      ic), frame-accuracy, asv (EER, minDCF), sd (DER), qbe (MTWV), sf (slot-type F1, slot-value \
      CER). README.md, Scoring, defines each.

      Texts and labels are JSON lines, {"id": …, "text": …} with "text", "tokens", "label" or \
      "labels" and if wanted "speaker", or lines of an id, white space and a text. Trials are JSON \
      lines of "enrol" and "test" ("query" and "document") with "label" or "score", or \
      '1 enrol test' and 'enrol test score'. Turns are RTTM. The form of a file is told by its first \
      character.

      The hypotheses.jsonl of an evaluate artifact holds both sides: give it as --hypothesis, alone.

      Intervals hold 95 % of the values over units drawn anew: utterances, trials, queries, \
      recordings; or speakers, where lines or --speakers name them, and always in sid.
      """)

  @Argument(
    help: ArgumentHelp(
      "\(ScoreTask.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "task"))
  var task: ScoreTask

  @Option(
    help: ArgumentHelp(
      "What is right; the hypothesis's file where it is not given.", valueName: "file"),
    completion: .file())
  var reference: String?

  @Option(help: ArgumentHelp("What was answered.", valueName: "file"), completion: .file())
  var hypothesis: String

  @Option(
    help: ArgumentHelp(
      "Who speaks, as lines 'id speaker'; of trials the first name's.", valueName: "file"),
    completion: .file())
  var speakers: String?

  @Option(help: "Draws of the bootstrap; 0 for no intervals.")
  var resamples = 1000

  @Option(help: "Decides what is drawn.")
  var seed = 1

  @Flag(help: "Of wer: tokens are characters, of which words are made.")
  var join = false

  @Option(help: "Of sd: seconds on each side of a reference turn's ends that do not count.")
  var collar: Double?

  @Option(help: "Of asv and qbe: how likely a target is; 0.01, and 0.0008 of qbe.")
  var prior: Double?

  @Option(help: "Of asv and qbe: what a miss costs; 1, and 100 of qbe.")
  var missCost: Double?

  @Option(help: "Of asv and qbe: what a false alarm costs; 1.")
  var falseAlarmCost: Double?

  @Flag(help: "Give the answer as JSON.")
  var json = false

  func validate() throws {
    guard resamples >= 0 else { throw ValidationError("'--resamples' must be 0 or more") }
    guard seed >= 0 else { throw ValidationError("'--seed' must be 0 or more") }
    guard !join || [.wer, .asr].contains(task) else {
      throw ValidationError("'--join' is of wer")
    }
    guard collar == nil || task == .sd else { throw ValidationError("'--collar' is of sd") }
    guard (collar ?? 0) >= 0, (collar ?? 0).isFinite else {
      throw ValidationError("'--collar' must be 0 or more")
    }
    guard task != .sd || speakers == nil else {
      throw ValidationError("'--speakers' is not of sd, whose turns name them")
    }
    let costs = [prior, missCost, falseAlarmCost].compactMap(\.self)
    guard costs.isEmpty || task.cost != nil else {
      throw ValidationError(
        "'--prior', '--miss-cost' and '--false-alarm-cost' are of asv and qbe")
    }
    guard costs.allSatisfy({ $0 > 0 && $0.isFinite }), (prior ?? 0.5) < 1 else {
      throw ValidationError("costs must be above 0, and '--prior' between 0 and 1")
    }
  }

  func run() async throws {
    try await reportingErrors {
      let report = try Scorer(
        task, reference: try reference.map(file), hypothesis: file(hypothesis),
        speakers: try speakers.map(file), options: options
      ).report()
      print(json ? ScoreText.json(report) : ScoreText.text(report), terminator: "")
    }
  }

  private func file(_ path: String) throws -> ScoreFile {
    ScoreFile(name: path, text: try Files.text(path, what: .score))
  }

  private var options: ScoreOptions {
    var options = ScoreOptions()
    options.cost = task.cost.map {
      Verification.Cost(
        prior: prior ?? $0.prior, miss: missCost ?? $0.miss,
        falseAlarm: falseAlarmCost ?? $0.falseAlarm)
    }
    options.collar = collar ?? 0
    options.joinsTokens = join
    options.resamples = resamples
    options.seed = seed
    return options
  }
}

extension ScoreTask: ExpressibleByArgument {}
