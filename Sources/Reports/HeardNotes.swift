import Experiment
import OrderedCollections

extension HeardTest {
  /// The signs of a cell.
  var signs: String { (recordings > 0 ? "‡" : "") + (speakers > 0 ? "§" : "") }
}

extension ComparisonTables {
  /// What the signs of cells mean, as far as the table has them.
  var heardNotes: [String] {
    let heard = tasks.compactMap { task in
      results.rows.compactMap { $0.heard[task.name] }.max {
        ($0.recordings, $0.speakers) < ($1.recordings, $1.speakers)
      }.map { (task: task.title, heard: $0) }
    }
    let recordings = heard.filter { $0.heard.recordings > 0 }
    let speakers = heard.filter { $0.heard.speakers > 0 }
    var notes: [String] = []
    if !recordings.isEmpty {
      notes.append(
        "‡: recordings of the test could have been heard in fine-tuning or pre-training ("
          + recordings.map { "\($0.task): up to \($0.heard.recordings)" }.joined(separator: "; ")
          + ")."
      )
    }
    if !speakers.isEmpty {
      notes.append(
        "§: speakers of the test could have been heard in fine-tuning or pre-training ("
          + speakers.map { "\($0.task): up to \($0.heard.speakers) of \($0.heard.ofSpeakers)" }
          .joined(separator: "; ") + ")."
      )
    }
    return notes
  }
}
