import Foundation
import Testing

/// Trainers of somebody's own, as the program sees them: only workers start them.
@Suite struct CommandTrainerTests {
  private let small: SmallExperiment

  init() throws {
    small = try SmallExperiment()
    let spec = SmallExperiment.spec().replacingOccurrences(
      of: "  pre-trained: {}\n",
      with: """
          pre-trained: {}
          command:
            mine: { run: [/bin/sh, trainers/train.sh], files: [trainers/train.sh], alpha: [0.5] }

        """)
    try small.write(spec, to: "experiments/small.yaml")
    try small.write("touch ran", to: "experiments/trainers/train.sh")
  }

  @Test func aMissingFileIsSaidWithItsPlaceAndNothingRuns() throws {
    for isFolder in [false, true] {
      let path = small.path + "/experiments/trainers/train.sh"
      try FileManager.default.removeItem(atPath: path)
      if isFolder {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: false)
      }
      let run = try small.run("run", "experiments/small.yaml")
      #expect(run.code == 2)
      #expect(
        run.err
          == "experiments/small.yaml:11:56: 'trainers/train.sh', which command 'mine' depends on, was not "
          + "found; it must be a file, relative to the spec\n")
      #expect(!FileManager.default.fileExists(atPath: small.store + "/corpus"))
      if !isFolder { try small.write("touch ran", to: "experiments/trainers/train.sh") }
    }
  }

  @Test func onlyAnEditedFileBringsAnotherTraining() throws {
    func planned() throws -> String {
      let plan = try small.run("plan", "experiments/small.yaml")
      #expect(plan.code == 0, "\(plan.err)")
      return plan.out.split(separator: "\n").first { $0.hasPrefix("command") }.map {
        $0.split(separator: " ").joined(separator: " ")
      } ?? ""
    }
    // The fake worker takes no command's place: the stage is what counts.
    #expect(try planned() == "command 1 0")
    let run = try small.run("run", "experiments/small.yaml")
    #expect(run.code == 0, "\(run.err)")
    #expect(try planned() == "command 0 1")
    try small.write("touch ran # edited", to: "experiments/trainers/train.sh")
    #expect(try planned() == "command 1 0")
    let why = try small.run("why", "command", "--spec", "experiments/small.yaml")
    #expect(why.out.contains("files.trainers/train.sh"), "\(why.out)")
    try small.write("touch ran", to: "experiments/trainers/train.sh")
    #expect(try planned() == "command 0 1")
    _ = try small.run("status", "experiments/small.yaml")
    _ = try small.run("report", "experiments/small.yaml")
    #expect(!FileManager.default.fileExists(atPath: small.path + "/experiments/ran"))
  }
}
