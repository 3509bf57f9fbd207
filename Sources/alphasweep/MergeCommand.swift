import ArgumentParser
import Artifacts
import Foundation
import Merging
import Synchronization

/// `alphasweep merge`: weights between checkpoints, without an experiment.
struct MergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Merge the weights of checkpoints.",
    discussion: """
      One checkpoint is written for each α, in one pass over the inputs: to OUT, or to OUT/alpha-0.25 \
      and so on where there are several. linear is (1-α)·θ₀ + α·θ′ in float32, of one fine-tuned \
      checkpoint; α 0 and 1 copy bytes. task-arithmetic adds α times the mean of the task vectors \
      θ′-θ₀, and ties their disjoint mean after trimming and electing signs (arXiv 2306.01708). \
      float16 and bfloat16 are rounded once.

      The digests of the inputs go into the output; they are remembered in \
      $XDG_CACHE_HOME/alphasweep, so that a checkpoint is hashed once.
      """)

  @Argument(
    help: ArgumentHelp(
      "θ₀: a Hugging Face folder or its name in the hub's cache, or a safetensors file.",
      valueName: "pretrained"))
  var pretrained: String

  @Argument(
    help: ArgumentHelp(
      "θ′: one checkpoint or several, of the same tensors.", valueName: "finetuned"))
  var finetuned: [String]

  @Option(help: ArgumentHelp("α, or several with commas: 0.1,0.25,0.5.", valueName: "numbers"))
  var alpha: Alphas

  @Option(
    help: ArgumentHelp(
      "linear, task-arithmetic or ties: linear where one checkpoint is merged, else "
        + "task-arithmetic.", valueName: "method"))
  var method: Method?

  @Option(help: "Of ties: the part of each task vector that is kept; 0.2 where it is not given.")
  var density: Double?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Tensors whose names begin so stay θ₀'s: heads, such as 'final_proj label_embs_concat'.",
      valueName: "prefix"))
  var exclude: [String] = []

  @Option(name: [.short, .long], help: "The folder to write; it must not be there yet.")
  var output: String

  @Flag(
    help: """
      Do not wait until all is on the disk: faster, but a power cut in the next minute may leave \
      files that are not whole.
      """)
  var noSync = false

  @Flag(help: "Say what was written as JSON.")
  var json = false

  enum Method: String, CaseIterable, ExpressibleByArgument {
    case linear
    case taskArithmetic = "task-arithmetic"
    case ties
  }

  /// Numbers with commas between them.
  struct Alphas: ExpressibleByArgument {
    var numbers: [Double]

    init?(argument: String) {
      var numbers: [Double] = []
      for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
        guard let number = Double(part.trimmingCharacters(in: .whitespaces)), number.isFinite
        else { return nil }
        // −0 would be another folder than 0.
        numbers.append(number == 0 ? 0 : number)
      }
      self.numbers = numbers
    }
  }

  func validate() throws {
    guard !finetuned.isEmpty else {
      throw ValidationError("name a fine-tuned checkpoint after the pre-trained one")
    }
    guard density == nil || method == .ties else {
      throw ValidationError("'--density' is of '--method ties'")
    }
  }

  func run() async throws {
    try await reportingErrors {
      let output = Files.absolute(output)
      let cache = HubCache()
      let merge = try Merge(
        request(
          cache.resolve(pretrained), finetuned.map { try cache.resolve($0) }, output: output))
      let cancelled = Cancellation()
      let signals = Signals { cancelled.cancel() }
      do {
        let report = try merge.run { cancelled.isCancelled }
        try say(report)
      } catch MergeError.interrupted {
        StandardError.write("alphasweep: \(MergeError.interrupted)\n")
        throw ExitCode(128 + (signals.first ?? 0))
      }
    }
  }

  private func request(
    _ pretrained: String, _ finetuned: [String], output: String
  ) -> MergeRequest {
    let methods: MergeMethod =
      switch method ?? (finetuned.count == 1 ? .linear : .taskArithmetic) {
      case .linear: .linear
      case .taskArithmetic: .taskArithmetic
      case .ties: .ties(density: density ?? 0.2)
      }
    return MergeRequest(
      pretrained: pretrained, finetuned: finetuned, method: methods, alphas: alpha.numbers,
      excluded: exclude, output: output, isSynced: !noSync,
      threads: min(2, ProcessInfo.processInfo.activeProcessorCount), digestCache: Self.digestCache)
  }

  /// Where the digests of checkpoints are remembered between merges; `nil` without a home.
  private static var digestCache: String? {
    let environment = ProcessInfo.processInfo.environment
    let folder =
      [environment["XDG_CACHE_HOME"], environment["HOME"].map { $0 + "/.cache" }]
      .compactMap(\.self).first { $0.hasPrefix("/") }
    return folder.map { $0 + "/alphasweep/checkpoints.digests" }
  }

  private func say(_ report: MergeReport) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
      return
    }
    let ending = report.synced ? "written and synced" : "written, not synced to the disk"
    for checkpoint in report.checkpoints {
      print(
        "\(Files.shown(checkpoint.path)): \(report.method), α \(MergeRequest.text(checkpoint.alpha)): "
          + "\(Words.count(report.tensors, "tensor")), \(Words.bytes(checkpoint.bytes)), \(ending)")
    }
    if !report.excluded.isEmpty {
      print("as the pre-trained checkpoint has them: \(report.excluded.joined(separator: ", "))")
    }
    if !report.leftOut.isEmpty {
      print("left out: \(report.leftOut.joined(separator: ", "))")
    }
  }
}

/// Told once, asked often, from any thread.
private final class Cancellation: Sendable {
  private let flag = Atomic(false)

  var isCancelled: Bool { flag.load(ordering: .relaxed) }

  func cancel() { flag.store(true, ordering: .relaxed) }
}
