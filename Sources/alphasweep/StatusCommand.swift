import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// `alphasweep status`: how far an experiment is, also while it runs elsewhere.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say how far experiments are.",
    discussion: """
      Without a spec: every experiment of the site's artifact folder. '--watch' draws it anew every \
      second, with what the terminals of running experiments show, on this machine or on others that \
      share the folder; Ctrl-C ends it, and so does the end of all that there is to do.
      """)

  @Argument(
    help: "The experiment, such as experiments/quickstart.yaml.",
    completion: .file(extensions: ["yaml"]))
  var spec: String?

  @OptionGroup var site: SiteOptions

  @Flag(help: "Go on showing it, on a terminal.")
  var watch = false

  @Flag(help: "Write it as JSON.")
  var json = false

  func validate() throws {
    guard watch else { return }
    if json { throw ValidationError("'--watch' is for people and '--json' for programs: give one") }
    guard isatty(STDOUT_FILENO) == 1 else {
      throw ValidationError("'--watch' draws on a terminal; without it, status is said once")
    }
  }

  func run() async throws {
    try await reportingErrors {
      let (store, plan): (ArtifactStore, Plan?)
      if let spec {
        let workspace = try await Workspace(spec: spec, site: site.site)
        (store, plan) = (workspace.store, workspace.plan)
      } else {
        let place = try SitePlace(named: site.site, beside: "experiments")
        (store, plan) = (ArtifactStore(root: place.artifacts), nil)
      }
      let ledger = try Diary.open(for: store).ledger
      func status() throws -> Status {
        try plan.map { try Status($0, store: store, ledger: ledger) } ?? Status(ledger: ledger)
      }
      if watch {
        try await StatusScreen(store: store, experiment: plan?.experiment).show(status)
      } else if json {
        print(try status().json.text)
      } else {
        print(try status().text(now: Date()), terminator: "")
      }
    }
  }
}

/// What there is to say about experiments: how much is done, what runs, and what went wrong last.
struct Status {
  private var counts: [(name: String, done: Int, todo: Int)] = []
  private var running: [KnownAttempt] = []
  private var failed: [KnownAttempt] = []
  private var labels: [StageKey: String] = [:]

  /// Of one plan: artifacts are looked for.
  ///
  /// - Throws: `LedgerError`.
  init(_ plan: Plan, store: ArtifactStore, ledger: Diary) throws {
    let overview = PlanOverview(plan, store: store)
    counts = StageKind.allCases.compactMap { kind in
      let (done, todo) = (overview.count(kind, .done), overview.count(kind, .todo))
      return done + todo == 0 ? nil : (kind.rawValue, done, todo)
    }
    for stage in plan.stages.values { labels[stage.key] = stage.label }
    let attempts = try ledger.attempts().filter { plan.stages[$0.key] != nil }
    sort(attempts) { overview.states[$0] == .done }
  }

  /// Of every experiment in the diary.
  ///
  /// - Throws: `LedgerError`.
  init(ledger: Diary) throws {
    let known = try ledger.stages()
    for stage in known { labels[stage.key] = stage.label }
    let stored = Set(known.filter { !$0.kind.isVirtual }.map(\.key))
    let attempts = try ledger.attempts()
    let done = Set(attempts.filter { $0.outcome == .done }.map(\.key))
    for (name, planned) in try ledger.plannedStages() {
      let stages = planned.filter(stored.contains)
      let finished = stages.count(where: done.contains)
      counts.append((name, finished, stages.count - finished))
    }
    sort(attempts, isDone: done.contains)
  }

  /// Keeps what runs, and of each stage that is not done how it failed last.
  private mutating func sort(_ attempts: [KnownAttempt], isDone: (StageKey) -> Bool) {
    var last: [StageKey: KnownAttempt] = [:]
    for attempt in attempts { last[attempt.key] = attempt }
    let open = last.values.filter { !isDone($0.key) }
      .sorted { ($0.started, $0.key) < ($1.started, $1.key) }
    running = open.filter { $0.outcome == nil }
    failed = open.filter { [.failed, .crashed, .cancelled].contains($0.outcome) }
  }

  /// Whether nothing is left to do.
  var isDone: Bool { counts.allSatisfy { $0.todo == 0 } }

  func text(now: Date) -> String {
    guard !counts.isEmpty else { return "Nothing has been run here yet.\n" }
    var rows = [["", "done", "to do"]]
    for (name, done, todo) in counts {
      rows.append([name, Words.grouped(done), Words.grouped(todo)])
    }
    var text = Words.table(rows)
    for attempt in running {
      let passed = ProgressBoard.clock(now.timeIntervalSince(attempt.started))
      text += "runs for \(passed) (worker \(attempt.worker), \(attempt.host)): "
      text += (labels[attempt.key] ?? attempt.key.short) + "\n"
    }
    for attempt in failed {
      text += "\(attempt.outcome?.rawValue ?? ""): \(labels[attempt.key] ?? attempt.key.short): "
      text += (attempt.reason ?? "") + "\n"
    }
    return text
  }

  var json: Canonical {
    func list(_ attempts: [KnownAttempt]) -> Canonical {
      .list(
        attempts.map { attempt in
          .map([
            "key": .string(attempt.key.hex), "attempt": .integer(attempt.number),
            "label": .string(labels[attempt.key] ?? ""), "worker": .integer(attempt.worker),
            "host": .string(attempt.host),
            "started": .string(attempt.started.formatted(.iso8601)),
            "outcome": attempt.outcome.map { .string($0.rawValue) } ?? .null,
            "reason": attempt.reason.map { .string($0) } ?? .null,
          ])
        })
    }
    return .map([
      "counts": .map(
        Dictionary(
          counts.map { ($0.name, .map(["done": .integer($0.done), "toDo": .integer($0.todo)])) },
          uniquingKeysWith: { $1 })),
      "running": list(running), "failed": list(failed),
    ])
  }
}
