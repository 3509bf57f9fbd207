import Foundation
import Testing

/// The program itself, run as people run it.
@Suite struct CommandLineTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  @Test func theVersionAndTheHelpAreThere() throws {
    let version = try small.run("--version")
    #expect(version.code == 0)
    #expect(version.out == "0.1.0\n")
    for command in ["plan", "run", "status", "why", "report", "export", "score", "compare"] {
      let help = try small.run(command, "--help")
      #expect(help.code == 0)
      #expect(help.out.contains("USAGE: alphasweep \(command)"))
    }
    #expect(try small.run("--help").out.contains("EXIT STATUS: 0 all is well;"))
  }

  @Test func aPlanSaysWhatWouldRun() throws {
    let plan = try small.run("plan", "experiments/small.yaml")
    #expect(plan.code == 0)
    #expect(plan.err.isEmpty)
    // How large a feature is, is the planner's guess.
    let text = plan.out.replacing(/about [0-9.]+ [kM]B/, with: "about so much")
    #expect(
      text == """
        small: Does the small one run?

        stages      to do  done
        corpus          1     0
        downsample      1     0
        fine-tune       2     0
        features        3     0
        evaluate        3     0
        together       10     0

        Order: each stage follows what it reads; the longest chain is corpus →
          downsample → fine-tune → fine-tune → features → evaluate.
        Interpolation: 1 model between θ₀ and θ′, made where they are read and never
          stored.
        Sharing: computed for each result by itself this would be 16 stages; what is
          equal is one, which leaves 10.
        Training: 2 cells, 1 training, 50 % of the optimiser steps of running each cell
          alone.
        Disk: features still to be made take about so much, everything about so much.

        held out  split by  train  dev  test  copies
        letters     letter     10    0     2       0
        Checked: none of the 5 training stages can see a recording that is tested on,
        by the content of the files.

        To do it: alphasweep run experiments/small.yaml

        """)
    #expect(plan.out.split(separator: "\n").allSatisfy { $0.count < 80 })
    #expect(!FileManager.default.fileExists(atPath: small.store + "/features"))
  }

  @Test func aPlanCanBeReadByPrograms() throws {
    let json = try small.run("plan", "experiments/small.yaml", "--json").out
    let plan = try JSONDecoder().decode(PlanJSON.self, from: Data(json.utf8))
    #expect(plan.toDo == 10)
    // Stable-FT and one α of it: the training once instead of twice.
    #expect(plan.training == .init(cells: 2, trainings: 1, steps: 10, stepsAlone: 20))
    #expect(plan.stages.count == 11)
    #expect(plan.stages.filter { $0.state == "virtual" }.map(\.kind) == ["interpolate"])
    let dot = try small.run("plan", "experiments/small.yaml", "--dot").out
    #expect(dot.hasPrefix("digraph \"small\" {\n  rankdir=LR\n"))
    #expect(dot.contains("label=\"corpus letters\""))
  }

  private struct PlanJSON: Decodable {
    struct Stage: Decodable {
      var kind: String
      var state: String
    }
    struct Training: Decodable, Equatable {
      var cells: Int
      var trainings: Int
      var steps: Int
      var stepsAlone: Int
    }
    var toDo: Int
    var stages: [Stage]
    var training: Training
  }

  @Test func aSecondRunDoesNothing() throws {
    let first = try small.run("run", "experiments/small.yaml")
    #expect(first.code == 0)
    #expect(
      first.out == "small: done, 10 stages\nreport: results/small/report.html\n")
    #expect(small.lines("made").count == 10)
    let page = try small.text("results/small/report.html")

    let second = try small.run("run", "experiments/small.yaml")
    #expect(second.code == 0)
    #expect(
      second.out == "small: all 3 results were there\nreport: results/small/report.html\n")
    #expect(!second.err.contains("worker"))
    #expect(small.lines("calls").count == 10)

    try FileManager.default.removeItem(atPath: small.path + "/results")
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
    #expect(try small.text("results/small/report.html") == page)
  }

  @Test func anotherAlphaRunsOnlyWhatItNeedsAndWhySaysSo() throws {
    _ = try small.run("run", "experiments/small.yaml")
    try small.write(SmallExperiment.spec(alpha: "0.5"), to: "experiments/small.yaml")
    let why = try small.run("why", "experiments/small.yaml")
    #expect(why.code == 0)
    #expect(why.out.contains("α 0.25 → 0.5"), "\(why.out)")
    let json = try small.run("why", "experiments/small.yaml", "--json")
    let stages = try JSONDecoder().decode([WhyStage].self, from: Data(json.out.utf8))
    #expect(stages.count == 2 && stages.allSatisfy(\.willRun), "\(json.out)")
    #expect(stages.contains { $0.reason.contains("α 0.25 → 0.5") }, "\(json.out)")
    _ = try small.run("run", "experiments/small.yaml")
    #expect(small.lines("made").count == 12)
  }

  @Test func aTruncatedArtifactIsMadeAgain() throws {
    _ = try small.run("run", "experiments/small.yaml")
    let before = try small.artifacts()
    for name in before.keys where name.hasPrefix("features/") && name.hasSuffix("result.txt") {
      #expect(truncate(small.store + "/" + name, 5) == 0)
    }
    for name in before.keys where name.hasPrefix("evaluate/") && name.hasSuffix("result.txt") {
      #expect(truncate(small.store + "/" + name, 5) == 0)
    }
    let plan = try small.run("plan", "experiments/small.yaml").out
    #expect(plan.contains("together        6     4"), "\(plan)")
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
    #expect(try small.artifacts() == before)
  }

  @Test func aFailedStageIsSaidWithWhatItHoldsBack() throws {
    try small.write("fail", to: "artifacts/behave-features")
    let run = try small.run("run", "experiments/small.yaml")
    #expect(run.code == 1)
    #expect(run.out.contains("failed: features letters · pooled · pre-trained: no recordings\n"))
    #expect(run.out.contains("3 stages held back, because of: features letters"))
    #expect(
      run.out.contains("small: 3 stages failed; what does not need them is done\n"))
    let status = try small.run("status", "experiments/small.yaml")
    #expect(status.code == 0)
    #expect(status.out.contains("failed: features letters · pooled · pre-trained: no recordings\n"))
    let why = try small.run("why", "pooled · pre-trained")
    #expect(
      why.out.replacing("\n ", with: "").contains("its last attempt failed: no recordings"),
      "\(why.out)")
  }

  @Test func anExportHandsTheWorkerTheEncodersRequest() throws {
    let export = [
      "export", "experiments/small.yaml", "--method", "speech-ft", "--alpha", "0.25", "--task",
      "voices", "-o", "exported",
    ]
    let early = try small.run(arguments: export)
    #expect(early.code == 2)
    #expect(
      early.err.hasSuffix(" is not done yet; 'alphasweep run' does it, then export again\n"))
    _ = try small.run("run", "experiments/small.yaml")
    let done = try small.run(arguments: export)
    #expect(done.code == 0)
    #expect(done.out == "exported\n")
    let request = try small.text("exported/request.json")
    #expect(request.contains(#""attempt":0"#))
    #expect(request.contains(#""kind":"interpolate""#))
    #expect(request.contains(#""alpha":0.25"#))
    let unknown = try small.run(
      "export", "experiments/small.yaml", "--method", "specch-ft", "-o", "x")
    #expect(unknown.code == 2)
    #expect(
      unknown.err == "alphasweep: the spec has no method 'specch-ft', but pre-trained, stable-ft, "
        + "speech-ft; did you mean 'speech-ft'?\n")
  }
}

/// One stage of `why --json`.
private struct WhyStage: Decodable {
  var stage: String
  var key: String
  var willRun: Bool
  var reason: String
}
