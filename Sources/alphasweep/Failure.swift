import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Layouts
import Merging
import Reports
import Scoring

/// Exit codes, the same for every command.
enum Exit {
  /// A stage failed, or the machinery did (disk, worker, ledger).
  static let failure: Int32 = 1
  /// A spec, or something that it names, is not as it should be.
  static let badInput: Int32 = 2
}

/// Runs a command's work and turns its errors into one message on standard error and an exit code.
///
/// - Throws: `ExitCode`, which ArgumentParser turns into the process's status.
func reportingErrors(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch {
    StandardError.write(message(of: error) + "\n")
    throw ExitCode(isBadInput(error) ? Exit.badInput : Exit.failure)
  }
}

/// What is wrong, in words. Errors that stand in a file begin with its name, as compilers' do.
private func message(of error: any Error) -> String {
  standsInFile(error) ? String(describing: error) : "alphasweep: \(error)"
}

private func standsInFile(_ error: any Error) -> Bool {
  switch error {
  case is SpecError, is ScoreError, is NumbersError, LayoutError.problems,
    CorpusCommandError.absent:
    true
  default: false
  }
}

private func isBadInput(_ error: any Error) -> Bool {
  error is SpecError || error is HeldOutError || error is PlanError || error is ListingError
    || error is CorpusDefinitionError || error is WorkspaceError
    || error is HubCacheError || error is ScoreError || error is LayoutError
    || error is NumbersError || error is StageNameError || error is GarbageError
    || (error as? StageLogError)?.isBadInput ?? false
    || (error as? CancelError)?.isBadInput ?? false
    || error is CorpusCommandError || (error as? MergeError)?.isBadInput ?? false
}

/// Text for people, beside what a program may read on standard output.
enum StandardError {
  static func write(_ text: String) { StandardStream.write(text.utf8, to: STDERR_FILENO) }

  /// For what is redrawn in place; `nil` where standard error is no terminal.
  static var meter: (@Sendable (String) -> Void)? {
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    return { text in write(text) }
  }
}
