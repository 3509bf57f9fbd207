import Artifacts
import Experiment
import Foundation
import Synchronization

/// Events on standard output, a line each. Several threads have something to say: one at a time keeps
/// lines whole.
final class EventLines: Sendable {
  private let turn = Mutex<Void>(())

  func write(_ event: WorkerEvent) {
    guard let line = event.line else { return }
    let bytes = Data((line + "\n").utf8)
    turn.withLock { _ in _ = StandardStream.write(bytes, to: STDOUT_FILENO) }
  }
}
