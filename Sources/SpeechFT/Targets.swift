import Experiment
import Speech
import Torch

/// The symbols or classes that a head gives, as the training utterances show them.
struct OutputInventory: Codable, Sendable {
  /// Sorted; for sequences output 0 is CTC's blank, so symbol k is output k + 1.
  let symbols: [String]
  let isSequence: Bool

  init(_ target: Target, training: [Utterance]) {
    isSequence = target.isSequence
    symbols = Set(training.flatMap { target.values(of: $0) ?? [] }).sorted()
  }

  /// Outputs of the head.
  var outputs: Int { symbols.count + (isSequence ? 1 : 0) }

  /// The output numbers of an utterance's values; values never seen in training are left out.
  func numbers(of values: [String]) -> [Int] {
    values.compactMap { value in
      position(of: value).map { $0 + (isSequence ? 1 : 0) }
    }
  }

  /// The symbols of output numbers, without blanks.
  func symbols(of numbers: [Int]) -> [String] {
    numbers.compactMap { number in
      let index = number - (isSequence ? 1 : 0)
      return symbols.indices.contains(index) ? symbols[index] : nil
    }
  }

  private func position(of value: String) -> Int? {
    var (low, high) = (0, symbols.count)
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < symbols.count && symbols[low] == value ? low : nil
  }
}

extension Target {
  /// What an utterance says of this target: a sequence, or one label; `nil` where it says nothing.
  func values(of utterance: Utterance) -> [String]? {
    switch self {
    case .phones: utterance.phones.flatMap { $0.isEmpty ? nil : $0 }
    case .characters: utterance.text.map { $0.lowercased().map(String.init) }
    case .label, .labels:
      labels.allSatisfy { utterance.labels[$0] != nil }
        ? labels.compactMap { utterance.labels[$0] } : nil
    case .slots: utterance.text.map { SlotText($0).tokens }
    case .alignedPhones: utterance.alignment.flatMap { $0.isEmpty ? nil : $0.map(\.phone) }
    case .trials, .turns, .queries, .codewords: nil
    }
  }

  /// The loss of a batch: CTC over B×T×symbols, or cross-entropy over B×classes. `frames` is T of
  /// each utterance, `numbers` its output numbers.
  func loss(_ outputs: Tensor, frames: [Int], numbers: [[Int]]) throws -> Tensor {
    if isPooled {
      let classes = numbers.map { Int64($0.first ?? -100) }
      return try Network.crossEntropy(
        outputs, targets: Tensor(classes, shape: [classes.count]), ignoreIndex: -100)
    }
    if isFramewise { return try FrameTargets(numbers, frames: outputs.shape[1]).loss(outputs) }
    let logProbabilities = try outputs.logSoftmax(dimension: 2).transposed(0, 1)
    let flat = numbers.flatMap { $0.map(Int64.init) }
    return try Network.ctcLoss(
      logProbabilities, targets: Tensor(flat, shape: [flat.count]), inputLengths: frames,
      targetLengths: numbers.map(\.count), blank: 0, zeroInfinity: true)
  }

  /// What the outputs say: the best class, or CTC's best path without repeats and blanks.
  func decode(_ outputs: Tensor, frames: [Int]) throws -> [[Int]] {
    let best = try outputs.argmax(dimension: isPooled ? 1 : 2)
    let longest = isPooled ? 1 : outputs.shape[1]
    let flat = try best.int64s().map(Int.init)
    return frames.indices.map { row in
      if isPooled { return [flat[row]] }
      if isFramewise { return Array(flat[(row * longest)..<(row * longest + frames[row])]) }
      var path: [Int] = []
      var last = 0
      for symbol in flat[(row * longest)..<(row * longest + frames[row])] {
        if symbol != last, symbol != 0 { path.append(symbol) }
        last = symbol
      }
      return path
    }
  }
}

extension Utterance {
  /// The phone at the middle of each frame's window; `nil` where none was heard. Frames are those of
  /// every encoder here: 400 samples every 320.
  func alignedPhones(frames: Int) -> [String?] {
    var next = (alignment ?? [])[...]
    return (0..<frames).map { frame in
      let middle = 320 * frame + 200
      next = next.drop { $0.end <= middle }
      return next.first.flatMap { $0.start <= middle ? $0.phone : nil }
    }
  }
}
