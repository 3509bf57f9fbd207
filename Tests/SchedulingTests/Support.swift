import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling
import Synchronization

/// A folder that is removed with the test.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "alphasweep-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Process {
  /// Who reads what the tests say waits for all that hold its end of the pipe, even one that is left behind.
  func inheritsNothing() {
    (standardInput, standardOutput, standardError) =
      (FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice)
  }
}

/// A plan of small stages whose parameters tell the fake worker what to do.
struct SmallPlan {
  var plan = Plan(experiment: "small", question: "Does it run?")
  private(set) var keys: [String: StageKey] = [:]

  /// Adds a stage called `name` that consumes others by name.
  mutating func add(
    _ name: String, _ behave: String = "work", kind: StageKind = .features,
    from inputs: [String] = [], cost: Double = 1, cores: Int = 1
  ) throws {
    var roles: [String: StageKey] = [:]
    for input in inputs { roles[input] = keys[input] }
    let stage = try Stage(
      kind, parameters: ["name": name, "behave": behave],
      inputs: .init(
        uniqueKeysWithValues: roles.sorted { $0.key < $1.key }.map { ($0.key, .stage($0.value)) }),
      label: name, resources: Resources(cores: cores, cost: cost))
    keys[name] = try plan.add(stage)
  }

  mutating func want(_ names: String...) { plan.targets += names.compactMap { keys[$0] } }

  func key(_ name: String) throws -> StageKey {
    guard let key = keys[name] else { throw CocoaError(.keyValueValidation) }
    return key
  }

  func request(_ name: String) throws -> StageRequest {
    guard let stage = plan.stages[try key(name)] else { throw CocoaError(.keyValueValidation) }
    return StageRequest(stage, in: plan, attempt: 1)
  }
}

/// Notes down which stages it was given, and answers as it was told.
final class RecordingBackend: Backend {
  private let calls = Mutex<[(label: String, worker: Int)]>([])
  private let answers = Mutex<[String: [StageOutcome]]>([:])
  private let store: ArtifactStore

  init(store: ArtifactStore, answers: [String: [StageOutcome]] = [:]) {
    self.store = store
    self.answers.withLock { $0 = answers }
  }

  var labels: [String] { calls.withLock { $0.map(\.label) } }
  var workers: [Int] { calls.withLock { $0.map(\.worker) } }

  func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    calls.withLock { $0.append((request.label, worker)) }
    let told = answers.withLock { answers -> StageOutcome? in
      guard let first = answers[request.label]?.first else { return nil }
      answers[request.label]?.removeFirst()
      return first
    }
    if let told { return told }
    try? store.publish(request.kind, request.key, identity: request.identity) { staging in
      try AtomicFile.write(text: request.label, to: staging.folder + "/result.txt")
    }
    return .done(seconds: 0.1, bytes: request.label.utf8.count)
  }
}

extension Scheduler {
  init(
    _ small: SmallPlan, _ store: ArtifactStore, _ backend: any Backend, workers: Int = 1,
    cores: Int = 4, limit: Duration? = nil, failsFast: Bool = false,
    report: @escaping @Sendable (SchedulerEvent) -> Void = { _ in }
  ) throws {
    self.init(
      plan: small.plan, store: store, ledger: try Diary.open(for: store).ledger, backend: backend,
      room: Room(workers: workers, cores: cores, memoryBytes: 64 << 30),
      retries: Retries(pauses: [.zero, .zero], limit: limit), failsFast: failsFast, report: report)
  }
}
