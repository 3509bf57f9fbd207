import Dispatch
import Experiment
import Foundation
import Synchronization

/// Publishes artifacts on threads of its own: all that wait together, since the disk takes hardly longer
/// for many than for one. Meanwhile the worker computes the next stage.
///
/// A stage is said to be done when its artifact is durable and in its place, never before.
package final class Publisher: Sendable {
  private struct Order {
    var written: UnpublishedArtifact
    var seconds: Double
  }

  private let store: ArtifactStore
  private let publish: @Sendable ([UnpublishedArtifact], ArtifactStore) -> [Result<Int, any Error>]
  private let say: @Sendable (WorkerEvent) -> Void
  private let orders = Mutex<[Order]>([])
  private let waiting = DispatchSemaphore(value: 0)
  /// Who wants to hand over more waits: files aside are not to pile up.
  private let room = DispatchSemaphore(value: most)

  /// One hashes while the other waits for the disk.
  private static let threads = 2
  /// So many may be written and not published.
  package static let most = 64

  /// - Parameters:
  ///   - store: Where artifacts go.
  ///   - publish: Publishes some and returns the bytes of each.
  ///   - say: Takes what became of each; called on any thread.
  package init(
    store: ArtifactStore,
    publish: @escaping @Sendable ([UnpublishedArtifact], ArtifactStore) -> [Result<Int, any Error>],
    say: @escaping @Sendable (WorkerEvent) -> Void
  ) {
    self.store = store
    self.publish = publish
    self.say = say
    for _ in 0..<Self.threads {
      Thread.detachNewThread { self.work() }
    }
  }

  /// Takes an artifact to publish, and waits while too many are under way.
  ///
  /// - Parameters:
  ///   - written: What is to be published.
  ///   - seconds: How long its stage took.
  package func take(_ written: UnpublishedArtifact, seconds: Double) {
    room.wait()
    orders.withLock { $0.append(Order(written: written, seconds: seconds)) }
    waiting.signal()
  }

  /// Waits until all that was taken is published.
  package func wait() {
    for _ in 0..<Self.most { room.wait() }
    for _ in 0..<Self.most { room.signal() }
  }

  private func work() {
    while true {
      waiting.wait()
      let all = orders.withLock { orders in
        defer { orders = [] }
        return orders
      }
      // Another thread may have taken them.
      if !all.isEmpty { carryOut(all) }
      for _ in all { room.signal() }
    }
  }

  private func carryOut(_ all: [Order]) {
    for (order, outcome) in zip(all, publish(all.map(\.written), store)) {
      let key = order.written.key
      switch outcome {
      case .success(let bytes): say(.done(key: key, seconds: order.seconds, bytes: bytes))
      case .failure(let error): say(.failed(key: key, reason: String(describing: error)))
      }
    }
  }
}
