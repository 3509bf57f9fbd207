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
    /// Slurm takes no array of so many elements now.
    case tooLarge(String)
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

  /// Sends stages of one need: as one array, or as several where Slurm has not room for all. Elements count one by
  /// one against limits of submitted jobs, and an array that is above one is refused as a whole.
  private func send(_ all: [StageRequest], need: SlurmNeed) async {
    var rest = all
    while !isOver {
      // While others were sent, some may have been given up.
      rest.removeAll { wishes[$0.key] == nil }
      guard !rest.isEmpty else { return }
      let part = Array(rest.prefix(mostElements))
      switch await sendArray(part, of: rest, need: need) {
      case .tooLarge(let words):
        mostElements = max(1, part.count / 2)
        tell(rest.map(\.key), "waits: \(words)")
      case .taken:
        rest.removeFirst(part.count)
        if part.count == mostElements { mostElements = min(2 * mostElements, site.arraySize) }
      // Of equal needs, what is refused to one is refused to all.
      case .refused, .impossible: return
      case .unwanted: break
      }
    }
  }

  /// Sends one array.
  ///
  /// - Parameters:
  ///   - requests: Its elements.
  ///   - all: They, and others of equal need that wait: a refusal is for these too.
  ///   - need: What they ask for.
  /// - Returns: What became of it.
  private func sendArray(
    _ requests: [StageRequest], of all: [StageRequest], need: SlurmNeed
  ) async -> Sent {
    let batch: SlurmBatch
    do {
      let written = try SlurmBatch.write(
        requests, need: need, site: site, worker: worker(need.gpus), store: store)
      batch = written.batch
      open[batch.name] = Open(
        batch: batch, owner: written.owner, keys: Set(requests.map(\.key)))
    } catch {
      let reason = String(describing: error)
      for request in all { finish(request.key, .unusable(reason: reason)) }
      return .impossible(reason)
    }
    for (index, request) in requests.enumerated() {
      watched[request.key] = Watched(
        element: SlurmElement(batch: batch, index: index), isSent: false)
    }
    let sent = await submit(batch, for: all.map(\.key))
    let unwanted = abandoned.intersection(requests.map(\.key))
    abandoned.subtract(unwanted)
    switch sent {
    case .taken(let job): await follow(batch, job: job, without: unwanted)
    case .refused(let words):
      for request in all {
        finish(request.key, .failed(reason: refusal(of: request, need, words)))
      }
      forget(batch)
    case .tooLarge:
      for request in requests { watched[request.key] = nil }
      forget(batch)
    case .impossible(let words):
      for request in all { finish(request.key, .unusable(reason: words)) }
      forget(batch)
    case .unwanted:
      // Slurm may have it all the same, from a submission whose answer was lost.
      batch.markCancelled()
      if !isOver { open[batch.name] = nil }
    }
    return sent
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
  ///
  /// - Parameters:
  ///   - batch: What to submit.
  ///   - all: Who is told how it goes.
  /// - Returns: What became of it.
  private func submit(_ batch: SlurmBatch, for all: [StageKey]) async -> Sent {
    var (lost, limited) = (0, 0)
    while !isOver, batch.manifest.keys.contains(where: { wishes[$0] != nil }) {
      let answer = await queue.submit(batch)
      if let words = answer.limit, batch.manifest.keys.count > 1 {
        // One that seemed lost, and was taken, may be what fills the limit.
        if lost > 0, await isTaken(batch, looks: 1) { return .taken(job: nil) }
        return .tooLarge(words)
      }
      switch answer {
      case .taken(let job): return .taken(job: lost == 0 ? job : nil)
      case .impossible(let words): return .impossible(words)
      case .refused(let words):
        return await isTaken(batch, looks: 1) ? .taken(job: nil) : .refused(words)
      case .tooMany(let words):
        tell(all, "waits: \(words)")
        try? await Task.sleep(for: poll)
      case .limited(let words):
        // Our own jobs may be what fills the limit. Where there are none, waiting only helps as long as those of
        // somebody else may.
        if !watched.values.contains(where: \.isSent) { limited += 1 }
        if limited >= Self.submissions { return .refused(words) }
        tell(all, "waits: \(words)")
        try? await Task.sleep(for: poll)
      case .unknown(let words):
        tell(all, "asks again: \(words)")
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

  private func tell(_ keys: [StageKey], _ words: String) {
    for key in keys {
      wishes[key]?.report(.progress(key: key, fraction: 0, detail: words))
    }
  }
}
