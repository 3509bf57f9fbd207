import Experiment
import Foundation
import Scheduling
import Synchronization

/// Removes an input, as a reader that finds it damaged does, the first time that one stage runs.
final class DamagingBackend: Backend {
  let inner: RecordingBackend
  private let folder: String
  private let label: String
  private let isDamaged = Mutex(false)

  init(inner: RecordingBackend, damages folder: String, before label: String) {
    self.inner = inner
    self.folder = folder
    self.label = label
  }

  func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    let isFirst = isDamaged.withLock { damaged in
      defer { damaged = damaged || request.label == label }
      return !damaged && request.label == label
    }
    if isFirst {
      try? FileManager.default.removeItem(atPath: folder)
      return .failed(reason: "\(folder) was set aside")
    }
    return await inner.execute(request, on: worker, report: report)
  }
}

/// Counts how many stages run at once.
actor CountingBackend: Backend {
  private var now = 0
  private(set) var most = 0
  nonisolated let takesSeveral: Bool

  private let seconds: Double

  /// `seconds` is what it says that each stage took.
  init(takesSeveral: Bool = true, seconds: Double = 0.03) {
    self.takesSeveral = takesSeveral
    self.seconds = seconds
  }

  func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    now += 1
    most = max(most, now)
    try? await Task.sleep(for: .milliseconds(30))
    now -= 1
    return .done(seconds: seconds, bytes: 1)
  }
}

/// Never finishes one stage, until it is cancelled.
final class HangingBackend: Backend {
  private let label: String
  private let inner: RecordingBackend
  private let hanging = Mutex(false)

  init(hangsIn label: String, _ inner: RecordingBackend) {
    self.label = label
    self.inner = inner
  }

  var isHanging: Bool { hanging.withLock { $0 } }

  func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    guard request.label == label else {
      return await inner.execute(request, on: worker, report: report)
    }
    hanging.withLock { $0 = true }
    try? await Task.sleep(for: .seconds(60))
    return Task.isCancelled ? .interrupted : .done(seconds: 60, bytes: 0)
  }
}

/// The worker of one stage dies the first time; afterwards the stage never ends, until it is cancelled.
final class DyingBackend: Backend {
  private let label: String
  private let inner: RecordingBackend
  private let tries = Mutex(0)

  init(diesIn label: String, _ inner: RecordingBackend) {
    self.label = label
    self.inner = inner
  }

  func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    guard request.label == label else {
      return await inner.execute(request, on: worker, report: report)
    }
    let tried = tries.withLock { count in
      count += 1
      return count
    }
    if tried == 1 { return .crashed(reason: "killed") }
    try? await Task.sleep(for: .seconds(60))
    return Task.isCancelled ? .interrupted : .done(seconds: 60, bytes: 0)
  }
}

/// Counts how many stages are in hand at once.
actor MostInHand: Backend {
  let inner: LocalWorkers
  private var now = 0
  private(set) var most = 0

  init(_ inner: LocalWorkers) { self.inner = inner }

  func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    now += 1
    most = max(most, now)
    let outcome = await inner.execute(request, on: worker, report: report)
    now -= 1
    return outcome
  }
}
