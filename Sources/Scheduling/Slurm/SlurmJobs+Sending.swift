import Experiment
import Foundation

/// How stages come to Slurm.
extension SlurmJobs {
  /// How long more stages are waited for before some are sent.
  private static let gathering = Duration.milliseconds(500)
  /// How often a submission is made that Slurm neither takes nor refuses in words, and that nothing of ours
  /// is in the way of.
  private static let submissions = 20

  /// What became of a batch.
  private enum Sent {
    case taken(job: Int?)
    case refused(String)
    case impossible(String)
    /// The run is over, or all its stages were given up.
    case unwanted
  }

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

  private func send(_ all: [StageRequest], need: SlurmNeed) async {
    // While others were sent, some may have been given up.
    let requests = all.filter { wishes[$0.key] != nil }
    guard !requests.isEmpty else { return }
    let batch: SlurmBatch
    do {
      let written = try SlurmBatch.write(
        requests, need: need, site: site, worker: worker(need.gpus), store: store)
      batch = written.batch
      open[batch.name] = Open(
        batch: batch, owner: written.owner, keys: Set(requests.map(\.key)))
    } catch {
      for request in requests { finish(request.key, .unusable(reason: String(describing: error))) }
      return
    }
    for (index, request) in requests.enumerated() {
      watched[request.key] = Watched(
        element: SlurmElement(batch: batch, index: index), isSent: false)
    }
    let sent = await submit(batch)
    let unwanted = abandoned.intersection(requests.map(\.key))
    abandoned.subtract(unwanted)
    switch sent {
    case .taken(let job): await follow(batch, job: job, without: unwanted)
    case .refused(let words):
      for request in requests {
        finish(request.key, .failed(reason: refusal(of: request, need, words)))
      }
      forget(batch)
    case .impossible(let words):
      for request in requests { finish(request.key, .unusable(reason: words)) }
      forget(batch)
    case .unwanted:
      // Slurm may have it all the same, from a submission whose answer was lost.
      batch.markCancelled()
      if !isOver { open[batch.name] = nil }
    }
  }

  private func forget(_ batch: SlurmBatch) {
    open[batch.name] = nil
    batch.remove(from: store)
  }

  /// Watches what Slurm has taken, but for what was given up on the way.
  private func follow(_ batch: SlurmBatch, job: Int?, without unwanted: Set<StageKey>) async {
    open[batch.name]?.job = job
    for key in batch.manifest.keys where watched[key]?.element.batch.name == batch.name {
      watched[key]?.isSent = true
      watched[key]?.job = job
    }
    watch()
    guard !unwanted.isEmpty else { return }
    open[batch.name]?.keys.subtract(unwanted)
    if open[batch.name]?.keys.isEmpty == true { open[batch.name] = nil }
    spoilt.insert(batch.name)
    let elements = batch.manifest.keys.indices.map { SlurmElement(batch: batch, index: $0) }
    await end(elements.filter { unwanted.contains($0.key) }, job: job)
  }

  /// Submits a batch until Slurm has it or refuses it.
  private func submit(_ batch: SlurmBatch) async -> Sent {
    var (lost, limited) = (0, 0)
    while !isOver, batch.manifest.keys.contains(where: { wishes[$0] != nil }) {
      switch await queue.submit(batch) {
      case .taken(let job): return .taken(job: lost == 0 ? job : nil)
      case .impossible(let words): return .impossible(words)
      case .refused(let words):
        return await isTaken(batch, looks: 1) ? .taken(job: nil) : .refused(words)
      case .tooMany(let words):
        tell(batch, "waits: \(words)")
        try? await Task.sleep(for: poll)
      case .limited(let words):
        // Our own jobs may be what fills the limit. Where there are none, waiting only helps as long as those of
        // somebody else may.
        if !watched.values.contains(where: \.isSent) { limited += 1 }
        if limited >= Self.submissions { return .refused(words) }
        tell(batch, "waits: \(words)")
        try? await Task.sleep(for: poll)
      case .unknown(let words):
        tell(batch, "asks again: \(words)")
        if await isTaken(batch, looks: 2) { return .taken(job: nil) }
        lost += 1
        if lost >= Self.submissions {
          return .refused("sbatch was tried \(lost) times; the last time: \(words)")
        }
      }
    }
    return .unwanted
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

  private func refusal(of request: StageRequest, _ need: SlurmNeed, _ words: String) -> String {
    let count = shortages[request.key, default: 0]
    guard count > 0 else { return "Slurm refuses it: \(words)" }
    let had = SlurmNeed(request, at: site, shortages: count - 1)
    return
      "it ran out of memory with \(had.memory), and Slurm refuses it with \(need.memory): \(words); "
      + "'memory-limit' below 'slurm' is the most that it asks for"
  }

  private func tell(_ batch: SlurmBatch, _ words: String) {
    for key in batch.manifest.keys {
      wishes[key]?.report(.progress(key: key, fraction: 0, detail: words))
    }
  }
}
