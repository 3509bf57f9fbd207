import Experiment

/// Which stages a worker is given together, to train their heads in one pass over features.
extension Scheduler {
  /// The ready stages whose heads train together with those of `stage`, which was just put in a worker's hand; none
  /// where it has more there.
  ///
  /// A stage comes out the same with others and alone, and reading is a small part of training on stored features. So a pass is
  /// no longer than this worker's part of what could begin now. Where batches are encoded anew, which takes far longer than heads do, all join
  /// that have the same.
  func companions(
    of stage: Stage, on worker: Int, beside entries: [HostShare.Entry]
  ) -> [Stage] {
    // Each would use up the time of the others.
    guard backend.takesSeveral, retries.limit == nil, inHand[worker] == [stage.key],
      mayShare(stage), let own = stage.featureReading
    else { return [] }
    let part = (agenda.readyCost + stage.resources.cost) / Double(room.workers)
    // Sums of equal costs are rounded.
    var cost = part * (1 + 1e-9) - stage.resources.cost
    var memory =
      room.memoryBytes - Load(sum: loads).memoryBytes - entries.reduce(0) { $0 + $1.memoryBytes }
    var found: [Stage] = []
    for other in agenda.readyAlike(stage.key) {
      guard own.pass.source != nil || other.resources.cost <= cost,
        other.resources.memoryBytes <= memory, mayShare(other),
        let reading = other.featureReading, reading.pass == own.pass
      else { continue }
      let hasSameBatches = own.pass.source != nil && reading.order == own.order
      guard hasSameBatches || other.resources.cost <= cost else { continue }
      if !hasSameBatches { cost -= other.resources.cost }
      memory -= other.resources.memoryBytes
      found.append(other)
    }
    return found
  }

  /// Whether a stage may have others beside it. Those that a worker died of, perhaps, are alone, and short ones come one
  /// after the other.
  private func mayShare(_ stage: Stage) -> Bool {
    stage.kind == .evaluate && !briskness.isBrisk(stage) && !briskness.isSuspect(stage.key)
  }
}
