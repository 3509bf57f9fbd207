import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// Where a long training keeps its whole state, so that it can be killed at any moment and go on
/// with the same bits. Random draws are functions of the step, so the state is tensors and a step.
struct TrainingState {
  private let folder: String

  init(store: ArtifactStore, key: StageKey) { folder = "\(store.root)/state/\(key.hex)" }

  private var path: String { folder + "/state.safetensors" }

  /// The last durable state, or `nil` when the training starts.
  func load() throws -> (step: Int, tensors: [String: Tensor], curve: [CurvePoint])? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try SafetensorsFile(path: path)
    guard let text = file.metadata["step"], let step = Int(text) else { return nil }
    var tensors: [String: Tensor] = [:]
    for name in file.names { tensors[name] = try file.tensor(named: name) }
    let curve = try JSONDecoder().decode(
      [CurvePoint].self, from: Data((file.metadata["curve"] ?? "[]").utf8))
    return (step, tensors, curve)
  }

  /// Replaces the state in one rename: the old one is there until the new one is whole.
  func save(step: Int, tensors: [(String, Tensor)], curve: [CurvePoint]) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let aside = path + ".new"
    try Safetensors.write(
      tensors: tensors.map { (name: $0.0, tensor: try $0.1.detached()) },
      metadata: ["step": String(step), "curve": try Canonical(encoding: curve).text], to: aside)
    guard rename(aside, path) == 0 else {
      throw StageError.unusable(
        stage: folder, problem: "the state cannot be renamed: \(String(cString: strerror(errno)))")
    }
  }

  /// Forgets the state, once the artifact is published.
  func remove() { try? FileManager.default.removeItem(atPath: folder) }
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
