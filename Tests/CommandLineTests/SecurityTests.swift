import Foundation
import Testing

/// What the program leaves, opens and starts.
@Suite struct SecurityTests {
  /// Files and folders below the experiment with their permissions, but those that were there before.
  private func permissions(_ small: SmallExperiment, besides before: Set<String>) throws -> [String:
    mode_t]
  {
    var found: [String: mode_t] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: small.path) {
      var status = stat()
      guard !before.contains(name), lstat(small.path + "/" + name, &status) == 0 else { continue }
      found[name] = status.st_mode
    }
    return found
  }

  /// Runs a command line under a umask.
  private func run(_ small: SmallExperiment, umask: String, _ line: String) throws {
    let program = small.process([])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "umask \(umask); exec \"$0\" \(line)", program.executableURL?.path ?? "",
    ]
    process.environment = program.environment
    process.currentDirectoryURL = URL(fileURLWithPath: small.path)
    let (out, err) = (FileHandle.nullDevice, Pipe())
    (process.standardOutput, process.standardError) = (out, err)
    try process.run()
    let said = err.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(line): \(String(decoding: said, as: UTF8.self))")
  }

  /// Nothing is kept from a group that the user works with, and nothing shown to whom it is not for.
  @Test(arguments: ["077", "002"])
  func everyFileOfAWholeRunHasTheUsersUmask(umask: String) throws {
    let small = try SmallExperiment.real()
    let before = Set(try FileManager.default.subpathsOfDirectory(atPath: small.path))
    for line in [
      "run experiments/small.yaml", "tensorboard experiments/small.yaml --output curves",
      "export experiments/small.yaml --method speech-ft --alpha 0.25 --task voices --seed 1 -o half",
      "verify experiments/small.yaml", "convert experiments/models/tiny -o converted",
      "features experiments/models/tiny recordings/letters/low/a.wav -o states.safetensors",
      "merge experiments/models/tiny converted --alpha 0.5 -o merged",
    ] { try run(small, umask: umask, line) }
    let found = try permissions(small, besides: before)
    #expect(found.keys.contains { $0.hasPrefix("artifacts/evaluate/") })
    #expect(found.keys.contains { $0.hasPrefix("results/small/report.html") })
    #expect(found.keys.contains { $0.hasPrefix("artifacts/ledger.sqlite") })
    let mask = try #require(mode_t(umask, radix: 8))
    for (name, mode) in found.sorted(by: { $0.key < $1.key }) where name != "ran" {
      let most: mode_t = mode & S_IFMT == S_IFDIR ? 0o777 : 0o666
      #expect(
        mode & 0o7777 == most & ~mask,
        "\(name) has \(String(mode & 0o7777, radix: 8)) under umask \(umask)")
    }
  }

  /// Replaces a text by another of equal length wherever it stands in the artifacts' folder: in the
  /// ledger, the records of artifacts and attempts, the index and the logs.
  private func forge(_ small: SmallExperiment, _ text: String, _ other: String) throws -> Set<
    String
  > {
    var forged: Set<String> = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: small.store) {
      let path = small.store + "/" + name
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        var data = FileManager.default.contents(atPath: path)
      else { continue }
      while let range = data.range(of: Data(text.utf8)) {
        data.replaceSubrange(range, with: Data(other.utf8))
        forged.insert(String(name.prefix { $0 != "/" }))
      }
      try data.write(to: URL(fileURLWithPath: path))
    }
    return forged
  }

  @Test func aForgedLedgerOrArtifactChangesNoCommand() throws {
    let small = try SmallExperiment.real()
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
    #expect(try small.text("ran") == "ran\n")
    try small.write("echo evil >> ../ran\n", to: "experiments/trainers/trap!.sh")
    let forged = try forge(small, "trainers/train.sh", "trainers/trap!.sh")
    #expect(forged.contains("ledger.sqlite") && forged.contains("command"), "\(forged)")
    // What is there is kept, and what is not is made again, as the spec says.
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
    #expect(try small.text("ran") == "ran\n")
    for kind in ["command", "features", "evaluate", "compare"] {
      try FileManager.default.removeItem(atPath: "\(small.store)/\(kind)")
    }
    for command in ["status", "why command", "verify", "explain command command"] {
      _ = try small.run(arguments: command.split(separator: " ").map(String.init))
    }
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
    #expect(try small.text("ran") == "ran\nran\n")
  }

  /// Files that a process has open, as /proc shows them.
  private func open(_ process: pid_t) -> [String] {
    let folder = "/proc/\(process)/fd"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
    }
  }

  /// The same without the files that Foundation leaves open to every process that it starts, of which one
  /// is a socket.
  private func alone(_ process: Process) -> Process {
    let alone = Process()
    alone.executableURL = URL(fileURLWithPath: "/bin/bash")
    alone.arguments =
      [
        "-c",
        "for f in /proc/$$/fd/*; do n=${f##*/}; [ $n -lt 3 ] || eval \"exec $n>&-\"; done; "
          + "exec \"$0\" \"$@\"",
        process.executableURL?.path ?? "",
      ] + (process.arguments ?? [])
    alone.environment = process.environment
    alone.currentDirectoryURL = process.currentDirectoryURL
    return alone
  }

  @Test func neitherProgramNorWorkerHasASocket() throws {
    let small = try SmallExperiment()
    try small.write("hang", to: "artifacts/behave-corpus")
    let run = alone(small.process(["run", "experiments/small.yaml"]))
    (run.standardOutput, run.standardError) = (Pipe(), Pipe())
    try run.run()
    while run.isRunning, !small.lines("calls").contains(where: { $0.hasPrefix("hang ") }) {
      usleep(10_000)
    }
    let opened = open(run.processIdentifier)
    #expect(opened.contains { $0.hasSuffix("ledger.sqlite") }, "\(opened)")
    #expect(!opened.contains { $0.hasPrefix("socket:") }, "\(opened)")
    run.interrupt()
    run.waitUntilExit()

    let program = Process()
    program.executableURL = URL(fileURLWithPath: small.builtWorker)
    program.arguments = ["--artifacts", small.store]
    let worker = alone(program)
    let (input, output) = (Pipe(), Pipe())
    (worker.standardInput, worker.standardOutput) = (input, output)
    worker.standardError = FileHandle.nullDevice
    try worker.run()
    // "ready" comes once libtorch is loaded.
    #expect(!output.fileHandleForReading.availableData.isEmpty)
    let files = open(worker.processIdentifier)
    #expect(files.count >= 3)
    #expect(!files.contains { $0.hasPrefix("socket:") }, "\(files)")
    try input.fileHandleForWriting.close()
    worker.waitUntilExit()
  }

  /// Aliases of YAML that stand for ten million words.
  @Test func aSpecWhoseAliasesMultiplyIsRefused() throws {
    let small = try SmallExperiment()
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      let row = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      bomb += "a\(level): &a\(level) [\(row)]\n"
    }
    try small.write(
      bomb + SmallExperiment.spec(alpha: "*a12"), to: "experiments/bomb.yaml")
    let plan = try small.run("plan", "experiments/bomb.yaml")
    #expect(plan.code == 2)
    #expect(plan.err.contains("unknown key 'a0'"), "\(plan.err.prefix(300))")
  }
}
