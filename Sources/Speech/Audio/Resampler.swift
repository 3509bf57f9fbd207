import CSoxr

/// Sample-rate conversion with libsoxr's high-quality recipe (linear phase, 20 bit), on one thread:
/// the same samples give the same samples.
package struct Resampler: Sendable {
  /// Hz.
  package let inputRate: Int
  /// Hz.
  package let outputRate: Int

  package init(from inputRate: Int, to outputRate: Int = 16_000) {
    self.inputRate = inputRate
    self.outputRate = outputRate
  }

  /// Converts a whole recording.
  ///
  /// - Parameter samples: N samples at `inputRate`.
  /// - Returns: N · outputRate / inputRate samples, rounded; the filter's delay is taken out.
  /// - Throws: `AudioError.notResampled` with libsoxr's words.
  package func callAsFunction(_ samples: [Float]) throws(AudioError) -> [Float] {
    guard inputRate != outputRate, !samples.isEmpty else { return samples }
    let wanted = max(1, (samples.count * outputRate + inputRate / 2) / inputRate)
    var quality = soxr_quality_spec(UInt(SOXR_20_BITQ), 0)
    var format = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
    var runtime = soxr_runtime_spec(1)
    var failure: soxr_error_t?
    let converted = [Float](unsafeUninitializedCapacity: wanted) { buffer, count in
      failure = soxr_oneshot(
        Double(inputRate), Double(outputRate), 1, samples, samples.count, nil, buffer.baseAddress,
        wanted, &count, &format, &quality, &runtime)
      if failure != nil { count = 0 }
    }
    if let failure {
      throw .notResampled(from: inputRate, to: outputRate, reason: String(cString: failure))
    }
    return converted
  }
}
