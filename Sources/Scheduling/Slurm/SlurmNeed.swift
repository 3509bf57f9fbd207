import Experiment

/// What one element of an array asks Slurm for. Elements of equal needs travel together.
package struct SlurmNeed: Sendable, Hashable, Codable {
  package var cores: Int
  package var memoryBytes: Int
  package var gpus: Int
  /// Time limit in seconds.
  package var seconds: Double
  var partition: String?
  var account: String?
  var qos: String?
  var reservation: String?
  var constraint: String?

  /// - Parameters:
  ///   - request: The stage, with what it needs by itself.
  ///   - site: What the cluster wants to be asked.
  ///   - shortages: How often the stage ran out of memory: each doubles what is asked for.
  package init(_ request: StageRequest, at site: SlurmSite, shortages: Int = 0) {
    let (terms, resources) = (site.terms(of: request.kind), request.resources ?? Resources())
    cores = resources.cores
    let wanted = max(resources.memoryBytes, terms.memoryBytes ?? 0) << shortages
    memoryBytes = shortages > 0 ? min(wanted, site.mostMemoryBytes ?? wanted) : wanted
    gpus = terms.gpus
    seconds = terms.seconds
    (partition, account, qos) = (terms.partition, terms.account, terms.qos)
    (reservation, constraint) = (terms.reservation, terms.constraint)
  }

  /// The words in which `sbatch` is told.
  package var arguments: [String] {
    let minutes = Int((seconds / 60).rounded(.up))
    let named = [
      ("partition", partition), ("account", account), ("qos", qos), ("reservation", reservation),
      ("constraint", constraint), ("gres", gpus > 0 ? "gpu:\(gpus)" : nil),
    ]
    return [
      "--nodes=1", "--ntasks=1", "--cpus-per-task=\(cores)",
      "--mem=\((memoryBytes + (1 << 20) - 1) >> 20)M", "--time=\(max(1, minutes))",
    ] + named.compactMap { name, value in value.map { "--\(name)=\($0)" } }
  }

  /// Memory as people say it.
  var memory: String { "\((Double(memoryBytes) / 1e8).rounded() / 10) GB" }
}
