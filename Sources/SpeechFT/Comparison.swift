import Experiment
import Foundation
import Speech
import Torch

/// The `compare` stage: how far an encoder's features and weights are from θ₀'s.
///
/// Linear CKA (Kornblith et al. 2019, arXiv 1905.00414), its debiased form, ridge R² of θ₀'s frames
/// from the model's, all by layer over the same sampled held-out frames; and ‖θ−θ₀‖₂.
package struct Comparison {
  private let context: StageContext
  private let parameters: CompareParameters

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
  }

  /// Writes `similarity.json`.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(parameters.threads)
    let record = try Autograd.disabled { try self.record() }
    let text = try Canonical(encoding: record).text + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/similarity.json"))
  }

  private func record() throws -> SimilarityRecord {
    let corpora = context.request.inputs.keys.filter { $0.hasPrefix("features.") }
      .map { String($0.dropFirst("features.".count)) }.sorted()
    let distance = try SimilarityRecord.WeightDistance.between(
      context.weights("pre-trained"), context.weights("encoder"))
    // Sums in float64 by BLAS's symmetric products: work for the CPU.
    return try DeviceScope.during(Device.cpu.description) {
      try record(corpora, distance)
    }
  }

  private func record(
    _ corpora: [String], _ distance: SimilarityRecord.WeightDistance
  ) throws -> SimilarityRecord {
    let samples = try corpora.map { corpus in
      (
        reference: try sample("reference." + corpus), features: try sample("features." + corpus)
      )
    }
    guard let layers = samples.first?.reference.count else {
      throw StageError.empty(stage: context.request.label, what: "sampled feature")
    }
    var list: [SimilarityRecord.Layer] = []
    for layer in 0..<layers {
      let reference = try Tensor.concatenated(samples.map { $0.reference[layer] }, dimension: 0)
      let features = try Tensor.concatenated(samples.map { $0.features[layer] }, dimension: 0)
      let similarity = try FeatureSimilarity.compare(
        reference: reference, features: features, ridge: parameters.ridge)
      list.append(
        SimilarityRecord.Layer(
          layer: layer, linearCKA: similarity.linearCKA, debiasedCKA: similarity.debiasedCKA,
          r2: similarity.r2))
      context.progress(Double(layer + 1) / Double(layers + 1), "layer \(layer)")
    }
    let frames = samples.reduce(0) { $0 + ($1.reference.first?.shape[0] ?? 0) }
    return SimilarityRecord(
      layers: list,
      weightDistance: distance, frames: frames, corpora: corpora)
  }

  /// The sampled frames of a `features` artifact: one tensor a layer.
  private func sample(_ role: String) throws -> [Tensor] {
    let file = try SafetensorsFile(path: context.folder(role) + "/sampled.safetensors")
    return try file.names.indices.map { try file.tensor(named: "layer.\($0)") }
  }
}
