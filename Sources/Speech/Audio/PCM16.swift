/// Signed 16-bit samples: how corpora hold audio.
package enum PCM16 {
  /// Rounded to the nearest step of 1/32768 without dither, and clipped.
  package static func encode(_ sample: Float) -> Int16 {
    Int16(max(-32_768, min(32_767, (sample * 32_768).rounded())))
  }

  package static func decode(_ sample: Int16) -> Float { Float(sample) / 32_768 }
}
