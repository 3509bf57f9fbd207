import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// `alphasweep cancel`: ends a running experiment, or one of its stages, from anywhere.
struct CancelCommand: AsyncParsableCommand {
  /// Nothing runs that could be cancelled.
  static let nothingRuns: Int32 = 3

  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "End a running experiment, or give up one of its stages.",
    discussion: """
      WHAT is a spec, an experiment's name, or a stage as in 'why'; nothing where one experiment \
      runs. An experiment ends as by Ctrl-C: what is finished stays, and 'alphasweep run' goes on \
      from there. A stage is given up without being tried again, what needs it is held back, and \
      the rest goes on. The experiment may run on another machine that shares the artifacts. Where no \
      program carries an experiment out any more, its jobs on the site's cluster are cancelled.

      EXIT STATUS: 0 it is over; 1 it was asked to end and did not within '--wait'; 2 WHAT is \
      unknown, or several experiments run and it is not said which; 3 nothing of it runs.
      """)

  @Argument(
    help: "A spec, the name of an experiment, or a stage.",
    completion: StageCompletion.specOrStage)
  var what: String?

  @Option(help: ArgumentHelp("Seconds to wait for the end.", valueName: "seconds"))
  var wait = 60.0

  @OptionGroup var site: SiteOptions

  @Flag(help: "Write what was ended as JSON.")
  var json = false

  func validate() throws {
    if wait < 0 { throw ValidationError("'--wait' must be 0 or more, not \(wait)") }
  }

  func run() async throws {
    try await reportingErrors {
      let (store, slurm, experiment) = try place()
      let runs = RunMark.living(in: store)
      if let what, experiment == nil, !runs.contains(where: { $0.experiment == what }) {
        try await giveUp(what, runs, slurm)
      } else {
        try await end(runs, experiment ?? what, store, slurm)
      }
    }
  }

  /// The artifacts that are meant, the cluster, and the experiment where a spec is given.
  private func place() throws -> (ArtifactStore, SlurmSite?, String?) {
    guard let what, what.hasSuffix(".yaml") else {
      let place = try SitePlace(named: site.site, beside: "experiments")
      return (ArtifactStore(root: place.artifacts), place.definition.slurm, nil)
    }
    let folder = try ExperimentFolder(of: what)
    let place = try SitePlace(named: site.site, beside: folder.shared)
    return (
      ArtifactStore(root: place.artifacts), place.definition.slurm,
      try folder.spec(what).experiment
    )
  }

  /// Cancels the jobs of an experiment that no program carries out any more.
  ///
  /// - Returns: Whether there were any.
  private func endJobs(
    of experiment: String, _ slurm: SlurmSite?, _ store: ArtifactStore, _ ledger: Diary
  ) async throws -> Bool {
    guard let slurm else { return false }
    let stages = try ledger.plannedStages().first { $0.experiment == experiment }?.stages ?? []
    guard
      let ended = await SlurmLeftovers.cancel(
        Set(stages), in: store, site: slurm, commands: SweepBackend.commands(slurm))
    else { throw CancelError.silent }
    guard !ended.isEmpty else { return false }
    let count = Words.count(ended.count, "stage")
    try say(
      experiments: [experiment], stages: ended,
      "\(experiment): no program carries it out; cancelled the jobs of \(count)")
    return true
  }

  private func end(
    _ runs: [LivingRun], _ experiment: String?, _ store: ArtifactStore, _ slurm: SlurmSite?
  ) async throws {
    let meant = runs.filter { experiment == nil || $0.experiment == experiment }
    guard !meant.isEmpty else {
      if let experiment, slurm != nil,
        try await endJobs(of: experiment, slurm, store, Diary.open(for: store).ledger)
      {
        return
      }
      try say(
        nothing: experiment.map { "\($0) is not running" }
          ?? "no experiment of \(Files.shown(store.root)) is running")
      return
    }
    let names = meant.map(\.experiment).uniqued().sorted()
    guard names.count == 1 else { throw CancelError.several(names) }
    for run in meant { try RunMark.end(run) }
    try await waitUntil { meant.allSatisfy { !RunMark.isLiving($0) } }
    try say(experiments: names, "\(names[0]): ended; what is finished stays")
  }

  private func giveUp(_ what: String, _ runs: [LivingRun], _ slurm: SlurmSite?) async throws {
    var names = try await StageNames([what], site: site.site)
    if try names.ledger.experiments().contains(what) {
      if try await endJobs(of: what, slurm, names.store, names.ledger) { return }
      try say(nothing: "\(what) is not running")
      return
    }
    let stage = try await names.find(what, lastTried: true)
    let meant = runs.filter { $0.stages.contains(stage.key) }
    let isDone = names.store.contains(stage.kind, stage.key)
    guard !meant.isEmpty, !isDone else {
      try say(
        nothing: "\(stage.label) [\(stage.key)]: "
          + (isDone ? "it is done already" : "no running experiment has it to do"))
      return
    }
    for run in meant { try RunMark.giveUp(stage.key, in: run) }
    let ledger = names.ledger
    try await waitUntil {
      try meant.allSatisfy { !RunMark.isAsked(stage.key, of: $0) }
        && ledger.attempts(of: stage.key).allSatisfy { attempt in
          attempt.outcome != nil
            || !meant.contains { $0.process == attempt.process && $0.host == attempt.host }
        }
    }
    try say(
      stages: [stage.key], "\(stage.label) [\(stage.key)]: given up; 'alphasweep run' does it")
  }

  private static let pause = Duration.milliseconds(100)

  /// - Throws: `CancelError.late` when it does not come true in time.
  private func waitUntil(_ isOver: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(wait)
    while try !isOver() {
      guard ContinuousClock.now < deadline else { throw CancelError.late(seconds: wait) }
      try await Task.sleep(for: Self.pause)
    }
  }

  private func say(
    experiments: [String] = [], stages: [StageKey] = [], _ text: String
  ) throws {
    let answer = Canonical.map([
      "experiments": .list(experiments.map { .string($0) }),
      "stages": .list(stages.map { .string($0.hex) }),
    ])
    print(json ? answer.text : text)
  }

  private func say(nothing text: String) throws {
    try say(text)
    throw ExitCode(Self.nothingRuns)
  }
}

/// A cancellation that was not meant, or did not come.
enum CancelError: Error, CustomStringConvertible {
  case several([String])
  case late(seconds: Double)
  case silent

  var isBadInput: Bool { if case .several = self { true } else { false } }

  var description: String {
    switch self {
    case .several(let names):
      "\(names.count) experiments are running: \(names.joined(separator: ", ")); say which one"
    case .silent:
      "squeue gives no answer, so that it is not known which jobs there are; try again later"
    case .late(let seconds):
      "it was asked to end and has not within \(Canonical(number: seconds).text) s; it still may "
        + "('alphasweep status'), or wait longer with --wait"
    }
  }
}
