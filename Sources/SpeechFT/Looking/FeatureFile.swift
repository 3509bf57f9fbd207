import Experiment
import Foundation
import Speech
import Torch

/// `alphasweep features`: every hidden state of recordings in one safetensors file, float32,
/// (L + 1) × T × D, one tensor a recording.
package struct FeatureFile {
  private let request: FeaturesLook

  package init(_ request: FeaturesLook) { self.request = request }

  /// Writes the file aside, syncs it and renames it.
  ///
  /// - Throws: `LookError`, `AudioError`, `CheckpointError`, `SafetensorsError`; nothing is left then.
  package func write(report: (Double, String) -> Void) throws -> FeaturesAnswer {
    try DeviceScope.during(request.device.description) { try writeFromDevice(report: report) }
  }

  private func writeFromDevice(report: (Double, String) -> Void) throws -> FeaturesAnswer {
    guard !FileManager.default.fileExists(atPath: request.output) else {
      throw LookError.exists(path: request.output)
    }
    try TorchRuntime.setThreads(request.threads)
    let files = try RecordingFiles.named(request.recordings)
    let states = HiddenStates(try CheckpointFolder.read(request.checkpoint))
    let configuration = states.configuration
    // Lengths first: the header comes before the first tensor, and 13 x 768 numbers a frame are too
    // many to keep until the last is known.
    let entries = try files.map { file in
      let count = try HiddenStates.samples(of: file).count
      let frames = configuration.frames(samples: count)
      guard frames > 0 else {
        throw LookError.tooShort(
          recording: file, samples: count, needed: configuration.windowSamples)
      }
      return FeaturesAnswer.Entry(name: file, frames: frames)
    }
    let aside = "\(request.output).\(getpid()).new"
    do {
      let stream = try SafetensorsStream(
        path: aside, dtype: .float32,
        shapes: entries.map {
          ($0.name, [configuration.layers + 1, $0.frames, configuration.width])
        })
      try Autograd.disabled {
        for (number, name) in stream.names.enumerated() {
          report(Double(number) / Double(files.count), name)
          try stream.append(states(HiddenStates.samples(of: name)))
        }
      }
      try stream.finish()
      guard rename(aside, request.output) == 0 else {
        throw LookError.unwritable(path: request.output, reason: String(cString: strerror(errno)))
      }
    } catch {
      unlink(aside)
      throw error
    }
    return FeaturesAnswer(
      output: request.output, states: configuration.layers + 1, width: configuration.width,
      recordings: entries)
  }
}
