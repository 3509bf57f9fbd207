import Artifacts
import Experiment

/// Which stages are so short that a worker is given several at once: of them the disk takes more time than
/// the processor, and a worker that publishes one computes the next meanwhile.
struct Briskness: Sendable {
  /// Seconds for each unit of cost, of the last stage of each kind.
  private var pace: [StageKind: Double] = [:]
  private var suspects: Set<StageKey> = []

  /// As many as a worker publishes together.
  static let mostInHand = Publisher.most
  /// Stages that are expected to take less are brisk.
  private static let seconds = 0.05

  /// Learns from a stage that was done.
  mutating func learn(_ stage: Stage, seconds: Double) {
    pace[stage.kind] = seconds / Self.cost(stage)
  }

  /// Notes that a worker died that had this stage in hand with others: it has a worker to itself from now
  /// on, so that who kills workers is known.
  mutating func suspect(_ key: StageKey) { suspects.insert(key) }

  /// Whether a stage is to have a worker to itself.
  func isSuspect(_ key: StageKey) -> Bool { suspects.contains(key) }

  /// Whether a stage will be short, from the last one of its kind; not before one was done.
  func isBrisk(_ stage: Stage) -> Bool {
    guard let pace = pace[stage.kind], !suspects.contains(stage.key) else { return false }
    return pace * Self.cost(stage) < Self.seconds
  }

  private static func cost(_ stage: Stage) -> Double { max(stage.resources.cost, 1e-9) }
}
