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
  ///   - patience: How long one of them may take.
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

  /// Runs one to its end, or until patience is at an end.
  package func run(_ name: String, _ arguments: [String]) async -> Answer {
    guard let path = path(name) else {
      let place = folder.map { "in \($0)" } ?? "on PATH"
      return Answer(code: 127, out: "", err: "'\(name)' is not \(place)")
    }
    return await withTaskGroup(of: Answer.self) { [patience] group in
      group.addTask {
        do {
          let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments), input: .none,
            output: .string(limit: 1 << 27), error: .string(limit: 1 << 20))
          var code: Int32?
          if case .exited(let status) = result.terminationStatus { code = status }
          return Answer(
            code: code, out: result.standardOutput, err: result.standardError)
        } catch {
          return Answer(code: nil, out: "", err: String(describing: error))
        }
      }
      group.addTask {
        try? await Task.sleep(for: patience)
        return Answer(code: nil, out: "", err: "'\(name)' gave no answer within \(patience)")
      }
      defer { group.cancelAll() }
      return await group.next() ?? Answer(code: nil, out: "", err: "")
    }
  }
}
