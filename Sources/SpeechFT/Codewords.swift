import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// The `codewords` stage: pseudo-labels for continued pre-training, one number a frame, from θ₀'s own
/// pre-training head on its last hidden state, nothing masked, no dropout.
///
/// Source: Speech-FT (arXiv 2502.12672), unsupervised fine-tuning: targets are the argmax of HuBERT's own
/// codeword logits.
package struct Codewords {
  private let context: StageContext
  private let parameters: CodewordsParameters

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
  }

  /// Writes `codewords.safetensors` (`codewords`: all utterances' frames, int64), `index.jsonl` and
  /// `facts.json`.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(parameters.threads)
    let heard = try EncodedCorpus(context, parameters.selection)
    let (encoder, utterances) = (heard.encoder, heard.utterances)
    let codebook = try codebook()
    var numbers: [Int64] = []
    var index = FrameIndex()
    try Autograd.disabled {
      for (number, utterance) in utterances.enumerated() {
        let states = try encoder.encode(encoder.project(heard.downsampled(utterance)))
        let hidden = try states[states.count - 1].squeezed(0)
        index.append(utterance: utterance, frames: hidden.shape[0])
        numbers += try codebook.codewords(hidden)
        if number % 20 == 0 {
          context.progress(
            Double(number) / Double(utterances.count), "\(number)/\(utterances.count) recordings")
        }
      }
    }
    try Safetensors.write(
      tensors: [(name: "codewords", tensor: Tensor(numbers, shape: [numbers.count]))],
      metadata: [:], to: folder + "/codewords.safetensors")
    try index.write(to: folder + "/index.jsonl")
    let facts = Canonical.map([
      "codewords": .integer(codebook.count), "used": .integer(Set(numbers).count),
      "frames": .integer(numbers.count),
    ])
    try Data((facts.text + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/facts.json"))
  }

  private func codebook() throws -> Codebook {
    let input = try context.input("codebook")
    let path = try context.folder("codebook")
    if case .external(_, let digest) = input { try CheckpointDigest.check(path, is: digest) }
    return try Codebook(path: path)
  }
}

/// What a `codewords` stage left.
struct StoredCodewords {
  /// Codewords that there are.
  let count: Int
  private let numbers: [Int64]
  private let entries: [String: FrameIndex.Entry]

  init(folder: String) throws {
    struct Facts: Decodable { var codewords: Int }
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/facts.json"))
    count = try JSONDecoder().decode(Facts.self, from: data).codewords
    numbers = try SafetensorsFile(path: folder + "/codewords.safetensors")
      .tensor(named: "codewords").int64s()
    let index = try FrameIndex(path: folder + "/index.jsonl").entries
    let there = numbers.count
    guard index.allSatisfy({ $0.start + $0.frames <= there }) else {
      throw StageError.unusable(
        stage: folder + "/codewords.safetensors", problem: "it is shorter than its index")
    }
    entries = Dictionary(index.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The number of each frame of an utterance; `nil` where it was not numbered.
  func callAsFunction(_ utterance: Utterance) -> [Int]? {
    entries[utterance.id].map { numbers[$0.start..<($0.start + $0.frames)].map(Int.init) }
  }
}
