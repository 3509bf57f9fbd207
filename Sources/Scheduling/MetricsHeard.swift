import Experiment
import Synchronization

/// The numbers that one attempt reported, in their order.
final class MetricsHeard: Sendable {
  private let metrics = Mutex<[Attempt.Metric]>([])

  func add(_ metric: Attempt.Metric) {
    // A loss that is not a number cannot be kept; the stage itself says that it diverged.
    guard metric.value.isFinite else { return }
    metrics.withLock { $0.append(metric) }
  }

  var all: [Attempt.Metric] { metrics.withLock { $0 } }
}
