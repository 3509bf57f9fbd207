import Experiment

/// How weights are merged. θ₀ is the pre-trained checkpoint, θ′ₖ are the fine-tuned ones, and
/// τₖ = θ′ₖ − θ₀ are their task vectors. All numbers are float32 (float64 for float64 tensors), and
/// each operation is rounded by itself, in the order of the formula from left to right.
package enum MergeMethod: Sendable, Hashable {
  /// (1−α)·θ₀ + α·θ′, of one fine-tuned checkpoint (Speech-FT, arXiv 2502.12672). α = 0 and α = 1
  /// are the bytes of θ₀ and θ′.
  case linear
  /// θ₀ + α·((τ₁ + τ₂ + … + τₙ) / n) (Ilharco et al. 2023, arXiv 2212.04089). α = 0 is the bytes of θ₀.
  case taskArithmetic
  /// θ₀ + α·τ, where τ is the disjoint mean of trimmed task vectors whose sign was elected (Yadav et
  /// al. 2023, arXiv 2306.01708).
  ///
  /// Of each tensor of N elements, each task vector keeps its max(1, ⌊density·N⌋) largest
  /// magnitudes; of equal ones, those of the lowest index.
  case ties(density: Double)

  package var name: String {
    switch self {
    case .linear: "linear"
    case .taskArithmetic: "task-arithmetic"
    case .ties: "ties"
    }
  }

  /// The formula for a model card.
  package var formula: String {
    switch self {
    case .linear: "θ̂ = (1−α)·θ₀ + α·θ′"
    case .taskArithmetic: "θ̂ = θ₀ + α·mean(θ′ₖ − θ₀)"
    case .ties(let density):
      "θ̂ = θ₀ + α·TIES(θ′ₖ − θ₀), density \(Canonical(number: density).text)"
    }
  }
}

/// One merge: what is read, how it is merged, and where it is written.
package struct MergeRequest: Sendable, Hashable {
  /// Hugging Face folders or safetensors files.
  package var pretrained: String
  package var finetuned: [String]
  package var method: MergeMethod
  /// Each gives a checkpoint of its own; finite, each once.
  package var alphas: [Double]
  /// Prefixes of the names of tensors that stay θ₀'s.
  package var excluded: [String]
  /// The folder to write; it must not be there yet.
  package var output: String
  /// Whether to wait until all is on the disk.
  package var isSynced: Bool
  package var threads: Int
  /// Where digests of checkpoints are kept from merge to merge, so that a file is hashed once; `nil`
  /// hashes anew.
  package var digestCache: String?

  package init(
    pretrained: String, finetuned: [String], method: MergeMethod, alphas: [Double],
    excluded: [String] = [], output: String, isSynced: Bool = true, threads: Int = 2,
    digestCache: String? = nil
  ) {
    self.pretrained = pretrained
    self.finetuned = finetuned
    self.method = method
    self.alphas = alphas
    self.excluded = excluded
    self.output = output
    self.isSynced = isSynced
    self.threads = threads
    self.digestCache = digestCache
  }

  /// α as folders and metadata spell it: `0.25`, `1`.
  package static func text(_ alpha: Double) -> String { Canonical(number: alpha).text }

  /// Where the checkpoint of one α lies below the output's folder.
  func folder(_ alpha: Double, below root: String) -> String {
    alphas.count == 1 ? root : "\(root)/alpha-\(Self.text(alpha))"
  }

  /// - Throws: `MergeError.request`.
  func check() throws(MergeError) {
    guard !finetuned.isEmpty else { throw .request("there is no fine-tuned checkpoint to merge") }
    guard !alphas.isEmpty else { throw .request("there is no α to merge with") }
    for (index, alpha) in alphas.enumerated() {
      let text = Self.text(alpha)
      guard !alphas[..<index].contains(alpha) else { throw .request("α \(text) is there twice") }
      switch method {
      case .linear where !(0...1).contains(alpha):
        throw .request("α is \(text), but 'linear' stays between the checkpoints: 0 to 1")
      case _ where !alpha.isFinite || alpha < 0:
        throw .request("α is \(text), but must be a number from 0 on")
      default: break
      }
    }
    if method == .linear, finetuned.count > 1 {
      throw .request(
        "'linear' merges one fine-tuned checkpoint, not \(finetuned.count); "
          + "'task-arithmetic' and 'ties' merge several")
    }
    if case .ties(let density) = method, !(density > 0 && density <= 1) {
      throw .request(
        "the density is \(Self.text(density)), but must be above 0 and at most 1")
    }
  }
}

/// What a merge has written.
package struct MergeReport: Sendable, Hashable, Codable {
  package struct Checkpoint: Sendable, Hashable, Codable {
    package var alpha: Double
    package var path: String
    /// Of model.safetensors.
    package var bytes: Int
  }

  package var method: String
  package var checkpoints: [Checkpoint]
  package var tensors: Int
  /// Names of tensors that are θ₀'s bytes, as --exclude wants it.
  package var excluded: [String]
  /// Names of excluded tensors that only fine-tuned checkpoints have.
  package var leftOut: [String]
  package var synced: Bool
}
