import Experiment
import Foundation

/// What experiments had when they were run last: `<root>/plans/<experiment>`. With these files nothing that a spec needs
/// is garbage because the ledger was lost, or because the spec cannot be planned here any more.
///
/// A digest of what it says is a file's first line, an object with the experiment its second; then comes a line for
/// each stage: key, kind and label.
extension ArtifactStore {
  private func planPath(_ experiment: String) -> String { "\(root)/plans/\(experiment)" }

  /// Keeps what a plan has, unless that is kept already: one look at 64 bytes.
  ///
  /// - Returns: Whether it was not.
  /// - Throws: `StorageError`.
  @discardableResult
  package func keep(_ plan: Plan) throws(StorageError) -> Bool {
    let digest = PlanOutline.digest(of: plan)
    let path = planPath(plan.experiment)
    if Self.start(of: path, digest.utf8.count) == digest { return false }
    var text = digest + "\n"
    text +=
      Canonical.map([
        "experiment": .string(plan.experiment), "question": .string(plan.question),
      ]).text + "\n"
    for stage in plan.stages.values {
      let label = stage.label.replacing("\n", with: " ")
      text += "\(stage.key.hex) \(stage.kind.rawValue) \(label)\n"
    }
    try AtomicFile.write(text: text, to: path)
    return true
  }

  private static func start(of path: String, _ bytes: Int) -> String? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    return (try? file.read(upToCount: bytes)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What is kept of all experiments, by name. A file that does not say what was written is left out.
  package func plans() -> [PlanOutline] {
    Self.entries(of: root + "/plans").compactMap { plan(of: $0) }
  }

  /// What is kept of one experiment.
  private func plan(of experiment: String) -> PlanOutline? {
    guard let data = FileManager.default.contents(atPath: planPath(experiment)) else { return nil }
    let lines = String(decoding: data, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count > 2, let head = try? Canonical(json: Data(lines[1].utf8)),
      head["experiment"]?.string == experiment, let question = head["question"]?.string
    else { return nil }
    let outline = PlanOutline(
      experiment: experiment, question: question,
      stages: lines[2...].compactMap { line in
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let key = StageKey(hex: String(words[0])),
          let kind = StageKind(rawValue: String(words[1]))
        else { return nil }
        return PlanOutline.Entry(key: key, kind: kind, label: String(words[2]))
      })
    return outline.digest == lines[0] ? outline : nil
  }
}
