/// How often and after which pauses a stage is tried again whose machine failed: its worker died, its
/// node went down, or it took longer than the site allows. What a worker itself says to be wrong is never
/// tried again, since it would give the same.
package struct Retries: Sendable {
  /// What is waited before each further try. The same for all stages and runs: nothing is drawn.
  package var pauses: [Duration]
  /// A try that takes longer is ended and counts as a machine's failure; `nil` for no limit.
  package var limit: Duration?

  package init(
    pauses: [Duration] = [.seconds(1), .seconds(10)], limit: Duration? = nil
  ) {
    self.pauses = pauses
    self.limit = limit
  }

  /// The pause after so many failures; `nil` when that were too many.
  func pause(after failures: Int) -> Duration? {
    pauses.indices.contains(failures - 1) ? pauses[failures - 1] : nil
  }

  /// Carries out one try, within the limit.
  func within(
    _ body: @escaping @Sendable () async -> StageOutcome
  ) async -> StageOutcome {
    guard let limit else { return await body() }
    let work = Task { await body() }
    let watch = Task {
      try await Task.sleep(for: limit)
      work.cancel()
    }
    let outcome = await withTaskCancellationHandler {
      await work.value
    } onCancel: {
      work.cancel()
    }
    watch.cancel()
    // A stage that ended while it was told to is done all the same.
    guard outcome == .interrupted, !Task.isCancelled else { return outcome }
    return .crashed(reason: "it took longer than the site's 'stage-time-limit' of \(limit)")
  }
}
