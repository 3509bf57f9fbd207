import Experiment

/// What encoders heard of the tests, in words.
enum HeardText {
  /// A line for each task that some cell has heard something of; `nil` where none has.
  static func text(_ plan: Plan) -> String? {
    let lines = plan.tasks.compactMap { line($0, plan.cells) }
    if lines.isEmpty { return nil }
    return "Heard in training, and marked in the tables:\n" + lines.joined()
  }

  private static func line(_ task: TaskColumn, _ cells: [Cell]) -> String? {
    let heard = cells.compactMap { $0.heard[task.name] }
    guard !heard.isEmpty else { return nil }
    let recordings = heard.map(\.recordings).max() ?? 0
    let most = heard.max { $0.speakers < $1.speakers }
    let what = [
      recordings > 0 ? "up to \(Words.count(recordings, "recording"))" : nil,
      most.flatMap { $0.speakers > 0 ? "\($0.speakers) of \($0.ofSpeakers) speakers" : nil },
    ].compactMap { $0 }.joined(separator: " and ")
    let trainings = heard.flatMap(\.heardBy).uniqued()
    let by =
      (trainings.first ?? "") + (trainings.count > 1 ? " and \(trainings.count - 1) more" : "")
    return "  "
      + Words.wrapped(
        "\(task.name): \(what) of the test, in \(Words.count(heard.count, "cell")) of "
          + "\(Words.grouped(cells.count)), by '\(by)'", width: 77, indent: 4) + "\n"
  }
}
