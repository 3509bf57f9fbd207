import Experiment

/// Which stages a worker is given together, to train their heads in one pass over features.
extension Scheduler {
  /// The ready stages whose heads train together with those of `stage`, which was just put in a worker's hand; none
  /// where it has more there.
  ///
  /// A stage comes out the same with others and alone. So others join only as long as every other worker
  /// would still find something to do, unless features are encoded anew for each batch: that takes far longer than heads do.
  func companions(
    of stage: Stage, on worker: Int, beside entries: [HostShare.Entry]
  ) -> [Stage] {
    // Each would use up the time of the others.
    guard backend.takesSeveral, retries.limit == nil, inHand[worker] == [stage.key],
      mayShare(stage), let pass = stage.featurePass
    else { return [] }
    var spare = agenda.readyCount - (room.workers - 1)
    var memory =
      room.memoryBytes - Load(sum: loads).memoryBytes - entries.reduce(0) { $0 + $1.memoryBytes }
    var found: [Stage] = []
    for other in agenda.readyAlike(stage.key) where pass.source != nil || spare > 0 {
      guard other.resources.memoryBytes <= memory, mayShare(other), other.featurePass == pass
      else { continue }
      memory -= other.resources.memoryBytes
      spare -= 1
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
