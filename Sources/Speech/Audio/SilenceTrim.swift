/// Cuts silence from both ends of a recording.
///
/// The rule: the signal is cut into blocks of 10 ms. A block is sound if its root mean square is at
/// most 40 dB below the loudest block's and at least −60 dB of full scale. What stays is everything
/// from the first sound block to the last, with 100 ms on either side where the recording has them.
/// A recording without sound blocks is silent throughout.
package struct SilenceTrim: Sendable, Hashable {
  package var sampleRate: Int
  /// Power of a sound block relative to the loudest one's: −40 dB.
  package var relativePower = 1e-4
  /// Mean square below which nothing is sound: −60 dB of full scale.
  package var minimumPower = 1e-6
  package var marginSeconds = 0.1

  package init(sampleRate: Int = 16_000) { self.sampleRate = sampleRate }

  /// The samples to keep; empty if the recording is silent throughout.
  package func range(in samples: [Float]) -> Range<Int> {
    let blockSamples = max(1, sampleRate / 100)
    let powers = stride(from: 0, to: samples.count, by: blockSamples).map { start in
      let block = samples[start..<min(start + blockSamples, samples.count)]
      return block.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(block.count)
    }
    let threshold = max(minimumPower, relativePower * (powers.max() ?? 0))
    guard let first = powers.firstIndex(where: { $0 >= threshold }),
      let last = powers.lastIndex(where: { $0 >= threshold })
    else { return 0..<0 }
    let margin = Int(marginSeconds * Double(sampleRate))
    return max(
      0, first * blockSamples - margin)..<min(
        samples.count, (last + 1) * blockSamples + margin)
  }
}
