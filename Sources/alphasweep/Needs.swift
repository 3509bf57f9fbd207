import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// The artifacts of a site that some experiment needs.
struct Needs {
  let store: ArtifactStore
  let ledger: Diary
  /// Of all specs.
  private(set) var stages: Set<StageKey> = []
  private(set) var experiments: [String] = []
  /// Specs that cannot be planned here, and what was taken for them.
  private(set) var notes: [String] = []

  /// Plans all specs of experiments/ and `keep`.
  ///
  /// - Throws: `GarbageError`; for a spec of `keep`, what is wrong with it; `WorkspaceError`,
  ///   `LedgerError`, `StorageError`.
  init(keep: [String], site: String?) async throws {
    let specs = Self.specs
    guard !specs.isEmpty || !keep.isEmpty else { throw GarbageError.noSpecs }
    let beside = try keep.first.map { try ExperimentFolder(of: $0).shared } ?? "experiments"
    let place = try SitePlace(named: site, beside: specs.isEmpty ? beside : "experiments")
    store = ArtifactStore(root: place.artifacts)
    ledger = try Diary.open(for: store).ledger
    let memory = try Memory(store, ledger)
    for spec in keep { try await add(Workspace(spec: spec, site: site).plan) }
    for spec in specs where !keep.contains(spec) {
      do {
        add(try await Workspace(spec: spec, site: site).plan)
      } catch {
        // A spec that cannot be read at all might be any experiment's: nothing is deleted then.
        let name = try ExperimentFolder(of: spec).spec(spec).experiment
        let known = memory.stages[name] ?? []
        guard !known.isEmpty || !memory.wasRun(name) else {
          throw GarbageError.forgotten(spec: spec, experiment: name)
        }
        stages.formUnion(known)
        experiments.append(name)
        notes.append(
          "\(spec) cannot be planned here, so that "
            + (known.isEmpty
              ? "it keeps nothing; it was never run here" : "what it had in its last run is kept"))
      }
    }
  }

  private mutating func add(_ plan: Plan) {
    stages.formUnion(plan.stages.keys)
    experiments.append(plan.experiment)
  }

  /// The specs of experiments/ and of the folders in it; other YAML files there have no `experiment:`.
  static var specs: [String] {
    let folder = "experiments"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let others = [
      "tasks", "corpora", "sites", "scores", "published", "models", "trainers", "templates",
    ]
    return Files.yamls(in: folder)
      + names.filter { !others.contains($0) }.flatMap { Files.yamls(in: "\(folder)/\($0)") }
  }

  /// What running experiments read or make now, on whatever machine.
  ///
  /// - Throws: `LedgerError`.
  func running() throws(LedgerError) -> Set<StageKey> {
    var keys: Set<StageKey> = []
    for run in RunMark.living(in: store) { keys.formUnion(run.stages) }
    let host = Machine.hostName
    let open = try ledger.attempts().filter { attempt in
      attempt.outcome == nil
        && !(attempt.host == host && kill(attempt.process, 0) != 0 && errno == ESRCH)
    }
    guard !open.isEmpty else { return keys }
    let names = Set(open.map(\.experiment))
    for (name, stages) in try ledger.plannedStages() where names.contains(name) {
      keys.formUnion(stages)
    }
    return keys
  }
}

/// What is known of experiments that were run: by the ledger, which may be lost, and by the lists of stages
/// beside the artifacts.
private struct Memory {
  /// By the experiment's name.
  let stages: [String: Set<StageKey>]
  private let tried: Set<String>
  /// Whether artifacts are there and nobody knows who made them.
  private let isLost: Bool

  /// - Throws: `LedgerError`.
  init(_ store: ArtifactStore, _ ledger: Diary) throws(LedgerError) {
    var stages: [String: Set<StageKey>] = [:]
    for (experiment, keys) in try ledger.plannedStages() {
      stages[experiment, default: []].formUnion(keys)
    }
    for plan in store.plans() {
      stages[plan.experiment, default: []].formUnion(plan.stages.map(\.key))
    }
    self.stages = stages
    tried = Set(try ledger.attempts().map(\.experiment))
    isLost = stages.isEmpty && tried.isEmpty && !store.folders().isEmpty
  }

  /// Whether an experiment may have artifacts here.
  func wasRun(_ experiment: String) -> Bool { isLost || tried.contains(experiment) }
}

/// Garbage that cannot be told from what is needed.
enum GarbageError: Error, CustomStringConvertible {
  case noSpecs
  case forgotten(spec: String, experiment: String)

  var description: String {
    switch self {
    case .noSpecs:
      "there is no spec in experiments/, so that everything would be garbage; start in the folder that "
        + "holds experiments/, or name what is needed with --keep"
    case .forgotten(let spec, let experiment):
      "\(spec) cannot be planned here, and what '\(experiment)' had when it was run is not known any more, "
        + "so that its artifacts cannot be told from garbage; see to what 'alphasweep plan \(spec)' says "
        + "is missing, or move the spec out of experiments/ if its artifacts may go"
    }
  }
}
