import Artifacts
import Experiment
import Foundation
import Scheduling
import Subprocess

/// Stages that do nothing, so that only planning and scheduling cost: ours beside build systems and
/// workflow engines, on one machine in one run.
struct SchedulingCost {
  private let bench: Bench
  private let peers: SchedulingPeers
  private let own: String
  private let kept = Kept()

  /// What measurements wrote, which goes when all are done: ext4 looks long for a free inode where many
  /// were deleted within the last seconds.
  private final class Kept {
    var worlds: [NoopExperiment] = []
    var folders: [String] = []

    deinit {
      for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
    }
  }

  /// Redun and Snakemake take minutes for ten thousand, so they are measured at a thousand alone.
  private static let quick = ["ninja", "llbuild", "doit"]
  private static let slow = ["redun", "snakemake"]

  init(_ bench: Bench, _ peer: Peer) throws {
    self.bench = bench
    peers = SchedulingPeers(peer: peer)
    own = URL(fileURLWithPath: CommandLine.arguments[0]).standardizedFileURL.path
  }

  func run() async throws {
    try await planning()
    let spec = try await sweep(10_000)
    _ = try await sweep(1000)
    for chain in [1, 4] {
      let large = try await stages(10_000, chain, Self.quick, againOfOurs: spec)
      let small = try await stages(1000, chain, Self.quick + Self.slow, againOfOurs: nil)
      bench.show(
        "cost of a no-op stage, \(Self.shape(chain)), at 10,000 against 1,000", large / 10 / small,
        "goal", 1.2, unit: "times")
    }
  }

  private static func shape(_ chain: Int) -> String {
    chain == 1 ? "flat" : "chains of \(chain)"
  }

  // MARK: Planning

  /// From the spec's text to an agenda: reading YAML, expanding, hashing, ordering. No file is looked for.
  private func planning() async throws {
    for (count, goal) in [(10_000, 300.0), (100_000, 4000)] {
      let world = try NoopExperiment(stages: count, worker: own)
      var best = Double.infinity
      var stages = 0
      for _ in 0..<3 {
        let start = ContinuousClock.now
        let plan = try world.plan()
        let agenda = Agenda(plan) { _ in false }
        stages = agenda.remainingCount
        best = min(best, (ContinuousClock.now - start) / .milliseconds(1))
      }
      let what = "expand, hash and order \(stages) stages (best of 3)"
      bench.show(what, best, .limit("goal", goal))
      if count == 10_000 {
        await peers.show(
          what + " · dry run of 10,000", best, "snakemake", 10_000, 1, mode: "dry", bench)
      }
    }
  }

  // MARK: A whole experiment

  /// `alphasweep run` on a spec: to the report, and again with nothing to do.
  ///
  /// - Returns: Milliseconds of the second run.
  private func sweep(_ count: Int) async throws -> Double {
    let world = try NoopExperiment(stages: count, worker: own)
    kept.worlds.append(world)
    let program = Program(besides: own, name: "alphasweep")
    let arguments = ["run", world.spec, "--results", world.folder + "/results", "--json"]
    if count == 10_000 {
      let plan = try await program.watched(["plan", world.spec], worker: "")
      bench.show(
        "alphasweep plan of about \(count) stages, peak memory", plan.peakMegabytes, "goal", 60,
        unit: "MB")
    }
    sync()
    let first = try await program.watched(
      arguments, worker: world.folder + "/worker.sh")
    let stages = first.lines
    let what = "alphasweep run of a spec of \(stages) no-op stages"
    bench.show(what + ", to its report", first.milliseconds, .limit("goal", Double(count)))
    bench.show(
      what + ", peak memory until the last stage", first.peakOfStages, "goal", 60, unit: "MB")
    print("  with its report it took \(Int(first.peakMegabytes.rounded())) MB")
    let again = try await program.milliseconds(arguments, times: 5)
    if count == 10_000 {
      bench.show(what + ", again with nothing to do", again, .limit("goal", 150))
    }
    return again
  }

  // MARK: Stages alone

  /// The same number of stages in the same chains, by our scheduler and by others. Ours are durable and in
  /// a diary; the others' are files that nobody synced.
  private func stages(
    _ count: Int, _ chain: Int, _ names: [String], againOfOurs again: Double?
  ) async throws -> Double {
    let folder = NSTemporaryDirectory() + "alphasweep-stages-" + UUID().uuidString
    kept.folders.append(folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let worker = folder + "/worker.sh"
    try NoopExperiment.worker(own).write(toFile: worker, atomically: true, encoding: .utf8)
    chmod(worker, 0o755)
    // What measurements before left to be written is not for these to wait for.
    sync()
    let ours = try await Program(besides: own, name: "alphasweep-bench").measured([
      "no-op-stages", "--count", "\(count)", "--chain", "\(chain)", "--folder",
      folder + "/artifacts", "--worker", worker,
    ])
    let what = "\(count) no-op stages, \(Self.shape(chain)), two at a time"
    bench.show(
      what + ", each durable and in the ledger", ours.milliseconds, .limit("goal", Double(count)))
    for name in names {
      await peers.show(
        what, ours.milliseconds, name, count, chain, mode: "again", bench, again: again)
    }
    return ours.milliseconds
  }
}

/// Build systems and workflow engines, by `Tests/Benchmarks/scheduling.py`.
struct SchedulingPeers {
  let peer: Peer

