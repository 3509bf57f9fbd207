import Artifacts
import Experiment
import Foundation

/// What becomes of the elements that were sent.
extension SlurmJobs {
  /// Between two looks at the files of elements.
  private static let glance = Duration.seconds(2)
  /// How often a stage is given twice the memory.
  private static let doublings = 2

  func watch() {
    guard watching == nil else { return }
    watching = Task {
      repeat { try? await Task.sleep(for: min(self.poll, Self.glance)) } while self.look()
    }
  }

  /// Looks at the files, and has the queue asked where it is time. Nobody whose files tell how it ended waits for an
  /// answer of Slurm.
  ///
  /// - Returns: Whether there is something to look at again.
  private func look() -> Bool {
    let now = ContinuousClock.now
    if asking == nil, lastQuestion.map({ now - $0 >= poll }) ?? true {
      lastQuestion = now
      asking = Task { await self.ask() }
    }
    judge { _, _ in true }
    if watched.isEmpty { watching = nil }
    return !watched.isEmpty && !isOver
  }

  /// Asks for the elements of all batches that are sent by now, and judges by the answers. What is sent meanwhile
  /// cannot be in them.
  private func ask() async {
    defer { asking = nil }
    let names = Set(watched.values.filter(\.isSent).map(\.element.batch.name))
    guard let lines = await queue.lines(of: Array(names)), !isOver else { return }
    let queued = Dictionary(grouping: lines) { "\($0.name) \($0.index)" }
    let missing = note(queued, of: names)
    judge(queued: queued) { key, watch in
      !missing.contains(key) && names.contains(watch.element.batch.name)
    }
    guard !missing.isEmpty else { return }
    // What left the queue waits for this answer too, and nobody else does.
    let accounts = await queue.accounts(of: Array(Set(missing.compactMap { watched[$0]?.job })))
    judge(queued: queued, accounts: accounts) { key, watch in
      missing.contains(key) && names.contains(watch.element.batch.name)
    }
  }

  /// Judges some of the elements that are sent, by their files and by what Slurm said.
  private func judge(
    queued: [String: [SlurmQueueLine]]? = nil, accounts: [String: SlurmState] = [:],
    _ isMeant: (StageKey, Watched) -> Bool
  ) {
    var files: [String: [String]] = [:]
    for (key, watch) in watched where watch.isSent && isMeant(key, watch) {
      let folder = watch.element.batch.folder
      let names = files[folder] ?? Self.files(watch.element.batch)
      files[folder] = names
      judge(key, names, queued: queued, accounts: accounts)
    }
  }

  /// Notes what the queue says of the elements of some batches.
  ///
  /// - Returns: The stages whose elements have left it.
  private func note(
    _ queued: [String: [SlurmQueueLine]], of names: Set<String>
  ) -> Set<StageKey> {
    let now = ContinuousClock.now
    var missing: Set<StageKey> = []
    for (key, watch) in watched where watch.isSent && names.contains(watch.element.batch.name) {
      let lines = queued["\(watch.element.batch.name) \(watch.element.index)"] ?? []
      if let job = lines.last?.job { watched[key]?.job = job }
      if let line = lines.first(where: \.state.isLive) {
        watched[key]?.gone = nil
        if line.word == "PENDING" {
          wishes[key]?.report(
            .progress(key: key, fraction: 0, detail: "waits in the queue: \(line.reason)"))
        }
      } else {
        if watch.gone == nil { watched[key]?.gone = now }
        if lines.isEmpty { missing.insert(key) }
      }
    }
    return missing
  }

  private func judge(
    _ key: StageKey, _ names: [String], queued: [String: [SlurmQueueLine]]?,
    accounts: [String: SlurmState]
  ) {
    guard let watch = watched[key], let wish = wishes[key] else { return }
    let element = watch.element
    let outcome = element.outcome(names)
    // Between questions, only what an outcome says can be new.
    guard queued != nil || outcome != nil else { return }
    var sighting = SlurmSighting()
    sighting.outcome = outcome
    let events = element.events(names)
    for event in events.dropFirst(watch.heard) { wish.report(event) }
    watched[key]?.heard = max(watch.heard, events.count)
    sighting.said = events.last { event in
      switch event {
      case .done, .failed: true
      case .ready, .progress, .metric: false
      }
    }
    sighting.queue = queued.map {
      ($0["\(element.batch.name) \(element.index)"] ?? []).map(\.state)
    }
    sighting.accounts = watch.job.flatMap { accounts["\($0)_\(element.index)"] }
    sighting.secondsGone = watch.gone.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0
    sighting.hasArtifact = store.contains(wish.request.kind, key)
    sighting.isBeingMade = store.isBeingMade(key)
    sighting.madeProgress = element.madeProgress(names, store: store)
    sighting.isCancelled = element.batch.isCancelled
    sighting.bytes =
      (try? store.record(wish.request.kind, key))?.files.reduce(0) { $0 + $1.bytes } ?? 0
    follow(SlurmJudgement.of(sighting, grace: site.graceSeconds, tail: element.tail), key, wish)
  }

  private func follow(_ judgement: SlurmJudgement, _ key: StageKey, _ wish: Wish) {
    switch judgement {
    case .wait: break
    case .ended(let outcome): finish(key, outcome)
    case .again(let reason): sendAgain(key, wish, reason)
    case .moreMemory(let reason):
      let count = shortages[key, default: 0]
      let had = SlurmNeed(wish.request, at: site, shortages: count)
      let next = SlurmNeed(wish.request, at: site, shortages: count + 1)
      guard count < Self.doublings, next.memoryBytes > had.memoryBytes else {
        return finish(
          key,
          .failed(
            reason:
              "\(reason), with \(had.memory) and \(count + 1) tries; give more with 'memory' or "
              + "'memory-limit' below 'slurm'"))
      }
      shortages[key] = count + 1
      sendAgain(key, wish, "\(reason); it gets \(next.memory)")
    }
  }

  private func sendAgain(_ key: StageKey, _ wish: Wish, _ reason: String) {
    close(key, well: false)
    wish.report(.progress(key: key, fraction: 0, detail: "again: \(reason)"))
    send(key)
  }

  func finish(_ key: StageKey, _ outcome: StageOutcome) {
    if case .done = outcome { close(key, well: true) } else { close(key, well: false) }
    wishes.removeValue(forKey: key)?.finish.resume(returning: outcome)
  }

  /// Stops watching a stage's element; a batch whose elements all ended well leaves nothing behind.
  func close(_ key: StageKey, well: Bool) {
    guard let name = watched.removeValue(forKey: key)?.element.batch.name else { return }
    if !well { spoilt.insert(name) }
    open[name]?.keys.remove(key)
    guard let batch = open[name]?.batch, open[name]?.keys.isEmpty == true else { return }
    open[name] = nil
    // Of a batch that was taken over, elements may go on that this run has no use for.
    let isOver = !found.values.contains { $0.batch.name == name }
    if isOver, !spoilt.contains(name) { batch.remove(from: store) }
  }

  static func files(_ batch: SlurmBatch) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: batch.folder)) ?? []
  }
}
