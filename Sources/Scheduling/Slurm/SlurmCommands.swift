import Foundation
import Subprocess
import SystemPackage

/// Slurm's own programs.
package struct SlurmCommands: Sendable {
  /// What a program gave. `code` is `nil` when it did not end in time, or by a signal.
  package struct Answer: Sendable {
    package var code: Int32?
    package var out: String
    package var err: String
  }

  private let folder: String?
  private let patience: Duration

  /// - Parameters:
  ///   - folder: Where `sbatch` and the others are; `nil` for those of PATH.
  ///   - patience: How long one of them may take at most.
  package init(folder: String?, patience: Duration = .seconds(90)) {
    self.folder = folder
    self.patience = patience
  }

  /// Whether there is such a program.
  package func has(_ name: String) -> Bool { path(name) != nil }

  private func path(_ name: String) -> String? {
    let folders =
      folder.map { [$0] }
      ?? (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// Runs one to its end, or until patience is at an end or the caller is cancelled. What it started, and what
  /// does not end with it, is not waited for.
  ///
  /// - Parameters:
  ///   - name: Which.
  ///   - arguments: Its words.
  ///   - patience: How long it may take, where that is less than usual.
  /// - Returns: What it gave.
  package func run(
    _ name: String, _ arguments: [String], patience: Duration? = nil
  ) async -> Answer {
    guard let path = path(name) else {
      let place = folder.map { "in \($0)" } ?? "on PATH"
      return Answer(code: 127, out: "", err: "'\(name)' is not \(place)")
    }
    let limit = min(patience ?? self.patience, self.patience)
    let (answers, giving) = AsyncStream.makeStream(of: Answer.self)
    let call = Task { giving.yield(await Self.answer(of: path, arguments)) }
    let clock = Task {
      try await Task.sleep(for: limit)
      giving.yield(Answer(code: nil, out: "", err: "'\(name)' gave no answer within \(limit)"))
    }
    defer {
      call.cancel()
      clock.cancel()
    }
    for await answer in answers { return answer }
    return Answer(code: nil, out: "", err: "'\(name)' was not waited for")
  }

  private static func answer(of path: String, _ arguments: [String]) async -> Answer {
    do {
      let result = try await Subprocess.run(
        .path(FilePath(path)), arguments: Arguments(arguments), input: .none,
        output: .string(limit: 1 << 27), error: .string(limit: 1 << 20))
      var code: Int32?
      if case .exited(let status) = result.terminationStatus { code = status }
      return Answer(code: code, out: result.standardOutput, err: result.standardError)
    } catch {
      return Answer(code: nil, out: "", err: String(describing: error))
    }
  }
}
