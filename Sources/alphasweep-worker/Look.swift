import Artifacts
import Experiment
import Foundation
import SpeechFT
import Torch

/// Answers one question about checkpoints and recordings: a request on standard input, the answer on
/// standard output, progress on standard error.
enum Look {
  static func run() throws {
    TorchRuntime.flushDenormals()
    let input = FileHandle.standardInput.readDataToEndOfFile()
    let request = try JSONDecoder().decode(LookRequest.self, from: input)
    let progress = LookProgress()
    let answer: LookAnswer =
      switch request {
      case .features(let look): .features(try FeatureFile(look).write(report: progress.show))
      case .similarity(let look):
        .similarity(try ModelSimilarity(look).answer(report: progress.show))
      case .inspect(let checkpoint):
        .inspection(CheckpointInspection.inspection(of: checkpoint))
      case .convert(let checkpoint, let output):
        .converted(output: try Conversion.write(checkpoint, to: output))
      }
    progress.clear()
    let encoder = JSONEncoder()
    guard StandardStream.write(try encoder.encode(answer), to: STDOUT_FILENO) else {
      throw StorageError.last("written", "the answer")
    }
  }
}

/// One line that is written over on a terminal, and a line every ten seconds elsewhere.
private final class LookProgress {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant?

  func show(_ fraction: Double, _ what: String) {
    let now = ContinuousClock.now
    let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
    if let last, now - last < pause { return }
    // Short work needs no line in a log.
    if last == nil, !isTerminal, now - start < pause { return }
    last = now
    var text = "\(Int(100 * fraction)) %"
    if fraction > 0.02 {
      let left = Int((now - start) / .seconds(1) * (1 - fraction) / fraction)
      text += " · about \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    text = String((text + " · " + what).prefix(79))
    write(isTerminal ? "\r\u{1B}[K" + text : text + "\n")
  }

  func clear() { if isTerminal, last != nil { write("\r\u{1B}[K") } }

  private func write(_ text: String) { StandardStream.write(text.utf8, to: STDERR_FILENO) }
}
