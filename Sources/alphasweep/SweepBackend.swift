import Experiment
import Foundation
import Scheduling

/// What carries out a sweep's stages: workers here, or a cluster where the site says so.
struct SweepBackend {
  let backend: any Backend
  /// What people are told when they end a run.
  let farewell: String
  /// Ends it, given the signal that came.
  let shutDown: @Sendable (_ signal: Int32?) async -> Void

  /// - Parameters:
  ///   - workspace: The experiment and its site.
  ///   - isDetached: Whether jobs of a cluster go on after Ctrl-C.
  /// - Throws: `SchedulingError` when there is no worker's program, or no Slurm.
  init(_ workspace: Workspace, isDetached: Bool) throws {
    let program = try WorkerProgram.locate()
    let (store, site) = (workspace.store, workspace.site)
    guard let slurm = site.slurm else {
      let workers = LocalWorkers(
        program: program, store: store, computing: site.computing, gpus: site.gpus)
      backend = workers
      farewell = "stopping workers; what is finished stays\n"
      shutDown = { _ in await workers.shutDown() }
      return
    }
    let commands = Self.commands(slurm)
    for name in ["sbatch", "squeue", "scancel"] where !commands.has(name) {
      throw SchedulingError.noSlurm(command: name, folder: slurm.commands)
    }
    let jobs = SlurmJobs(
      site: slurm, commands: commands, program: program, store: store, computing: site.computing)
    backend = jobs
    farewell = "ending; what is finished stays\n"
    shutDown = { signal in
      // A closed terminal, or a login node that goes down, is nobody's wish to end jobs.
      let isWish = signal == SIGINT && !isDetached
      let left = await jobs.shutDown(keepingJobs: !isWish)
      guard left > 0 else { return }
      let stages = Words.count(left, "stage")
      StandardError.write(
        isWish
          ? "cancelled the jobs of \(stages)\n"
          : "the jobs of \(stages) go on; the same command finds them\n")
    }
  }

  /// Slurm's programs, where the site says that they are.
  static func commands(_ slurm: SlurmSite) -> SlurmCommands {
    SlurmCommands(folder: slurm.commands.map { Files.absolute($0) })
  }
}

extension Room {
  /// The room that a site has.
  init(of site: SiteDefinition, workers: Int?, artifacts: String) {
    if let slurm = site.slurm {
      // What fits together is Slurm's to know.
      self.init(workers: workers ?? slurm.jobs, cores: .max, memoryBytes: .max)
      return
    }
    let machine = ProcessInfo.processInfo
    let cores = site.cores ?? machine.activeProcessorCount
    let memory = site.memoryGigabytes.map { Int($0 * 1e9) }
    self.init(
      workers: workers ?? site.workers ?? cores, cores: cores,
      memoryBytes: memory ?? Int(machine.physicalMemory), gpus: site.gpus,
      disk: site.freeBytes.map { DiskRoom(artifacts, keepsFree: $0) })
  }
}
