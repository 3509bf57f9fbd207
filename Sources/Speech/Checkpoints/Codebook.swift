import Foundation
import Torch

/// HuBERT's pre-training head: a projection and one embedding a codeword.
///
/// The logit of a codeword is the cosine of the projected hidden state and its embedding, divided by a
/// temperature (Hsu et al. 2021, equation 3), which changes no argmax and is left out here.
package struct Codebook {
  /// E×D and E.
  private let projection: (weight: Tensor, bias: Tensor)
  /// codewords × E, of unit length.
  private let embeddings: Tensor

  package var count: Int { embeddings.shape[0] }

  /// The tensors' names in fairseq's checkpoints, which ours have too.
  private enum Name: String, CaseIterable {
    case weight = "final_proj.weight"
    case bias = "final_proj.bias"
    case embeddings = "label_embs_concat"
  }

  /// Reads the head from a safetensors file or fairseq's `.pt`, in float32.
  ///
  /// - Parameter path: Of the file.
  /// - Throws: `CheckpointError.tensors` naming what the file lacks, or shapes that do not fit;
  ///   `SafetensorsError`, `TorchArchiveError`.
  package init(path: String) throws {
    let parts = try CheckpointParts(file: path)
    func tensor(_ name: Name) throws -> Tensor {
      let found = parts.tensors.first { stored in
        stored.name == name.rawValue
          || OriginalNames.prefixes.contains { stored.name == $0 + name.rawValue }
      }
      guard let found else {
        throw CheckpointError.tensors(
          path: path, problems: ["missing \(name.rawValue), of the pre-training head"])
      }
      return try found.read().to(.float32)
    }
    let (weight, bias) = (try tensor(.weight), try tensor(.bias))
    let rows = try tensor(.embeddings)
    guard weight.rank == 2, rows.rank == 2, bias.shape == [weight.shape[0]],
      rows.shape[1] == weight.shape[0]
    else {
      throw CheckpointError.tensors(
        path: path,
        problems: [
          "\(Name.weight.rawValue) \(weight.shape), \(Name.bias.rawValue) \(bias.shape) and "
            + "\(Name.embeddings.rawValue) \(rows.shape) do not fit"
        ])
    }
    projection = (weight, bias)
    let lengths = try rows.square().sum(dimensions: [1], keep: true).sqrt()
    embeddings = try rows.divided(by: lengths)
  }

  /// The codeword with the highest logit of each frame: T×D → T numbers. The length of the projected
  /// state divides all logits of a frame alike and is left out.
  ///
  /// - Throws: `TorchError` where D is not the head's.
  package func codewords(_ hidden: Tensor) throws -> [Int64] {
    let projected = try Network.linear(
      hidden, weight: projection.weight, bias: projection.bias)
    return try projected.matmul(embeddings.transposed(0, 1)).argmax(dimension: 1).int64s()
  }
}
