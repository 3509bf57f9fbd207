import Dispatch

/// Work that waits for the disk, on a thread that may wait: those of Swift's tasks are as many as cores.
enum Blocking {
  static func run(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      DispatchQueue.global().async { done.resume(with: Result { try body() }) }
    }
  }
}