  /// Runs one and prints ours beside it; one that is not there is named.
  func show(
    _ what: String, _ ours: Double, _ name: String, _ count: Int, _ chain: Int, mode: String,
    _ bench: Bench, again: Double? = nil
  ) async {
    let folder = NSTemporaryDirectory() + "alphasweep-peer-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let theirs = try? await peer.measure(
      "scheduling.py", [name, "\(count)", "\(chain)", folder, mode], threads: 2)
    guard let theirs, let milliseconds = theirs.milliseconds else {
      print("\(what): \(name) was not measured: it is not there, or it failed")
      return
    }
    bench.show(what, ours, name, milliseconds, unit: "ms")
    if let again, let other = theirs.again {
      bench.show(
        "nothing to do: alphasweep run of its spec of 10,000, \(name) after its \(count)", again,
        name, other, unit: "ms")
    }
    if let peak = theirs.peakMegabytes {
      print("  \(name)'s planning process took \(Int(peak.rounded())) MB")
    }
  }
}

extension Program {
  /// What a run of the program took, seen from outside.
  struct Watched {
    var milliseconds: Double
    var peakMegabytes: Double
    /// Before it began its report.
    var peakOfStages: Double
    /// Stages that it says it has done.
    var lines: Int
  }

  /// Runs the program with a worker of the benchmark's and looks at its memory meanwhile.
  ///
  /// - Parameters:
  ///   - arguments: The program's.
  ///   - worker: The worker's program.
  /// - Returns: Time and memory.
  /// - Throws: What Subprocess throws when it cannot be started; `ProgramFailed`.
  func watched(_ arguments: [String], worker: String) async throws -> Watched {
    let start = ContinuousClock.now
    let result = try await Subprocess.run(
      .path(.init(path)), arguments: Arguments(arguments),
      environment: .inherit.updating(["ALPHASWEEP_WORKER": worker]), input: .none,
      output: .sequence, error: .discarded
    ) { execution in
      async let most = Self.peak(of: execution.processIdentifier.value)
      var text = ""
      for try await line in execution.standardOutput.strings(bufferingPolicy: .unbounded) {
        text += line
      }
      return (text, await most)
    }
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    let (text, peak) = result.closureResult
    guard result.terminationStatus.isSuccess else { throw ProgramFailed(arguments: arguments) }
    var lines = 0
    if case .list(let done)? = (try? Canonical(json: Data(text.utf8)))?["done"] {
      lines = done.count
    }
    return Watched(
      milliseconds: milliseconds, peakMegabytes: peak.all, peakOfStages: peak.ofStages, lines: lines
    )
  }

  /// Whether a program has workers: its report begins when they are gone.
  private static func hasWorkers(_ process: Int32) -> Bool {
    let tasks = "/proc/\(process)/task"
    return ((try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []).contains { task in
      let children =
        (try? String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8)) ?? ""
      return children.split(separator: " ").contains { child in
        let line = FileManager.default.contents(atPath: "/proc/\(child)/cmdline") ?? Data()
        return line.range(of: Data("--artifacts".utf8)) != nil
      }
    }
  }

  /// The largest resident set of a process (`VmHWM`), asked for until it has ended; and while it had
  /// workers.
  private static func peak(
    of process: Int32
  ) async -> (all: Double, ofStages: Double) {
    var (most, ofStages) = (0.0, 0.0)
    while let status = FileManager.default.contents(atPath: "/proc/\(process)/status") {
      // A process that has ended has no memory.
      guard let word = status.range(of: Data("VmHWM:".utf8)) else { break }
      let digits = status[word.upperBound...].drop { $0 == 0x20 || $0 == 0x09 }
        .prefix { (0x30...0x39).contains($0) }
      most = max(most, (Double(String(decoding: digits, as: UTF8.self)) ?? 0) / 1000)
      if hasWorkers(process) { ofStages = most }
      // The largest is what is told, so few looks suffice: the last one shortly before the end.
      try? await Task.sleep(for: .milliseconds(20))
    }
    return (most, ofStages)
  }
}
