import ArgumentParser
import Foundation
import Torch

/// Measures alphasweep beside named peers and limits, all in one run.
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "speed",
    abstract: "Measures times beside those of others: 'make bench'.",
    discussion: "Ratios below 1 mean that alphasweep is faster, or within the limit.")

  @Option(
    help:
      "A Python that has torch, transformers and numpy; doit, redun, snakemake and ninja are looked for beside it and on the PATH."
  ) var python = "python3"
  @Option(help: "Folder of the peers' scripts.") var peers = "Tests/Benchmarks"
  @Option(help: "The experiment that is run again.") var spec = "experiments/quickstart.yaml"
  @Option(help: ArgumentHelp("What to measure, of \(Measurement.names).", valueName: "name"))
  var only: [Measurement] = []
  @Flag(help: "Write one JSON object a line.") var json = false

  enum Measurement: String, CaseIterable, ExpressibleByArgument {
    case training, base, lstm, cka, start, cached, merge, evaluation, suite, scheduling

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
  }

  func run() async throws {
    let wanted = Set(only.isEmpty ? Measurement.allCases : only)
    let peer = Peer(python: python, folder: peers)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    for threads in Set([1, min(2, cores)]).sorted() {
      if wanted.contains(.training) { try await training(.tiny, 3, threads, peer) }
      if wanted.contains(.cka) { try await similarity(threads, peer) }
    }
    if wanted.contains(.lstm) { try await recurrence(min(2, cores), peer) }
    if wanted.contains(.base) { try await training(.base, 10, min(2, cores), peer) }
    let program = Program(besides: CommandLine.arguments[0], name: "alphasweep")
    if wanted.contains(.start) {
      show(
        "start of alphasweep --version", try await program.milliseconds(["--version"], times: 20),
        .limit("goal", 50))
    }
    if wanted.contains(.cached) { try await cached(program) }
    if wanted.contains(.merge) { try await merging(peer) }
    if wanted.contains(.evaluation) {
      for task in ["voices", "phones-nl"] { try await evaluation(task, peer, min(2, cores)) }
      try await onePass()
    }
    if wanted.contains(.suite) { try await suite(peer, min(2, cores)) }
    if wanted.contains(.scheduling) { try await SchedulingCost(self, peer).run() }
  }

  private func training(
    _ size: TrainingStep.Size, _ seconds: Int, _ threads: Int, _ peer: Peer
  ) async throws {
    let steps = size == .base ? 3 : 10
    let own = Program(besides: CommandLine.arguments[0], name: "alphasweep-bench")
    let ours = try await own.measured([
      "step", "--size", size.rawValue, "--seconds", "\(seconds)", "--threads", "\(threads)",
      "--steps", "\(steps)",
    ])
    let theirs = try await peer.measure(
      "training_step.py", [size.rawValue, "4", "\(seconds)", "\(threads)", "\(steps)"],
      threads: threads)
    let what = "training step, \(size), 4 x \(seconds) s, \(threads) threads"
    show(what, ours.milliseconds, theirs)
    guard let peak = ours.peakMegabytes else { return }
    show(
      what + ", peak memory", peak, theirs.name, theirs.peakMegabytes, unit: "MB")
  }

  private func similarity(_ threads: Int, _ peer: Peer) async throws {
    let pairs = SimilarityPairs(pairs: 13, frames: 10_000, width: 768, threads: threads)
    show(
      "CKA, 13 pairs of 10,000 x 768, \(threads) threads", try pairs.milliseconds(),
      try await peer.measure(
        "similarity.py", ["13", "10000", "768", "\(threads)"], threads: threads))
  }

  /// BiLSTM layers of heads for recognition, forward and backward.
  private func recurrence(_ threads: Int, _ peer: Peer) async throws {
    let step = LSTMStep(batch: 4, frames: 250, width: 192, cells: 128, threads: threads)
    show(
      "2 BiLSTM layers of 128, 4 x 250 frames of 192, forward and backward, \(threads) threads",
      try step.milliseconds(),
      try await peer.measure("lstm.py", ["4", "250", "192", "128", "\(threads)"], threads: threads))
  }

  private func cached(_ program: Program) async throws {
    guard try await program.isDone(spec) else {
      print("run with nothing to do: not measured, \(spec) is not done yet (make demo)")
      return
    }
    show(
      "run of \(spec) with nothing to do",
      try await program.milliseconds(["run", spec], times: 5), .limit("goal", 1000))
  }

  /// Ours with one thread, the peer with all: it is slower still.
  private func evaluation(_ task: String, _ peer: Peer, _ threads: Int) async throws {
    guard FileManager.default.fileExists(atPath: ".alphasweep/recordings") else {
      print("evaluation of \(task): not measured, there are no recordings yet (make recordings)")
      return
    }
    let folder = NSTemporaryDirectory() + "alphasweep-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let own = Program(besides: CommandLine.arguments[0], name: "alphasweep-bench")
    let ours = try await own.measured(["evaluation", "--task", task, "--folder", folder])
    let theirs = try await peer.measure(
      "evaluation.py", [folder, "experiments/" + ShippedTasks.model, "\(threads)"],
      threads: threads)
    show("evaluation of \(task), from recordings to a score", ours.milliseconds, theirs)
    show(
      "evaluation of \(task), its metric", ours.metric ?? 0, theirs.name, theirs.metric,
      unit: "%")
    guard let answers = theirs.answers, let metric = theirs.metric else { return }
    if !json { print("  answers of the test that differ: \(answers.differing) of \(answers.all)") }
    guard !isSame(metric, ours.metric) else { return }
    try await reason(task, folder + "/anew", own, theirs)
  }

  /// The same stages of ours, one after the other: what a pass saves is the encoder's time.
  private func onePass() async throws {
    guard FileManager.default.fileExists(atPath: ".alphasweep/recordings") else {
      print("heads of several seeds: not measured, there are no recordings yet (make recordings)")
      return
    }
    let own = Program(besides: CommandLine.arguments[0], name: "alphasweep-bench")
    func milliseconds(_ arguments: [String]) async throws -> Double {
      let folder = NSTemporaryDirectory() + "alphasweep-bench-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      return try await own.measured(["pass", "--folder", folder] + arguments).milliseconds
    }
    show(
      "\(PassCost.task), heads of \(PassCost.seeds.count) seeds on batches encoded anew, in one pass",
      try await milliseconds([]), "one seed after the other", try await milliseconds(["--alone"]),
      unit: "ms")
  }

  /// The mini suite's tasks over eight α. The peer's steps cost the same whatever the weights are, so a few
  /// of one α say what all would take.
  private func suite(_ peer: Peer, _ threads: Int) async throws {
    guard FileManager.default.fileExists(atPath: ".alphasweep/recordings") else {
      print("the mini suite: not measured, there are no recordings yet (make recordings)")
      return
    }
    let folder = NSTemporaryDirectory() + "alphasweep-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let own = Program(besides: CommandLine.arguments[0], name: "alphasweep-bench")
    let ours = try await own.measured(["suite", "--folder", folder])
    var theirs = 0.0
    for task in SuiteCost.tasks {
      let measured = try await peer.measure(
        "evaluation.py",
        [folder + "/" + task, "experiments/" + ShippedTasks.model, "\(threads)", "20"],
        threads: threads)
      guard let milliseconds = measured.milliseconds else {
        print("the mini suite: the plain way could not be run for \(task)")
        return
      }
      theirs += milliseconds * Double(SuiteCost.points)
    }
    show(
      "\(SuiteCost.tasks.count) tasks over \(SuiteCost.points) α, from recordings to scores",
      ours.milliseconds, "transformers, encoder at every step, by 20 steps of each task", theirs,
      unit: "ms")
  }

  /// Whether two percentages come from the same counts.
  private func isSame(_ one: Double?, _ other: Double?) -> Bool {
    guard let one, let other else { return false }
    return abs(one - other) < 1e-9
  }

  /// Where the metrics are not equal to the last digit: ours without frames in float16, which are all
  /// that is left to differ.
  private func reason(
    _ task: String, _ folder: String, _ own: Program, _ theirs: Comparand
  ) async throws {
    let anew = try await own.measured([
      "evaluation", "--task", task, "--folder", folder, "--anew",
    ])
    show(
      "evaluation of \(task), its metric with frames in float32, encoded anew for each batch",
      anew.metric ?? 0, theirs.name, theirs.metric, unit: "%")
    if !json {
      print(
        isSame(anew.metric, theirs.metric)
          ? "  what differs above is the rounding of stored frames to float16"
          : "  what differs here is the order in which float32 sums are added up")
    }
  }

  func show(_ what: String, _ ours: Double, _ other: Comparand) {
    show(what, ours, other.name, other.milliseconds, unit: "ms")
  }

  func show(
    _ what: String, _ ours: Double, _ peer: String, _ theirs: Double?, unit: String
  ) {
    let ratio = theirs.map { ours / $0 }
    if json {
      let fields = [
        "\"what\":\"\(what)\"", "\"unit\":\"\(unit)\"", "\"alphasweep\":\(ours)",
        "\"peer\":\"\(peer)\"", "\"theirs\":\(theirs.map { "\($0)" } ?? "null")",
        "\"ratio\":\(ratio.map { "\($0)" } ?? "null")",
      ]
      print("{\(fields.joined(separator: ","))}")
      return
    }
    print(what)
    print("  alphasweep \(Self.text(ours, unit)) \(unit) · \(peer) ", terminator: "")
    if let theirs, let ratio {
      print("\(Self.text(theirs, unit)) \(unit) · ratio \(String(format: "%.2f", ratio))")
    } else {
      print("could not be run")
    }
  }

  private static func text(_ number: Double, _ unit: String) -> String {
    String(format: unit == "%" ? "%.2f" : number < 100 ? "%.1f" : "%.0f", number)
  }
}
