import Foundation
import Speech
import Subprocess
import Torch

/// Merges of two float32 checkpoints of HuBERT Base's size by the program, as a user runs it, and the
/// copying of files that they are held against. Files are in a folder of its own, that goes with it.
final class MergeMeasure {
  let before: String
  let after: String
  private let folder: String
  private let program: String

  /// Makes the two checkpoints.
  ///
  /// - Parameter own: This program's path: the program to measure is beside it.
  /// - Throws: `SafetensorsError` where they cannot be written.
  init(besides own: String) throws {
    folder = NSTemporaryDirectory() + "alphasweep-merge-" + UUID().uuidString
    before = folder + "/before.safetensors"
    after = folder + "/after.safetensors"
    program =
      URL(fileURLWithPath: own).deletingLastPathComponent()
      .appendingPathComponent("alphasweep").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let generator = try Generator(seed: 0)
    for path in [before, after] {
      let tensors = try Self.shapes.map { name, shape in
        (name, try Tensor.normal(shape, mean: 0, standardDeviation: 0.02, generator: generator))
      }
      try Safetensors.write(tensors: tensors, to: path)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The large tensors of HuBERT Base, and as many small ones: 94 million numbers.
  private static let shapes: [(String, [Int])] = {
    var shapes = [("position", [768, 48, 128])]
    for layer in 0..<12 {
      shapes += ["k", "o", "q", "v"].map { ("\(layer).\($0)", [768, 768]) }
      shapes += [("\(layer).up", [3072, 768]), ("\(layer).down", [768, 3072])]
      shapes += (0..<10).map { ("\(layer).small.\($0)", [768]) }
    }
    return shapes + (0..<6).map { ("convolution.\($0)", [512, 512, 3]) }
  }()

  var megabytes: Int {
    let size = try? FileManager.default.attributesOfItem(atPath: before)[.size] as? Int
    return (size ?? 0) / 1_000_000
  }

  /// A path in the folder for a peer's output.
  func scratch(_ name: String) -> String { "\(folder)/\(name)" }

  /// The median of merges; where it `forgets`, digests of the inputs are taken anew each time.
  func merge(
    _ alphas: [Double], isSynced: Bool, forgets: Bool = false, times: Int = 5
  ) async throws -> Double {
    try await median(times) {
      if forgets { try? FileManager.default.removeItem(atPath: scratch("cache")) }
      let start = ContinuousClock.now
      try await run(program, arguments(alphas, isSynced: isSynced))
      let taken = ContinuousClock.now - start
      try FileManager.default.removeItem(atPath: scratch("out"))
      return taken
    }
  }

  /// The most private memory that was seen in a merge, in bytes: a run of its own, since looking takes
  /// time.
  func privateBytes(_ alphas: [Double]) async throws -> Int {
    let result = try await Subprocess.run(
      .path(.init(program)), arguments: Arguments(arguments(alphas, isSynced: false)),
      environment: environment, input: .none, output: .discarded, error: .discarded
    ) { execution in
      var most = 0
      while true {
        let bytes = Self.privateBytes(execution.processIdentifier.value)
        // A process that has ended has no pages.
        if bytes == 0, most > 0 { return most }
        most = max(most, bytes)
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    try FileManager.default.removeItem(atPath: scratch("out"))
    return result.closureResult
  }

  /// The median of `cp` of one file to so many, made durable or not, and as many reads of the other.
  func copyAndRead(isSynced: Bool, copies: Int = 1, times: Int = 5) async throws -> Double {
    let paths = (0..<copies).map { scratch("copy-\($0)") }
    return try await median(times) {
      let start = ContinuousClock.now
      for copy in paths {
        try await run("/bin/cp", [before, copy])
        if isSynced { try await run("/bin/sync", [copy]) }
        try await run("/bin/cat", [after])
      }
      let taken = ContinuousClock.now - start
      for copy in paths { try FileManager.default.removeItem(atPath: copy) }
      return taken
    }
  }

  private func arguments(_ alphas: [Double], isSynced: Bool) -> [String] {
    let grid = alphas.map { "\($0)" }.joined(separator: ",")
    return ["merge", before, after, "--alpha", grid, "-o", scratch("out")]
      + (isSynced ? [] : ["--no-sync"])
  }

  /// Digests are kept where nobody else's are.
  private var environment: Environment { .inherit.updating(["XDG_CACHE_HOME": scratch("cache")]) }

  private func median(_ times: Int, _ body: () async throws -> Duration) async throws -> Double {
    var taken: [Double] = []
    for _ in 0..<times { taken.append(try await body() / .milliseconds(1)) }
    return taken.sorted()[times / 2]
  }

  private func run(_ path: String, _ arguments: [String]) async throws {
    let result = try await Subprocess.run(
      .path(.init(path)), arguments: Arguments(arguments), environment: environment,
      output: .discarded)
    guard result.terminationStatus.isSuccess else { throw ProgramFailed(arguments: arguments) }
  }

  /// Pages of a process that no file backs.
  private static func privateBytes(_ process: Int32) -> Int {
    let status = FileManager.default.contents(atPath: "/proc/\(process)/status") ?? Data()
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("RssAnon:") }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
  }
}

extension Bench {
  /// One α beside copying, numpy and mergekit; eleven α in one pass.
  func merging(_ peer: Peer) async throws {
    let measure = try MergeMeasure(besides: CommandLine.arguments[0])
    let size = "2 x \(measure.megabytes) MB"
    _ = try await measure.merge([0.25], isSynced: false, times: 1)
    let quick = try await measure.merge([0.25], isSynced: false)
    show(
      "merge of \(size), not synced", quick,
      .limit("cp and a read", try await measure.copyAndRead(isSynced: false)))
    for (script, output) in [("merge_numpy.py", "numpy.safetensors"), ("merge_mergekit.py", "kit")]
    {
      show(
        "merge of \(size), not synced", quick,
        try await peer.measure(
          script, [measure.before, measure.after, "0.25", measure.scratch(output)], threads: 2))
    }
    let durable = try await measure.copyAndRead(isSynced: true)
    show(
      "merge of \(size), synced", try await measure.merge([0.25], isSynced: true),
      .limit("cp, sync and a read", durable))
    show(
      "merge of \(size), synced, inputs never seen",
      try await measure.merge([0.25], isSynced: true, forgets: true),
      .limit("cp, sync and a read", durable))
    let alphas = (0...10).map { Double($0) / 10 }
    show(
      "merge of \(size) at 11 α, not synced",
      try await measure.merge(alphas, isSynced: false, times: 1),
      .limit(
        "11 times cp and a read",
        try await measure.copyAndRead(isSynced: false, copies: alphas.count, times: 1)))
    show(
      "merge of \(size) at 11 α, private memory",
      Double(try await measure.privateBytes(alphas)) / 1e6, "limit", 64, unit: "MB")
  }
}
