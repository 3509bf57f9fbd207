import Foundation

/// A worker whose program was killed computes for nobody: the next program starts others, which would
/// share cores and memory with it.
enum Orphan {
  private static let pause: TimeInterval = 0.5

  /// Ends this process soon after the one that started it is gone. What is half-written stays aside, as
  /// after any kill, and is cleared by the next run.
  ///
  /// - Parameter parent: The process that started it; one that is gone already is noticed too. `nil`
  ///   takes whoever is its parent now.
  static func endWithParent(_ parent: Int32?) {
    let parent = parent ?? getppid()
    Thread.detachNewThread {
      while getppid() == parent { Thread.sleep(forTimeInterval: pause) }
      _exit(1)
    }
  }
}
