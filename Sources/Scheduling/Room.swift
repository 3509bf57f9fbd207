import Experiment
import Foundation

/// Room for stages on this machine.
package struct Room: Sendable {
  package var workers: Int
  package var cores: Int
  package var memoryBytes: Int
  /// Cards of the first workers, one each; empty where all workers see what there is.
  package var gpus: [Int]
  /// Where artifacts go, if its free bytes are counted.
  package var disk: DiskRoom?

  package init(
    workers: Int, cores: Int, memoryBytes: Int, gpus: [Int] = [], disk: DiskRoom? = nil
  ) {
    self.workers = max(1, workers)
    self.cores = max(1, cores)
    self.memoryBytes = memoryBytes
    self.gpus = gpus
    self.disk = disk
  }

  /// Whether a stage has room beside what workers do, and what other runs on this machine do. One that is
  /// larger than the machine runs when nothing else does.
  func fits(_ stage: Resources, beside used: [Load], others: Load = Load([])) -> Bool {
    used.isEmpty && others.cores == 0
      || used.reduce(stage.cores + others.cores) { $0 + $1.cores } <= cores
        && used.reduce(stage.memoryBytes + others.memoryBytes) { $0 + $1.memoryBytes }
          <= memoryBytes
  }

  /// Whether a worker may be given a stage that computes on a card.
  func hasCard(_ worker: Int) -> Bool { gpus.isEmpty || worker <= gpus.count }
}

/// A disk of which some bytes are to stay free.
package struct DiskRoom: Sendable {
  package let folder: String
  package let keepsFree: Int
  private let measure: @Sendable () -> Int?

  /// - Parameters:
  ///   - folder: A folder on it.
  ///   - keepsFree: Bytes that stay free.
  ///   - measure: Bytes that are free now; of the folder's file system where not given. `nil`: unknown.
  package init(_ folder: String, keepsFree: Int, measure: (@Sendable () -> Int?)? = nil) {
    self.folder = folder
    self.keepsFree = keepsFree
    self.measure =
      measure ?? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(status.f_bavail) * Int(status.f_frsize)
      }
  }

  /// Bytes that are free now.
  var freeBytes: Int? { measure() }

  /// Bytes that stages may still take, those that run counted with all that they were expected to.
  func left(beside running: Int) -> Int {
    (freeBytes ?? .max / 2) - keepsFree - running
  }
}

/// What one worker takes of the machine: of the stages that it has in hand it does one after the other, unless their
/// heads are trained in one pass.
struct Load: Sendable, Hashable {
  var cores = 0
  var memoryBytes = 0

  init(_ stages: [Resources]) {
    for stage in stages {
      cores = max(cores, stage.cores)
      memoryBytes = max(memoryBytes, stage.memoryBytes)
    }
  }

  /// Of stages that one worker does at once, in the same threads.
  init(together stages: [Resources]) {
    self.init(stages)
    memoryBytes = stages.reduce(0) { $0 + $1.memoryBytes }
  }

  init(cores: Int, memoryBytes: Int) {
    self.cores = cores
    self.memoryBytes = memoryBytes
  }

  /// What several take that run beside each other.
  init(sum loads: some Sequence<Load>) {
    for load in loads {
      cores += load.cores
      memoryBytes += load.memoryBytes
    }
  }

  /// Whether a stage takes no more than this.
  func covers(_ stage: Resources) -> Bool {
    stage.cores <= cores && stage.memoryBytes <= memoryBytes
  }
}
