import Artifacts
import Experiment
import Foundation
import Weights

/// The identities of the merged files, and what the output says of them.
struct MergeSources: Sendable {
  /// SHA-256 of the files of θ₀ and each θ′, as `sha256sum` and the Hugging Face hub give it.
  let pretrained: String
  let finetuned: [String]

  /// As long as the digests that are not known yet.
  static func unknown(of models: Int) -> MergeSources {
    let digits = String(repeating: "0", count: 64)
    return MergeSources(
      pretrained: digits, finetuned: Array(repeating: digits, count: models))
  }

  private init(pretrained: String, finetuned: [String]) {
    self.pretrained = pretrained
    self.finetuned = finetuned
  }

  /// Hashes the files of θ₀ and each θ′, in this order, and makes sure that they are what was read.
  ///
  /// - Parameters:
  ///   - checkpoints: In this order.
  ///   - cache: The file of a `DigestCache`; one that cannot be written costs only time.
  /// - Throws: `MergeError.storage` or `.changed`.
  init(of checkpoints: [MergeCheckpoint], cache: String?) throws(MergeError) {
    var digests: [String]
    do throws(StorageError) {
      digests = try Self.digests(checkpoints.map(\.input.files), cache)
    } catch {
      throw .storage(error)
    }
    for checkpoint in checkpoints {
      if let path = checkpoint.input.changed { throw .changed(path: path) }
    }
    pretrained = digests.removeFirst()
    finetuned = digests
  }

  /// One digest a checkpoint: of its file, or of the digests of its files, a line each.
  private static func digests(
    _ checkpoints: [[String]], _ cache: String?
  ) throws(StorageError) -> [String] {
    let paths = checkpoints.joined().map { URL(fileURLWithPath: $0).standardized.path }
    var digests: [String]
    if let cache {
      let cache = DigestCache(path: cache)
      digests = try cache.digests(of: paths)
      try? cache.save()
    } else {
      digests = try FileDigest.of(paths)
    }
    return checkpoints.map { files in
      let own = Array(digests.prefix(files.count))
      digests.removeFirst(files.count)
      return own.count == 1 ? own[0] : Digest256.hex(of: own.map { $0 + "\n" }.joined().utf8)
    }
  }

  /// For the header of the output. `format` is what transformers asks for.
  func metadata(_ method: MergeMethod, _ alpha: Double, _ plan: MergePlan) -> [String: String] {
    var metadata = [
      "format": "pt",
      "alphasweep.merge": method.name,
      "alphasweep.alpha": MergeRequest.text(alpha),
      "alphasweep.excluded": Self.list(plan.excluded),
      "alphasweep.pretrained.sha256": pretrained,
      "alphasweep.finetuned.sha256": Self.list(finetuned),
    ]
    if case .ties(let density) = method {
      metadata["alphasweep.density"] = MergeRequest.text(density)
    }
    if !plan.leftOut.isEmpty { metadata["alphasweep.left-out"] = Self.list(plan.leftOut) }
    return metadata
  }

  private static func list(_ texts: [String]) -> String {
    Canonical.list(texts.map(Canonical.string)).text
  }
}

/// The model card of a merged checkpoint.
struct MergeCard {
  let request: MergeRequest
  let alpha: Double
  let plan: MergePlan
  let pretrained: MergeCheckpoint
  let finetuned: [MergeCheckpoint]
  let sources: MergeSources

  var text: String {
    var lines = [
      "---", "library_name: transformers", "tags: [speech, merge, speech-ft]", "---", "",
      "# \(([pretrained] + finetuned).map(\.name).joined(separator: " + ")), "
        + "α \(MergeRequest.text(alpha))", "",
      "Written by `alphasweep merge`: \(request.method.formula), α = \(MergeRequest.text(alpha)).",
      "", "| | checkpoint | SHA-256 of its weights |", "|---|---|---|",
      "| θ₀ | `\(pretrained.name)` | `\(sources.pretrained)` |",
    ]
    for (index, (checkpoint, digest)) in zip(finetuned, sources.finetuned).enumerated() {
      let symbol = finetuned.count == 1 ? "θ′" : "θ′ \(index + 1)"
      lines.append("| \(symbol) | `\(checkpoint.name)` | `\(digest)` |")
    }
    lines.append("")
    lines += tensors("As θ₀ has them, not merged", plan.excluded)
    lines += tensors("Only in a fine-tuned checkpoint, left out", plan.leftOut)
    return lines.joined(separator: "\n")
  }

  private func tensors(_ title: String, _ names: [String]) -> [String] {
    guard !names.isEmpty else { return [] }
    return ["\(title):", ""] + names.map { "- `\($0)`" } + [""]
  }
}
