import Foundation
import Speech
import Torch

/// Merges of two float32 checkpoints of HuBERT Base's size by the program, as a user runs it, and the
/// copying of files that they are held against. Files are in a folder of its own, that goes with it.
final class MergeMeasure {
  let before: String
  let after: String
  private let folder: String
  private let program: String

  /// What one run took.
  struct Run {
    var milliseconds: Double
    /// The most private memory that was seen, in bytes.
    var privateBytes: Int
  }

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
  ) throws -> Run {
    var runs: [Run] = []
    for _ in 0..<times {
      let output = scratch("out")
      if forgets { try? FileManager.default.removeItem(atPath: scratch("cache")) }
      runs.append(
        try run(
          [
            "merge", before, after, "--alpha", alphas.map { "\($0)" }.joined(separator: ","), "-o",
            output,
          ] + (isSynced ? [] : ["--no-sync"])))
      try FileManager.default.removeItem(atPath: output)
    }
    runs.sort { $0.milliseconds < $1.milliseconds }
    return Run(
      milliseconds: runs[times / 2].milliseconds,
      privateBytes: runs.map(\.privateBytes).max() ?? 0)
  }

  /// The median of `cp` of one file to so many, made durable or not, and as many reads of the other.
  func copyAndRead(isSynced: Bool, copies: Int = 1, times: Int = 5) throws -> Double {
    var taken: [Double] = []
    for _ in 0..<times {
      let paths = (0..<copies).map { scratch("copy-\($0)") }
      let start = ContinuousClock.now
      for copy in paths {
        try command("/bin/cp", [before, copy])
        if isSynced { try command("/bin/sync", [copy]) }
        try command("/bin/cat", [after])
      }
      taken.append((ContinuousClock.now - start) / .milliseconds(1))
      for copy in paths { try FileManager.default.removeItem(atPath: copy) }
    }
    return taken.sorted()[times / 2]
  }

  private func run(_ arguments: [String]) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["XDG_CACHE_HOME": scratch("cache")], uniquingKeysWith: { $1 })
    let start = ContinuousClock.now
    try process.run()
    var most = 0
    while process.isRunning {
      most = max(most, Self.privateBytes(process.processIdentifier))
      usleep(1000)
    }
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    guard process.terminationStatus == 0 else { throw ProgramFailed(arguments: arguments) }
    return Run(milliseconds: milliseconds, privateBytes: most)
  }

  private func command(_ path: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ProgramFailed(arguments: arguments) }
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
    _ = try measure.merge([0.25], isSynced: false, times: 1)
    let copied = try measure.copyAndRead(isSynced: false)
    let quick = try measure.merge([0.25], isSynced: false)
    show("merge of \(size), not synced", quick.milliseconds, .limit("cp and a read", copied))
    for (script, output) in [("merge_numpy.py", "numpy.safetensors"), ("merge_mergekit.py", "kit")]
    {
      show(
        "merge of \(size), not synced", quick.milliseconds,
        try await peer.measure(
          script, [measure.before, measure.after, "0.25", measure.scratch(output)], threads: 2))
    }
    let durable = try measure.copyAndRead(isSynced: true)
    show(
      "merge of \(size), synced", try measure.merge([0.25], isSynced: true).milliseconds,
      .limit("cp, sync and a read", durable))
    show(
      "merge of \(size), synced, inputs never seen",
      try measure.merge([0.25], isSynced: true, forgets: true).milliseconds,
      .limit("cp, sync and a read", durable))
    let alphas = (0...10).map { Double($0) / 10 }
    let all = try measure.merge(alphas, isSynced: false, times: 1)
    show(
      "merge of \(size) at 11 α, not synced", all.milliseconds,
      .limit(
        "11 times cp and a read",
        try measure.copyAndRead(isSynced: false, copies: alphas.count, times: 1)))
    print(
      "  private memory: \(max(quick.privateBytes, all.privateBytes) / 1_000_000) MB, limit 64 MB")
  }
}
