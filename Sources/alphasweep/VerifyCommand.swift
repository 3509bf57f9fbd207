import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// `alphasweep verify`: whether artifacts are what was written, and whether they come out again.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the hashes of artifacts, or make them again and compare.",
    discussion: """
      Without a spec: all artifacts of the site. Every file is hashed, on all cores; damage is said \
      and left as it is, unless '--repair' sets damaged artifacts aside, which 'alphasweep run' then \
      makes again. '--recompute' carries out the stages of a spec once more in a scratch place below \
      the artifacts, reading the kept inputs, and names the first byte that comes out otherwise; it \
      takes the time of the experiment. It shares the machine with runs, and 'gc' leaves alone what it \
      reads. On a terminal a line says how far it is and how long it may \
      still take.

      EXIT STATUS: 0 all is whole (and came out the same); 1 something is damaged, missing or came \
      out otherwise; 2 something is wrong with the spec.
      """)

  @Argument(
    help: "The experiment; all artifacts where none is given.",
    completion: .file(extensions: ["yaml"]))
  var spec: String?

  @Flag(help: "Set damaged artifacts aside, in 'broken' beside the artifacts.")
  var repair = false

  @Flag(help: "Carry out the stages again and compare all bytes.")
  var recompute = false

  @Option(
    help: ArgumentHelp(
      "With --recompute: only stages whose key begins with it, or whose label has it.",
      valueName: "stage"),
    completion: StageCompletion.kind)
  var stage: String?

  @Option(help: "With --recompute: worker processes at once; the site's where none is given.")
  var workers: Int?

  @OptionGroup var site: SiteOptions

  @Flag(help: "Write it as JSON.")
  var json = false

  func validate() throws {
    if recompute, spec == nil {
      throw ValidationError("'--recompute' carries out the stages of a spec: name one")
    }
    if !recompute, stage != nil || workers != nil {
      throw ValidationError("'--stage' and '--workers' are for '--recompute'")
    }
    if let workers, workers < 1 {
      throw ValidationError("'--workers' must be 1 or more, not \(workers)")
    }
  }

  func run() async throws {
    try await reportingErrors {
      var soundness: Soundness
      if let spec {
        let workspace = try await Workspace(spec: spec, site: site.site)
        // From here on 'gc' leaves alone what is read.
        let mark = recompute ? try RunMark(workspace.plan, in: workspace.store) : nil
        defer { withExtendedLifetime(mark) {} }
        soundness = Soundness(workspace)
        if repair { soundness.repair(workspace.store) }
        if let mark { try await again(workspace, &soundness, mark) }
      } else {
        let place = try SitePlace(named: site.site, beside: "experiments")
        let store = ArtifactStore(root: place.artifacts)
        soundness = try Soundness(store, ledger: Diary.open(for: store).ledger)
        if repair { soundness.repair(store) }
      }
      print(json ? soundness.json.text + "\n" : soundness.text, terminator: "")
      if let signal = soundness.signal { throw ExitCode(128 + signal) }
      if !soundness.isWhole { throw ExitCode(Exit.failure) }
    }
  }

  private func again(
    _ workspace: Workspace, _ soundness: inout Soundness, _ mark: RunMark
  ) async throws {
    let damaged = Set(soundness.damaged.map(\.key))
    let stages = workspace.plan.stages.values.filter { stage in
      let needed = workspace.plan.artifacts(consumedBy: stage)
      return !stage.kind.isVirtual
        && ([stage] + needed).allSatisfy {
          !damaged.contains($0.key) && workspace.store.contains($0.kind, $0.key)
        }
        && (self.stage.map {
          stage.key.hex.hasPrefix($0) || stage.label.localizedStandardContains($0)
        } ?? true)
    }
    if let stage, stages.isEmpty {
      throw WorkspaceError.unknownStage(what: stage, specs: [spec ?? ""])
    }
    // Stages are made again on this machine, also those of a cluster.
    var site = workspace.site
    site.slurm = nil
    let room = Room(of: site, workers: workers, artifacts: workspace.store.root)
    let recomputation = try Recomputation(workspace, room: room)
    // Seconds that stages took, or else what the plan guesses.
    let known = try Diary.open(for: workspace.store).ledger.durations()
    func seconds(_ stage: Stage) -> Double { known[stage.key] ?? stage.resources.cost }
    let meter = WorkMeter(
      "made again", total: stages.reduce(0) { $0 + seconds($1) }, words: ProgressBoard.clock,
      write: StandardError.meter)
    meter.add(0)
    let work = Task {
      try await recomputation.run(Array(stages)) { stage, outcome in
        meter.finish()
        StandardError.write("\(Soundness.words(outcome)): \(stage.label)\n")
        meter.add(known[stage.key] ?? stage.resources.cost)
      }
    }
    let signals = Signals { work.cancel() }
    let clock = Task {
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(1))
        Self.answer(mark)
      }
    }
    defer { clock.cancel() }
    soundness.recomputed = try await work.value
    meter.finish()
    soundness.signal = signals.first
  }

  /// Does what 'alphasweep cancel' asked for. Of single stages there is nothing to give up: all are done.
  private static func answer(_ mark: RunMark) {
    let asked = mark.requests()
    // As Ctrl-C would.
    if asked.everything { kill(getpid(), SIGINT) }
    for key in asked.stages { mark.answer(key) }
  }
}
