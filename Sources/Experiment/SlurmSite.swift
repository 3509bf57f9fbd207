/// What is true of a cluster: how its Slurm is asked for machines, and how often. Nothing here enters
/// a key.
package struct SlurmSite: Sendable, Hashable {
  /// What one stage asks for beside what it needs by itself.
  package struct Terms: Sendable, Hashable {
    package var partition: String?
    package var account: String?
    package var qos: String?
    package var reservation: String?
    package var constraint: String?
    /// The time limit of one try, in seconds.
    package var seconds: Double
    /// At least so much memory; a stage that needs more asks for more.
    package var memoryBytes: Int?
    package var gpus: Int

    package init(seconds: Double, memoryBytes: Int? = nil, gpus: Int = 0) {
      self.seconds = seconds
      self.memoryBytes = memoryBytes
      self.gpus = gpus
    }
  }

  package var terms: Terms
  /// Terms of single kinds of stages, where they differ.
  package var kinds: [StageKind: Terms] = [:]
  /// Loaded in this order before a worker starts.
  package var modules: [String] = []
  /// Lines of shell before a worker starts, after the modules.
  package var setup: [String] = []
  /// Further words of `sbatch`.
  package var extra: [String] = []
  /// The folder of `sbatch`, `squeue`, `sacct` and `scancel`; `nil` for those of PATH.
  package var commands: String?
  /// Seconds between two questions to Slurm.
  package var pollSeconds = 30.0
  /// Seconds after which an element that left the queue without an outcome counts as lost: caches of
  /// shared folders show a new file late.
  package var graceSeconds = 60.0
  /// Seconds before the time limit at which a training is told to save its state.
  package var noticeSeconds = 60.0
  /// Elements of one array at most; Slurm's own limit is usually 1001 (`MaxArraySize`).
  package var arraySize = 1000
  /// Elements in the queue at once.
  package var jobs = 200
  /// What a stage that ran out of memory may ask for at most; `nil` for twice and four times its need.
  package var mostMemoryBytes: Int?

  package init(terms: Terms) { self.terms = terms }

  /// The terms of a kind of stage.
  package func terms(of kind: StageKind) -> Terms { kinds[kind] ?? terms }
}
