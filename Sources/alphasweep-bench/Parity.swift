import ArgumentParser
import Foundation
import Speech
import Torch

/// Compares an encoder with what the reference computed from the same folder.
struct Parity: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares an encoder with a reference's numbers: 'make parity'.",
    discussion: """
      The folder holds config.json, model.safetensors and oracle.safetensors, as \
      Tests/Parity/encoders.py writes them. Prints the largest differences as one JSON object.
      """)

  @Argument(help: "Folder of the checkpoint and the reference's numbers.") var folder: String
  @Option(help: "Threads to compute with.") var threads = 2

  func run() throws {
    try TorchRuntime.setThreads(threads)
    var comparison = try EncoderComparison(folder: folder)
    try comparison.compareUtterances()
    try comparison.comparePaddedBatch()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    print(String(decoding: try encoder.encode(comparison.result), as: UTF8.self))
  }
}

/// The largest differences found.
struct ParityResult: Encodable {
  /// Hidden states compared.
  var states = 0
  /// The largest difference of any number of them, and the largest number.
  var state = 0.0
  var largestState = 0.0
  /// Tensors whose gradients were compared.
  var gradients = 0
  /// The largest difference of a gradient, relative to the largest of its tensor.
  var gradient = 0.0
  var worstGradient = ""
}

struct EncoderComparison {
  private let weights: EncoderWeights
  private let encoder: SpeechEncoder
  private let oracle: SafetensorsFile
  private(set) var result = ParityResult()

  init(folder: String) throws {
    weights = try CheckpointFolder.read(folder)
    encoder = SpeechEncoder(weights)
    oracle = try SafetensorsFile(path: folder + "/oracle.safetensors")
  }

  /// Utterances alone, and where the oracle has one, a batch of equal length.
  mutating func compareUtterances() throws {
    for name in ["0", "1", "equal"] where oracle.names.contains("waveform.\(name)") {
      let states = try Autograd.disabled {
        try encoder.encode(
          encoder.project(encoder.downsample(oracle.tensor(named: "waveform.\(name)"))))
      }
      for (layer, state) in states.enumerated() {
        try compare(state, with: name == "equal" ? "equal.\(layer)" : "state.\(name).\(layer)")
      }
    }
  }

  /// Both utterances, downsampled one by one, in one batch; then the gradients. Of a filterbank, the
  /// reference's own frames go into the batch: no weight is before them, and the logarithm of a band
  /// that is nearly empty hangs on the rounding of the Fourier transform.
  mutating func comparePaddedBatch() throws {
    for (_, tensor) in weights.ordered { try tensor.setRequiresGradient(true) }
    let frames = try (0..<2).map { number in
      let given = "downsampled.\(number)"
      return try oracle.names.contains(given)
        ? oracle.tensor(named: given)
        : encoder.downsample(oracle.tensor(named: "waveform.\(number)"))
    }
    let lengths = frames.map { $0.shape[1] }
    let batch = try Tensor.concatenated(
      frames.map { try $0.extended(dimension: 1, to: lengths.max() ?? 0) }, dimension: 0)
    let states = try encoder.encode(
      encoder.project(batch), padding: PaddingMask(lengths: lengths))
    for (layer, state) in states.enumerated() {
      for (row, length) in lengths.enumerated() {
        try compare(state.detached(), with: "padded.\(layer)", row: row, frames: length)
      }
    }
    try states[states.count - 1].multiplying(by: oracle.tensor(named: "direction")).sum()
      .backward()
    for (name, tensor) in weights.ordered where name != EncoderTensors.mask {
      try compareGradient(of: name, tensor)
    }
  }

  /// All of a state, or the real frames of one utterance of a padded batch.
  private mutating func compare(
    _ found: Tensor, with name: String, row: Int? = nil, frames: Int = 0
  ) throws {
    func chosen(_ tensor: Tensor) throws -> Tensor {
      guard let row else { return tensor }
      return try tensor.select(dimension: 0, index: row)
        .narrow(dimension: 0, start: 0, count: frames)
    }
    let wanted = try chosen(oracle.tensor(named: name))
    let difference = try chosen(found).subtracting(wanted).abs().maximum().item()
    result.states += 1
    // A difference that is no number is none that passes.
    result.state = max(result.state, difference.isNaN ? .infinity : difference)
    result.largestState = max(result.largestState, try wanted.abs().maximum().item())
  }

  private mutating func compareGradient(of name: String, _ tensor: Tensor) throws {
    let wanted = try oracle.tensor(named: "gradient." + name)
    // Softmax is blind to the keys' bias: its gradient is rounding, in proportion to their weight's.
    let scaleName = name.replacingOccurrences(of: "k_proj.bias", with: "k_proj.weight")
    let scale = try oracle.tensor(named: "gradient." + scaleName).abs().maximum().item()
    let error =
      try tensor.gradient.map {
        try $0.subtracting(wanted).abs().maximum().item() / scale
      } ?? .infinity
    result.gradients += 1
    guard error > result.gradient || error.isNaN else { return }
    result.gradient = error.isNaN ? .infinity : error
    result.worstGradient = name
  }
}
