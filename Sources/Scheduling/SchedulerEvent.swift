import Experiment

/// What happens while a plan is carried out, for people who watch and for the log.
package enum SchedulerEvent: Sendable {
  /// How many stages are to be done, and how many are done already.
  case planned(remaining: [Stage], done: Int)
  case started(Stage, worker: Int, attempt: Int)
  case progress(StageKey, worker: Int, fraction: Double, detail: String)
  case ready(worker: Int, process: Int32, library: String)
  case ended(Stage, worker: Int, outcome: StageOutcome)
  /// The worker died; the stage is tried again.
  case retried(Stage, reason: String)
  /// Inputs of the stage were damaged; they are made again.
  case repaired(Stage, reason: String)
  /// Another run of the program makes this stage.
  case elsewhere(Stage)
  /// Another run of the program made it.
  case madeElsewhere(Stage)
  case heldBack(Stage, by: Stage)
}

/// How a run of a plan ended.
package struct SweepSummary: Sendable {
  /// Stages that this run did (or waited for while another run did them).
  package var done: [Stage] = []
  /// Stages whose artifacts were there before.
  package var alreadyDone = 0
  package var failed: [(stage: Stage, reason: String)] = []
  package var heldBack: [(stage: Stage, by: Stage)] = []
  /// Stages that somebody asked to be given up.
  package var cancelled: [Stage] = []
  package var isInterrupted = false
  /// Stages that were not begun because the run stopped before.
  package var notBegun = 0

  package init() {}

  /// Whether everything that was wanted is there.
  package var isComplete: Bool {
    failed.isEmpty && heldBack.isEmpty && cancelled.isEmpty && !isInterrupted
  }
}

/// A plan that cannot be carried out here.
package enum SchedulingError: Error, Sendable, Equatable, CustomStringConvertible {
  case noWorkerProgram(looked: [String])
  case unusableWorker(reason: String)
  case noSlurm(command: String, folder: String?)
  /// A stage needs more bytes than may be taken, and nothing runs that could give some back.
  case diskFull(stage: String, bytes: Int, folder: String, free: Int, keepsFree: Int)

  package var description: String {
    switch self {
    case .noWorkerProgram(let looked):
      "the program 'alphasweep-worker' is not there (looked for "
        + looked.joined(separator: ", ")
        + "); build it with 'make build', or set ALPHASWEEP_WORKER to where it is"
    case .unusableWorker(let reason):
      "no worker can be started: \(reason)"
    case .diskFull(let stage, let bytes, let folder, let free, let keepsFree):
      "\(stage) takes about \(Self.gigabytes(bytes)) below \(folder), where \(Self.gigabytes(free)) "
        + "are free, of which \(Self.gigabytes(keepsFree)) stay free ('disk' of the site); free "
        + "\(Self.gigabytes(max(0, bytes + keepsFree - free))) ('alphasweep gc' lists what no "
        + "experiment needs) and give the same command again"
    case .noSlurm(let command, let folder):
      "the site has 'slurm', and '\(command)' is not \(folder.map { "in \($0)" } ?? "on PATH"); start "
        + "alphasweep on a machine from which jobs are sent, or say 'commands: FOLDER' below 'slurm'"
    }
  }

  private static func gigabytes(_ bytes: Int) -> String {
    Canonical(number: (Double(bytes) / 1e7).rounded(.up) / 100).text + " GB"
  }
}
