import Artifacts
import Foundation
import Scheduling

/// Status that is drawn over and over on a terminal, with nothing but two ANSI sequences.
struct StatusScreen {
  let store: ArtifactStore
  /// `nil` for all.
  let experiment: String?

  private static let pause = Duration.seconds(1)
  /// The cursor to the first column, so many lines up, and all below erased.
  private static func up(_ lines: Int) -> String { lines == 0 ? "" : "\u{1B}[\(lines)A\u{1B}[J" }

  /// Shows it until nothing is left to do and nothing runs.
  ///
  /// - Throws: What `status` throws, `CancellationError`.
  func show(_ status: () throws -> Status) async throws {
    var drawn = 0
    while true {
      let runs = RunMark.living(in: store).filter {
        experiment == nil || $0.experiment == experiment
      }
      let now = try status()
      let size = Terminal.size(of: STDOUT_FILENO)
      let lines = Self.lines(
        status: now.text(now: Date()), boards: runs.map { ($0, RunMark.board(of: $0)) }, size)
      print(Self.up(drawn) + lines.map { $0 + "\n" }.joined(), terminator: "")
      fflush(nil)
      drawn = lines.count
      if now.isDone, runs.isEmpty { return }
      try await Task.sleep(for: Self.pause)
    }
  }

  /// What fits: lines that are too long or too many would make the terminal scroll.
  private static func lines(
    status: String, boards: [(run: LivingRun, lines: [String])], _ size: (columns: Int, rows: Int)
  ) -> [String] {
    var lines = status.split(separator: "\n").map(String.init)
    for (run, board) in boards {
      lines.append("\(run.experiment), process \(run.process) on \(run.host):")
      lines += board
    }
    let width = min(80, max(20, size.columns)) - 1
    return lines.prefix(max(1, size.rows - 1)).map {
      $0.count <= width ? $0 : String($0.prefix(width - 1)) + "…"
    }
  }
}
