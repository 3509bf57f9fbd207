import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// Where a long training keeps its whole state, so that it can be killed at any moment and go on
/// with the same bits. Random draws are functions of the step, so the state is tensors and a step.
struct TrainingState {
  private let folder: String
  private let interval: Duration
  private var lastSave = ContinuousClock.now

  init(_ context: StageContext) {
    folder = Self.folder(context.store, context.request.key)
    interval = .seconds(context.computing.saveSeconds)
  }

  static func folder(_ store: ArtifactStore, _ key: StageKey) -> String {
    "\(store.root)/state/\(key.hex)"
  }

  private var path: String { folder + "/state.safetensors" }

  /// What a training goes on from.
  struct Saved {
    /// The first step that is still to do.
    var step: Int
    var tensors: [String: Tensor]
    var curve: [CurvePoint]
    /// Where it was read from.
    fileprivate(set) var path = ""

    /// Takes over the tensors.
    ///
    /// - Throws: `DamagedState` where `body` finds that they are not those of this training; the training
    ///   must begin anew then, since some may have been taken over.
    func restore(_ body: ([String: Tensor]) throws -> Void) throws {
      do {
        try body(tensors)
      } catch let error as StageError {
        throw DamagedState(path: path, problem: error.description)
      } catch TorchError.mismatchedState(let name, let reason) {
        throw DamagedState(path: path, problem: "\(name) \(reason)")
      }
    }
  }

  /// The last durable state, or `nil` when the training starts: also where the state is damaged, which is
  /// removed, since the training can make it again.
  ///
  /// - Throws: `StorageError` or `SafetensorsError` when it cannot be read now, for want of memory say.
  func load() throws -> Saved? { try Self.load(path) }

  /// As `load()`, of a state anywhere.
  static func load(_ path: String) throws -> Saved? {
    do {
      return try read(path)
    } catch let damage as DamagedState {
      damage.discard()
      return nil
    }
  }

  /// What `write` wrote; `nil` where there is no such file.
  ///
  /// - Throws: `DamagedState` when it has other bytes, and as `load()`.
  static func read(_ path: String) throws -> Saved? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try SealedTensors.open(path)
    guard let text = file.metadata["step"], let step = Int(text), step >= 0,
      let curve = try? JSONDecoder().decode(
        [CurvePoint].self, from: Data((file.metadata["curve"] ?? "[]").utf8))
    else { throw DamagedState(path: path, problem: "it does not say where the training was") }
    return Saved(step: step, tensors: try file.all(), curve: curve, path: path)
  }

  /// Whether the state was not saved for as long as the site allows.
  var isDue: Bool { ContinuousClock.now - lastSave >= interval }

  /// Replaces the state in one rename: the old one is there until the new one is whole.
  mutating func save(step: Int, tensors: [(String, Tensor)], curve: [CurvePoint]) throws {
    try Self.write(
      Saved(step: step, tensors: [:], curve: curve), tensors, to: path, in: folder)
    lastSave = .now
  }

  /// Writes a state with `tensors`, aside, and renames it.
  static func write(
    _ state: Saved, _ tensors: [(String, Tensor)], to path: String, in folder: String
  ) throws {
    try write(
      tensors, to: path, in: folder,
      metadata: [
        "step": String(state.step), "curve": try Canonical(encoding: state.curve).text,
      ])
  }

  /// Keeps tensors as they are after `step` steps, for the artifact.
  func keep(_ tensors: [(String, Tensor)], after step: Int) throws {
    try Self.write(tensors, to: keptPath(step), in: folder)
  }

  /// Removes what was kept after other steps than these.
  func forget(besides steps: Set<Int>) {
    let wanted = Set(steps.map { keptPath($0) } + [path])
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where !wanted.contains("\(folder)/\(name)") {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// What `keep` kept.
  ///
  /// - Throws: `DamagedState` for the whole state where it is gone or damaged: only a training that begins
  ///   anew comes by that step again.
  func kept(after step: Int) throws -> [String: Tensor] {
    do {
      return try SealedTensors.open(keptPath(step)).all()
    } catch let damage as DamagedState {
      throw DamagedState(path: folder, problem: damage.problem)
    }
  }

  /// Forgets the state of a stage whose artifact is published.
  static func remove(_ key: StageKey, from store: ArtifactStore) {
    try? FileManager.default.removeItem(atPath: folder(store, key))
  }

  private func keptPath(_ step: Int) -> String { "\(folder)/after-\(step).safetensors" }

  private static func write(
    _ tensors: [(String, Tensor)], to path: String, in folder: String,
    metadata: [String: String] = [:]
  ) throws {
    try AtomicFile.makeFolder(folder)
    let aside = path + ".new"
    try SealedTensors.write(
      tensors.map { (name: $0.0, tensor: try $0.1.detached()) }, metadata: metadata, to: aside)
    guard rename(aside, path) == 0 else { throw StorageError.last("renamed", path) }
    try AtomicFile.sync(folder: folder)
  }
}

/// One point of a training curve.
struct CurvePoint: Codable, Sendable {
  var step: Int
  var name: String
  var value: Double
}

/// A training curve as JSON lines, without times: equal trainings give equal files.
struct Curve {
  private(set) var points: [CurvePoint]

  init(_ points: [CurvePoint] = []) { self.points = points }

  mutating func append(_ name: String, step: Int, _ value: Double) {
    points.append(CurvePoint(step: step, name: name, value: value))
  }

  func write(to path: String) throws {
    var text = ""
    for point in points { text += try Canonical(encoding: point).text + "\n" }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }
}

/// Says how far a training is, at most a few times a second.
struct TrainingProgress {
  private var last = ContinuousClock.now
  private var smoothed: Double?

  /// Whether it is time to say something, given the loss of the step that was just done.
  mutating func isDue(loss: Double) -> Bool {
    smoothed = smoothed.map { 0.95 * $0 + 0.05 * loss } ?? loss
    guard ContinuousClock.now - last > .milliseconds(250) else { return false }
    last = .now
    return true
  }

  /// The loss, smoothed over some twenty steps.
  var text: String { smoothed.map { String(format: "loss %.3f", $0) } ?? "" }
}
