import Experiment

/// Jobs that an earlier program sent.
extension SlurmJobs {
  package func carriesOut(_ key: StageKey) async -> Bool {
    if !hasLooked {
      asked += 1
      let number = asked
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          if hasLooked || isOver || Task.isCancelled { return continuation.resume() }
          askers[number] = continuation
          findOwnJobs()
        }
      } onCancel: {
        Task { await self.answer(number) }
      }
    }
    return found[key] != nil
  }

  /// Lets somebody go on who waits for the look at earlier jobs.
  func answer(_ number: Int) { askers.removeValue(forKey: number)?.resume() }

  /// Looks, once, for elements that an earlier program sent and that are not over. Nobody who is cancelled waits for
  /// its end: Slurm may give no answer for long.
  func findOwnJobs() {
    guard search == nil else { return }
    search = Task { await self.lookForJobs() }
  }

  private func lookForJobs() async {
    SlurmBatch.removeAsides(in: store)
    let batches = SlurmBatch.all(in: store)
    while !batches.isEmpty, !isOver {
      guard let lines = await queue.lines(of: batches.map(\.name)) else {
        // Without an answer nothing can be sent that would not perhaps be sent twice.
        for key in unbegun {
          wishes[key]?.report(
            .progress(key: key, fraction: 0, detail: "waits for squeue, which gives no answer"))
        }
        try? await Task.sleep(for: poll)
        continue
      }
      lastQuestion = .now
      for batch in SlurmLeftovers.remove(batches, queued: lines, from: store)
      where !batch.isCancelled {
        let live = lines.filter { $0.name == batch.name && $0.state.isLive }
        for index in Set(live.map(\.index)) where batch.manifest.keys.indices.contains(index) {
          found[batch.manifest.keys[index]] = SlurmElement(batch: batch, index: index)
        }
      }
      break
    }
    hasLooked = true
    for number in askers.keys { answer(number) }
    begin()
  }

  func adopt(_ element: SlurmElement) {
    let batch = element.batch
    watched[element.key] = Watched(element: element, isSent: true)
    // What a living program sent is that program's to cancel and to clear away.
    if open[batch.name] == nil, let owner = SlurmOwner.take(batch.folder) {
      open[batch.name] = Open(batch: batch, owner: owner, keys: [])
    }
    open[batch.name]?.keys.insert(element.key)
    watch()
  }
}
