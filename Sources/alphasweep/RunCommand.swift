import ArgumentParser

/// `alphasweep run`: does what is not done yet, and writes the report.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run what a spec needs and is not there, and write the report.",
    discussion: """
      Ctrl-C stops workers and leaves all that was finished; the same command goes on from there. \
      Two runs at once share the work, and on one machine its cores. Where the site has 'slurm', stages go to the cluster, and Ctrl-C \
      cancels their jobs unless '--detach' is given; jobs go on when the program ends in any other way.
      """)

  @OptionGroup var options: SpecOptions

  @Option(
    help:
      "Worker processes at once, or elements in a cluster's queue; the site's where none is given.")
  var workers: Int?

  @Option(
    help: ArgumentHelp("Folder for reports, one folder in it an experiment.", valueName: "folder"),
    completion: .directory)
  var results: String?

  @Flag(
    help: ArgumentHelp(
      "Begin nothing any more once a stage failed.",
      discussion: "Otherwise all is done that does not need what failed."))
  var failFast = false

  @Flag(
    name: .shortAndLong,
    help:
      "Do all that does not need what failed, as make and Snakemake name it: what is done anyway.")
  var keepGoing = false

  @Option(
    help: ArgumentHelp(
      "Runs of higher priority go first where several share this machine's cores.",
      discussion: "Nothing is stopped for them: they get the cores as stages end.", valueName: "n"))
  var priority = 0

  @Flag(help: "Leave a cluster's jobs to themselves at Ctrl-C; the same command finds them again.")
  var detach = false

  @Flag(help: "Write how it ended as JSON on standard output.")
  var json = false

  func validate() throws {
    if keepGoing, failFast {
      throw ValidationError("'--keep-going' and '--fail-fast' ask for opposite things")
    }
    if let workers, workers < 1 {
      throw ValidationError("'--workers' must be 1 or more, not \(workers)")
    }
  }

  func run() async throws {
    try await reportingErrors {
      let sweep = try await Sweep(
        options.workspace(looksEarly: true), workers: workers, results: results, isDetached: detach,
        failsFast: failFast, priority: priority)
      let ending = try await sweep.run()
      if json { print(ending.json.text) } else { print(ending.text, terminator: "") }
      if let signal = ending.signal { throw ExitCode(128 + signal) }
      if !ending.summary.isComplete { throw ExitCode(Exit.failure) }
    }
  }
}
