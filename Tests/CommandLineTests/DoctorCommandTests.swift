import Foundation
import Testing

/// What is missing on a machine, and how it is said.
@Suite struct DoctorCommandTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  private struct Answer: Decodable {
    struct Finding: Decodable {
      var what: String
      var state: String
      var words: String
      var remedy: String
    }
    var complete: Bool
    var findings: [Finding]

    subscript(_ what: String) -> Finding? { findings.first { $0.what == what } }
  }

  private func answer(_ arguments: String...) throws -> (code: Int32, answer: Answer) {
    let said = try small.run(arguments: ["doctor", "--json"] + arguments)
    return (said.code, try JSONDecoder().decode(Answer.self, from: Data(said.out.utf8)))
  }

  @Test func theWorkerIsStartedAndSaysWhatItRunsOn() throws {
    small.worker = .built
    let (code, answer) = try answer()
    #expect(code == (answer.complete ? 0 : 1))
    #expect(answer["worker"]?.state == "ok", "\(answer.findings)")
    #expect(answer["libtorch"]?.state == "ok")
    #expect(answer["artifacts"]?.words.contains("writes are durable") == true)
    #expect(answer["espeak-ng"] != nil && answer["MP3"] != nil && answer["gnuplot"] != nil)
    #expect(
      try !FileManager.default.contentsOfDirectory(atPath: small.store).contains {
        $0.hasPrefix("doctor")
      })
  }

  @Test func aMachineThatHasAllIsSaidToHaveAll() throws {
    let said = try small.run("doctor")
    #expect(said.code == 0, "\(said.out)")
    #expect(said.out.contains("libtorch    ok       1.13.0\n"), "\(said.out)")
    #expect(said.out.hasSuffix("all that is needed is here\n"))
  }

  @Test func aWorkerThatDoesNotStartIsNamedWithThePackage() throws {
    let program = small.path + "/broken-worker"
    try small.write(
      """
      #!/bin/sh
      echo "alphasweep-worker: error while loading shared libraries: libtorch.so.1.13: cannot open \
      shared object file: No such file or directory" >&2
      exit 127

      """, to: "broken-worker")
    #expect(chmod(program, 0o755) == 0)
    small.worker = .at(program)
    let (code, answer) = try answer()
    #expect(code == 1)
    #expect(!answer.complete)
    #expect(
      answer["worker"]?.words
        == "broken-worker does not start: alphasweep-worker: error while loading "
        + "shared libraries: libtorch.so.1.13: cannot open shared object file: No such file or directory"
    )
    #expect(answer["worker"]?.remedy == "apt-get install libtorch1.13")
    small.worker = .at(small.path + "/nothing")
    let missing = try self.answer()
    #expect(missing.code == 1)
    #expect(missing.answer["worker"]?.remedy == "'make build' builds it")
  }

  @Test func whatTheSiteNamesAndIsNotThereIsSaid() throws {
    let site = try small.text("experiments/sites/local.yaml")
      .replacingOccurrences(of: "recordings: recordings", with: "recordings: gone")
      .replacingOccurrences(of: "cores: 2", with: "cores: 4096")
      .replacingOccurrences(of: "artifacts: artifacts", with: "artifacts: /proc/none")
    try small.write(
      site.replacingOccurrences(of: "site: local", with: "site: other"),
      to: "experiments/sites/other.yaml")
    let (code, answer) = try answer("--site", "experiments/sites/other.yaml", "--slurm")
    #expect(code == 1)
    #expect(answer["recordings"]?.state == "missing")
    #expect(answer["recordings"]?.words == "there is no gone")
    #expect(answer["machine"]?.state == "poor")
    #expect(answer["artifacts"]?.state == "missing")
    #expect(answer["sbatch"] != nil && answer["squeue"] != nil && answer["sacct"] != nil)
    let none = try self.answer("--site", "none.yaml")
    #expect(none.code == 1)
    #expect(none.answer["site"]?.state == "missing")
  }
}
