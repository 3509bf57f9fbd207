import Artifacts
import Foundation
import Scheduling
import Testing

/// A folder of artifacts, and the fake worker: a shell script that speaks the worker's protocol.
struct FakeWorkerPlace {
  let folder: TemporaryFolder
  let store: ArtifactStore
  let program: String

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    program = try #require(
      Bundle.module.path(forResource: "fake-worker", ofType: "sh", inDirectory: "Fixtures"))
  }
}

/// A suite of such a place.
protocol WithFakeWorker {
  var place: FakeWorkerPlace { get }
}

extension WithFakeWorker {
  var folder: TemporaryFolder { place.folder }
  var store: ArtifactStore { place.store }
  var program: String { place.program }

  /// Lines of a file of the folder; none where it is not there.
  func lines(_ name: String) -> [String] { PrivateSlurm.lines("\(folder.path)/\(name)") }

  /// Carries a plan out on Slurm, and ends what is still queued then.
  func run(_ small: SmallPlan, _ jobs: SlurmJobs) async throws -> SweepSummary {
    let summary = try await Scheduler(small, store, jobs, workers: 50, cores: 1000).run()
    await jobs.shutDown(keepingJobs: false)
    return summary
  }
}
