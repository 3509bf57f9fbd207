import Artifacts
import Experiment
import Foundation
import Scheduling

/// Stages that are carried out again in a scratch place, beside the artifacts that are kept.
///
/// Each worker has an artifact folder of its own, in which the inputs of its stage are links to the
/// kept artifacts, so that nothing can touch those, and what is made lies nowhere that a run looks.
struct Recomputation {
  enum Outcome: Equatable {
    case same
    /// The first difference.
    case differs(String)
    case failed(String)
    case interrupted
  }

  private let plan: Plan
  private let store: ArtifactStore
  private let room: Room
  /// With runs on this machine.
  private let share: HostShare
  private let program: String
  private let computing: Computing

  /// How often room is looked for that others have given back.
  private static let roomPause = Duration.milliseconds(100)

  private enum Step {
    case ended(place: Int, Outcome)
    case lookedForRoom
  }

  /// - Throws: `SchedulingError` where there is no worker program; `StorageError`.
  init(_ workspace: Workspace, room: Room) throws {
    plan = workspace.plan
    store = workspace.store
    self.room = room
    share = try HostShare(workspace.store, priority: 0)
    program = try WorkerProgram.locate()
    computing = workspace.site.computing
  }

  /// Carries out stages whose artifacts and inputs are there, as many at once as there is room for.
  ///
  /// - Parameters:
  ///   - stages: In the plan's order.
  ///   - note: Is told of each stage as it ends.
  /// - Returns: How each ended, in the order of `stages`; cancelling the task leaves out the rest.
  /// - Throws: `StorageError` when the scratch place cannot be written.
  func run(
    _ stages: [Stage], note: @escaping (Stage, Outcome) -> Void
  ) async throws -> [(stage: Stage, outcome: Outcome)] {
    let scratch = try ScratchFolder(in: store)
    defer { scratch.remove() }
    let places = (1...room.workers).map { ArtifactStore(root: "\(scratch.path)/\($0)") }
    let backends = places.map {
      LocalWorkers(program: program, store: $0, computing: computing)
    }
    var outcomes: [StageKey: Outcome] = [:]
    var waiting = stages[...]
    var running: [Int: Stage] = [:]
    var isLooking = false
    await withTaskGroup(of: Step.self) { group in
      while true {
        while let slot = places.indices.first(where: { running[$0] == nil }) {
          let next = Task.isCancelled ? nil : waiting.first
          let answer = share.admit(
            next?.resources, beside: running.values.map(\.resources), in: room)
          if answer == .waitsForOthers, !isLooking {
            isLooking = true
            group.addTask {
              try? await Task.sleep(for: Self.roomPause)
              return .lookedForRoom
            }
          }
          guard answer == .begins, let stage = waiting.popFirst() else { break }
          running[slot] = stage
          let (place, backend) = (places[slot], backends[slot])
          group.addTask { .ended(place: slot, await carryOut(stage, in: place, backend)) }
        }
        switch await group.next() {
        case nil: return
        case .lookedForRoom: isLooking = false
        case .ended(let slot, let outcome):
          guard let stage = running.removeValue(forKey: slot) else { continue }
          outcomes[stage.key] = outcome
          note(stage, outcome)
        }
      }
    }
    for backend in backends { await backend.shutDown() }
    return stages.compactMap { stage in outcomes[stage.key].map { (stage, $0) } }
  }

  private func carryOut(
    _ stage: Stage, in place: ArtifactStore, _ backend: LocalWorkers
  ) async -> Outcome {
    do {
      let kept = try store.open(stage.kind, stage.key)
      try prepare(stage, in: place)
      let request = StageRequest(stage, in: plan, attempt: 1)
      switch await backend.execute(request, on: 1, report: { _ in }) {
      case .done: break
      case .failed(let reason), .crashed(let reason), .lost(let reason), .unusable(let reason):
        return .failed(reason)
      case .interrupted, .cancelled: return .interrupted
      }
      let made = try place.open(stage.kind, stage.key)
      return FileDifference.first(kept: kept, made: made).map { .differs($0) } ?? .same
    } catch {
      return .failed(String(describing: error))
    }
  }

  /// An empty place with links to the stage's inputs.
  private func prepare(_ stage: Stage, in place: ArtifactStore) throws {
    for kind in StageKind.allCases {
      try? FileManager.default.removeItem(atPath: "\(place.root)/\(kind.rawValue)")
    }
    for input in plan.artifacts(consumedBy: stage) {
      let link = place.folder(input.kind, input.key)
      try AtomicFile.makeFolder(AtomicFile.parent(of: link))
      guard symlink(store.folder(input.kind, input.key), link) == 0 else {
        throw StorageError.last("linked", link)
      }
    }
  }
}
