import Experiment

/// Whether a stage may begin now.
package enum Admission: Sendable, Hashable {
  case begins
  /// It would if no other run were there: others are told.
  case waitsForOthers
  /// What this run has begun must end first; or there is none to begin.
  case hasNoRoom
}

extension HostShare {
  /// Asks, in agreement with other runs of this machine, whether a stage may begin, and notes down what this one
  /// uses then.
  ///
  /// - Parameters:
  ///   - stage: What the next stage needs; `nil` where none is to begin.
  ///   - running: What those need that run.
  ///   - room: What the site has.
  /// - Returns: The answer; a stage that begins is counted from now on.
  package func admit(
    _ stage: Resources?, beside running: [Resources], in room: Room
  ) -> Admission {
    let used = running.map { Load([$0]) }
    let sum = Load(sum: used)
    return sharing { entries in
      guard let stage, room.fits(stage, beside: used) else { return (.hasNoRoom, sum, 0) }
      let others = Load(
        sum: entries.map { Load(cores: $0.cores, memoryBytes: $0.memoryBytes) })
      guard !yields(using: sum.cores, to: entries),
        room.fits(stage, beside: used, others: others)
      else { return (.waitsForOthers, sum, stage.cores) }
      return (.begins, Load(sum: used + [Load([stage])]), 0)
    }
  }
}
