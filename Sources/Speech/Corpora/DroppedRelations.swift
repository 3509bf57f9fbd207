import Experiment

extension Utterance {
  /// A trial or match that was left out because its other side is not in the artifact.
  struct DroppedRelation: Sendable, Hashable {
    /// Of the utterance whose line had it.
    var id: String
    /// `trials` or `matches`.
    var kind: String
    var other: String
  }

  /// Takes out the trials and matches with utterances that are not among `ids`.
  ///
  /// - Returns: Those that were taken out, in order.
  mutating func dropRelations(notTo ids: Set<String>) -> [DroppedRelation] {
    var dropped: [DroppedRelation] = []
    func isKept(_ other: String, _ kind: String) -> Bool {
      if ids.contains(other) { return true }
      dropped.append(DroppedRelation(id: id, kind: kind, other: other))
      return false
    }
    let trials = self.trials?.filter { isKept($0.other, "trials") }
    let matches = self.matches?.filter { isKept($0, "matches") }
    (self.trials, self.matches) = (trials, matches)
    return dropped
  }
}
