/// What a worker says on standard output, one JSON line each.
package enum WorkerEvent: Sendable, Hashable, Codable {
  /// The worker is up: its process, and what it computes with.
  case ready(process: Int32, library: String)
  /// `fraction` in [0, 1]; `detail` is short (`step 120/600 · loss 2.31`).
  case progress(key: StageKey, fraction: Double, detail: String)
  /// One number of a curve; the ledger keeps it.
  case metric(key: StageKey, name: String, step: Int, value: Double)
  /// The artifact is published (or had been, by another worker).
  case done(key: StageKey, seconds: Double, bytes: Int)
  /// The stage cannot be done; the worker is fit for another one.
  case failed(key: StageKey, reason: String)
}
