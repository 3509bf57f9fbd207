import ArgumentParser
import Experiment

/// `alphasweep plan`: what would run, and nothing is run.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Say what a spec would run, and run nothing.",
    discussion: """
      Recordings and checkpoints need not be there: what is missing is said, with how to get it, and \
      the sizes of corpora are those that were published, as far as their files tell them.
      """)

  @OptionGroup var options: SpecOptions

  @Flag(help: "Write the graph of stages for graphviz.")
  var dot = false

  @Flag(help: "Write the plan as JSON.")
  var json = false

  func validate() throws {
    if dot, json {
      throw ValidationError("'--dot' and '--json' are two ways of one plan: give one")
    }
  }

  func run() async throws {
    try await reportingErrors {
      let workspace = try await options.workspace(plansWithoutData: true)
      let overview = PlanOverview(
        workspace.plan, store: workspace.store, missing: workspace.missing)
      if dot {
        print(PlanGraph.dot(overview), terminator: "")
      } else if json {
        print(try PlanGraph.json(overview).text)
      } else {
        print(try PlanText.text(overview, spec: options.spec), terminator: "")
      }
    }
  }
}
