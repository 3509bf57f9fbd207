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

  let queue: SlurmQueue
  let store: ArtifactStore
  /// The worker's words, where it has so many GPUs.
  private let worker: @Sendable (Int) -> [String]
  var wishes: [StageKey: Wish] = [:]
  var watched: [StageKey: Watched] = [:]
  private var waiting: [StageKey] = []
  var shortages: [StageKey: Int] = [:]
  /// Elements of earlier or other programs that live in the queue.
  private var found: [StageKey: SlurmElement] = [:]
  private var search: Task<Void, Never>?
  /// Batches that this program answers for, with the elements that are not over.
  var open: [String: (batch: SlurmBatch, keys: Set<StageKey>)] = [:]
  var spoilt: Set<String> = []
  var sending: Task<Void, Never>?
  var watching: Task<Void, Never>?
  var lastQuestion: ContinuousClock.Instant?
  var isOver = false

  var site: SlurmSite { queue.site }
  var poll: Duration { .seconds(site.pollSeconds) }

  /// How long more stages are waited for before some are sent.
  private static let gathering = Duration.milliseconds(500)
  /// How often a submission without an answer is made again before the run ends.
  private static let submissions = 20
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
    await findOwnJobs { report(.progress(key: request.key, fraction: 0, detail: $0)) }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { return continuation.resume(returning: .interrupted) }
        wishes[request.key] = Wish(request: request, report: report, finish: continuation)
        if let element = found.removeValue(forKey: request.key) {
          adopt(element)
        } else {
          send(request.key)
        }
      }
    } onCancel: {
      Task { await self.giveUp(request.key) }
    }
  }

  package func carriesOut(_ key: StageKey) async -> Bool {
    await findOwnJobs { _ in }
    return found[key] != nil
  }

  /// Ends this program's part: jobs that are not over are cancelled, or left to themselves.
  ///
  /// - Parameter keepingJobs: Whether jobs go on; the next run finds them.
  /// - Returns: How many stages' jobs were not over.
  @discardableResult
  package func shutDown(keepingJobs: Bool) async -> Int {
    isOver = true
    for key in wishes.keys { giveUp(key) }
    sending?.cancel()
    watching?.cancel()
    let left = open.values.filter { !$0.keys.isEmpty }
    if !keepingJobs {
      // Elements that begin before Slurm hears of it leave by themselves.
      for (batch, _) in left { batch.markCancelled() }
      await Task { [queue] in await queue.cancel(left.map(\.batch.name)) }.value
    }
    return left.reduce(0) { $0 + $1.keys.count }
  }

  private func giveUp(_ key: StageKey) {
    guard let wish = wishes.removeValue(forKey: key) else { return }
    waiting.removeAll { $0 == key }
    watched[key] = nil
    wish.finish.resume(returning: .interrupted)
  }

  // MARK: Sending

  func send(_ key: StageKey) {
    waiting.append(key)
    guard sending == nil else { return }
    sending = Task {
      try? await Task.sleep(for: Self.gathering)
      await self.sendWaiting()
    }
  }

  private func sendWaiting() async {
    sending = nil
    var groups: [(need: SlurmNeed, requests: [StageRequest])] = []
    for request in waiting.compactMap({ wishes[$0]?.request }) {
      let need = SlurmNeed(request, at: site, shortages: shortages[request.key] ?? 0)
      if let group = groups.firstIndex(where: {
        $0.need == need && $0.requests.count < site.arraySize
      }
      ) {
        groups[group].requests.append(request)
      } else {
        groups.append((need, [request]))
      }
    }
    waiting = []
    for group in groups where !isOver { await send(group.requests, need: group.need) }
  }

  private func send(_ requests: [StageRequest], need: SlurmNeed) async {
    let batch: SlurmBatch
    do {
      batch = try SlurmBatch.write(
        requests, need: need, site: site, worker: worker(need.gpus), store: store)
    } catch {
      for request in requests { finish(request.key, .unusable(reason: String(describing: error))) }
      return
    }
    open[batch.name] = (batch, Set(requests.map(\.key)))
    for (index, request) in requests.enumerated() where wishes[request.key] != nil {
      watched[request.key] = Watched(
        element: SlurmElement(batch: batch, index: index), isSent: false)
    }
    if let refusal = await refusal(of: batch) {
      for request in requests { finish(request.key, .unusable(reason: refusal)) }
      open[batch.name] = nil
      batch.remove(from: store)
      return
    }
    for request in requests { watched[request.key]?.isSent = true }
    watch()
  }

  /// Submits a batch until Slurm has it.
  ///
  /// - Returns: `nil`, or why Slurm never will.
  private func refusal(of batch: SlurmBatch) async -> String? {
    var lost = 0
    while !isOver {
      switch await queue.submit(batch) {
      case .taken: return nil
      case .refused(let words):
        if await isTaken(batch, looks: 1) { return nil }
        return "sbatch refused \(batch.folder)/element.sh: \(words)"
      case .tooMany(let words):
        tell(batch, "waits: \(words)")
        try? await Task.sleep(for: poll)
      case .unknown(let words):
        tell(batch, "asks again: \(words)")
        if await isTaken(batch, looks: 2) { return nil }
        lost += 1
        if lost >= Self.submissions {
          return "sbatch was tried \(lost) times; the last time: \(words)"
        }
      }
    }
    return nil
  }

  /// Whether Slurm took the batch though it did not say so; its name tells.
  private func isTaken(_ batch: SlurmBatch, looks: Int) async -> Bool {
    var left = looks
    while left > 0, !isOver {
      if looks > 1 { try? await Task.sleep(for: poll) }
      if Self.files(batch).contains(where: { $0.hasPrefix("log.") }) { return true }
      guard let lines = await queue.lines(of: [batch.name]) else {
        if looks == 1 { try? await Task.sleep(for: poll) }
        continue
      }
      if !lines.isEmpty { return true }
      left -= 1
    }
    return false
  }

  private func tell(_ batch: SlurmBatch, _ words: String) {
    for key in batch.manifest.keys {
      wishes[key]?.report(.progress(key: key, fraction: 0, detail: words))
    }
  }

  // MARK: Own jobs of before

  /// Looks, once, for elements that an earlier program sent and that are not over.
  private func findOwnJobs(tell: @escaping @Sendable (String) -> Void) async {
    if search == nil { search = Task { await self.lookForJobs(tell) } }
    await search?.value
  }

  private func lookForJobs(_ tell: @Sendable (String) -> Void) async {
    SlurmBatch.removeAsides(in: store)
    let batches = SlurmBatch.all(in: store).filter { !$0.isCancelled }
    while !batches.isEmpty, !isOver {
      guard let lines = await queue.lines(of: batches.map(\.name)) else {
        // Without an answer nothing can be sent that would not perhaps be sent twice.
        tell("waits for squeue, which gives no answer")
        try? await Task.sleep(for: poll)
        continue
      }
      let live = Dictionary(grouping: lines.filter(\.state.isLive), by: \.name)
      for batch in batches {
        let indices = Set((live[batch.name] ?? []).map(\.index))
        for index in indices where batch.manifest.keys.indices.contains(index) {
          found[batch.manifest.keys[index]] = SlurmElement(batch: batch, index: index)
        }
        if indices.isEmpty, batch.isOrphan { batch.remove(from: store) }
      }
      return
    }
  }

  private func adopt(_ element: SlurmElement) {
    let batch = element.batch
    watched[element.key] = Watched(element: element, isSent: true)
    // What a living program sent is that program's to cancel and to clear away.
    if batch.isOrphan { open[batch.name, default: (batch, [])].keys.insert(element.key) }
    watch()
  }
}
