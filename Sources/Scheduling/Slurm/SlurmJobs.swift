import Artifacts
import Experiment
import Foundation

/// A cluster: stages that are asked for within a moment of each other travel together, as elements of
/// one array for each need. What became of them is read from their files and from one `squeue` for all.
package actor SlurmJobs: Backend {
  struct Wish {
    var request: StageRequest
    var report: @Sendable (WorkerEvent) -> Void
    var finish: CheckedContinuation<StageOutcome, Never>
  }

  /// An element that somebody waits for.
  struct Watched {
    var element: SlurmElement
    /// Whether Slurm has it.
    var isSent: Bool
    var job: Int?
    /// When it was first seen to have left the queue.
    var gone: ContinuousClock.Instant?
    /// Events that were passed on.
    var heard = 0
  }

  /// A batch that this program answers for.
  struct Open {
    let batch: SlurmBatch
    let owner: SlurmOwner
    /// Of the elements that are not over.
    var keys: Set<StageKey>
    /// The one job that Slurm made of it; `nil` where there may be none, or several.
    var job: Int?
  }

  let queue: SlurmQueue
  let store: ArtifactStore
  /// The worker's words, where it has so many GPUs.
  let worker: @Sendable (Int) -> [String]
  var wishes: [StageKey: Wish] = [:]
  var watched: [StageKey: Watched] = [:]
  /// Wishes that wait for the look at the jobs of before.
  var unbegun: [StageKey] = []
  /// Wishes that wait to be sent.
  var waiting: [StageKey] = []
  var shortages: [StageKey: Int] = [:]
  /// Elements of earlier or other programs that live in the queue.
  var found: [StageKey: SlurmElement] = [:]
  var hasLooked = false
  var search: Task<Void, Never>?
  /// Who waits for the end of that look.
  var askers: [Int: CheckedContinuation<Void, Never>] = [:]
  var asked = 0
  var open: [String: Open] = [:]
  var spoilt: Set<String> = []
  /// Given up while their batch was on its way to Slurm.
  var abandoned: Set<StageKey> = []
  var sending: Task<Void, Never>?
  /// Elements of the next array at most: halved when Slurm has no room for so many, doubled when it had.
  var mostElements: Int
  var watching: Task<Void, Never>?
  /// The question that Slurm has not answered yet.
  var asking: Task<Void, Never>?
  var lastQuestion: ContinuousClock.Instant?
  var isOver = false

  /// Each worker's number is a place in the queue: it has one stage.
  package nonisolated let takesSeveral = false

  var site: SlurmSite { queue.site }
  var poll: Duration { .seconds(site.pollSeconds) }

  /// Nothing is sent yet.
  ///
  /// - Parameters:
  ///   - site: The cluster.
  ///   - commands: Slurm's programs.
  ///   - program: Path of `alphasweep-worker`, the same on all nodes.
  ///   - store: Where artifacts go: a folder that all nodes share.
  ///   - computing: What workers compute on, where they have a GPU.
  package init(
    site: SlurmSite, commands: SlurmCommands, program: String, store: ArtifactStore,
    computing: Computing = Computing()
  ) {
    queue = SlurmQueue(site: site, commands: commands)
    mostElements = site.arraySize
    self.store = store
    let usesGPU = computing.device != .cpu
    worker = { gpus in
      var computing = computing
      if usesGPU, gpus == 0 { computing.device = .cpu }
      return [program, "--artifacts", store.root] + computing.arguments
    }
  }

  package func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled || isOver { return continuation.resume(returning: .interrupted) }
        wishes[request.key] = Wish(request: request, report: report, finish: continuation)
        unbegun.append(request.key)
        if hasLooked { begin() } else { findOwnJobs() }
      }
    } onCancel: {
      Task { await self.giveUp(request.key) }
    }
  }

  /// Begins what is wished for: what is in the queue already is watched, the rest is sent.
  func begin() {
    let keys = unbegun
    unbegun = []
    for key in keys {
      if let element = found.removeValue(forKey: key) { adopt(element) } else { send(key) }
    }
  }

  /// Ends this program's part: jobs that are not over are cancelled, or left to themselves.
  ///
  /// - Parameter keepingJobs: Whether jobs go on; the next run finds them.
  /// - Returns: How many stages' jobs were not over.
  @discardableResult
  package func shutDown(keepingJobs: Bool) async -> Int {
    isOver = true
    for key in wishes.keys { giveUp(key) }
    for number in askers.keys { answer(number) }
    for task in [search, sending, watching, asking] { task?.cancel() }
    let left = open.values.filter { !$0.keys.isEmpty }
    if !keepingJobs {
      // Elements that begin before Slurm hears of it leave by themselves.
      for one in left { one.batch.markCancelled() }
      let jobs = left.compactMap(\.job).sorted().map(String.init)
      let names = left.filter { $0.job == nil }.map(\.batch.name)
      await Task { [queue] in await queue.cancel(jobs, names: names) }.value
    }
    // From here on the next program may take them over.
    open = [:]
    return left.reduce(0) { $0 + $1.keys.count }
  }

  /// Nobody waits for a stage any more; its job may go on.
  private func giveUp(_ key: StageKey) {
    guard let wish = wishes.removeValue(forKey: key) else { return }
    unbegun.removeAll { $0 == key }
    waiting.removeAll { $0 == key }
    watched[key] = nil
    wish.finish.resume(returning: .interrupted)
  }

  package func abandon(_ key: StageKey) async {
    let watch = watched[key]
    // What a living program sent is that program's to cancel.
    let isOurs = watch.map { open[$0.element.batch.name] != nil } ?? false
    if watch?.isSent == true {
      close(key, well: false)
    } else if watch != nil {
      abandoned.insert(key)
    }
    giveUp(key)
    guard isOurs, let watch, watch.isSent else { return }
    // The run may end meanwhile, and the job must all the same.
    await Task { await self.end([watch.element], job: watch.job) }.value
  }

  /// Ends the jobs of some elements of one batch.
  func end(_ elements: [SlurmElement], job: Int?) async {
    guard let name = elements.first?.batch.name else { return }
    let indices = Set(elements.map(\.index))
    let lines = await queue.lines(of: [name], isLast: true) ?? []
    // A batch that was sent twice has two jobs.
    let live = lines.filter { indices.contains($0.index) && $0.state.isLive }
      .map { "\($0.job)_\($0.index)" }
    let known = job.map { job in indices.map { "\(job)_\($0)" } } ?? []
    await queue.cancel(Set(live + known).sorted())
  }
}
