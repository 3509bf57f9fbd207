import Foundation
import Testing

/// Curves for TensorBoard, the experiment's log, and what shells complete.
@Suite struct TensorBoardCommandTests {
  private let small: SmallExperiment
  private let spec = "experiments/small.yaml"

  init() throws { small = try SmallExperiment() }

  @Test func oneRunAStageAndEqualBytesEachTime() throws {
    let early = try small.run("tensorboard", spec)
    #expect(early.code == 1)
    #expect(
      early.err
        == "alphasweep: small: no stage has reported a number yet; 'alphasweep run' makes them\n")
    _ = try small.run("run", spec)
    let said = try small.run("tensorboard", spec, "--output", "curves")
    #expect(said.code == 0, "\(said.err)")
    #expect(said.out == "10 runs in curves\n")
    func files() throws -> [String: Data] {
      var found: [String: Data] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: small.path + "/curves")
      where name.contains("tfevents") {
        found[name] = FileManager.default.contents(atPath: "\(small.path)/curves/\(name)")
      }
      return found
    }
    let first = try files()
    #expect(first.count == 10)
    #expect(first.keys.contains { $0.hasPrefix("corpus letters/events.out.tfevents.") })
    #expect(first.values.allSatisfy { $0.range(of: Data("brain.Event:2".utf8)) != nil })
    #expect(try small.run("tensorboard", spec, "--output", "curves").code == 0)
    #expect(try files() == first)
  }

  @Test func theLogOfAnExperimentHasAnEventALine() throws {
    _ = try small.run("run", spec)
    struct Line: Decodable {
      var time: String
      var level: String
      var event: String
      var key: String?
      var stage: String?
      var attempt: Int?
      var worker: Int?
      var seconds: Double?
    }
    let lines = try small.text("artifacts/logs/small.log").split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    #expect(lines.first?.event == "planned")
    for event in ["started", "done"] {
      let those = lines.filter { $0.event == event }
      #expect(those.count == 10)
      #expect(those.allSatisfy { $0.attempt == 1 && $0.key?.count == 64 && $0.worker != nil })
    }
    #expect(lines.filter { $0.event == "done" }.allSatisfy { $0.seconds == 0.25 })
  }

  @Test func watchingTakesATerminal() throws {
    let said = try small.run("status", spec, "--watch")
    #expect(said.code == 64)
    #expect(
      said.err.contains("'--watch' draws on a terminal; without it, status is said once"),
      "\(said.err)")
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func shellsHaveACompletionScript(shell: String) throws {
    let script = try small.run("--generate-completion-script", shell)
    #expect(script.code == 0)
    for command in ["explain", "logs", "cancel", "verify", "gc", "doctor", "tensorboard"] {
      #expect(script.out.contains(command), "\(shell) lacks \(command)")
    }
  }

  @Test func stagesOfTheLedgerAreOffered() throws {
    func offered(_ word: String, in shell: String = "fish") throws -> [String] {
      let command = [
        "---completion", "logs", "--", "positional@0", "2", String(word.count), "alphasweep",
        "logs", word,
      ]
      let process = small.process(command)
      process.environment?["SAP_SHELL"] = shell
      let out = Pipe()
      (process.standardOutput, process.standardError) = (out, Pipe())
      try process.run()
      process.waitUntilExit()
      let text = out.fileHandleForReading.readDataToEndOfFile()
      return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    #expect(try offered("corpus").isEmpty)
    #expect(!FileManager.default.fileExists(atPath: small.store + "/ledger.sqlite"))
    _ = try small.run("run", spec)
    #expect(try offered("corpus") == ["corpus letters"])
    // What bash is offered without a quote must be one word.
    #expect(try offered("corpus", in: "bash").isEmpty)
    #expect(try offered("\"corpus", in: "bash") == ["corpus letters"])
    let keys = try offered("")
    #expect(keys.contains { $0.count == 12 && $0.allSatisfy(\.isHexDigit) })
  }
}
