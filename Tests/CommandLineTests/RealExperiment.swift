import Foundation

extension SmallExperiment {
  /// The small experiment as the worker itself can carry it out: recordings that are some, the small
  /// HuBERT of the encoders' tests, a comparison, and a trainer of somebody's own.
  static func real() throws -> SmallExperiment {
    let small = try SmallExperiment(worker: .built)
    for (row, letter) in ["a", "b", "c", "d", "e", "f"].enumerated() {
      for (voice, pitch) in [("low", 110.0), ("high", 230)] {
        try small.write(
          wave(pitch: pitch, colour: Double(row + 1)),
          to: "recordings/letters/\(voice)/\(letter).wav")
      }
    }
    let fixture = URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../SpeechTests/Fixtures/checkpoints/hubert").standardized.path
    for name in ["config.json", "model.safetensors"] {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(fixture)/\(name)"))
      try small.write([UInt8](bytes), to: "experiments/models/tiny/" + name)
    }
    let spec = spec(
      extra:
        "compare: { measures: [linear-cka, weight-distance], corpus: held-out, frames: 100, ridge: 1e-3 }"
    ).replacing(
      "  pre-trained: {}\n",
      with: """
          pre-trained: {}
          command:
            mine: { run: [/bin/sh, trainers/train.sh], files: [trainers/train.sh], alpha: [0.5] }

        """)
    try small.write(spec, to: "experiments/small.yaml")
    try small.write(trainer, to: "experiments/trainers/train.sh")
    return small
  }

  /// Hands θ₀ back, and keeps something for itself.
  private static let trainer = """
    echo ran >> ../ran
    field() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p" "$ALPHASWEEP_REQUEST"; }
    echo kept > "$(field scratch)/state"
    echo "trained"
    cp -r "$(field encoder)" "$(field output)"
    """

  func write(_ bytes: [UInt8], to name: String) throws {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  /// 0.3 s of harmonics, 16-bit mono at 16 kHz.
  private static func wave(pitch: Double, colour: Double) -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian, Array.init)
    }
    let samples = (0..<4800).map { index in
      let time = Double(index) / 16_000
      let value = (1...6).reduce(0.0) { sum, harmonic in
        sum + sin(2 * .pi * pitch * Double(harmonic) * time + colour * Double(harmonic))
          / (1 + abs(Double(harmonic) - colour))
      }
      return Int16(value * 6_000)
    }
    let size = UInt32(2 * samples.count)
    var head = Array("RIFF".utf8) + bytes(36 + size)
    head += Array("WAVEfmt ".utf8) + bytes(UInt32(16)) + bytes(UInt16(1))
    head += bytes(UInt16(1)) + bytes(UInt32(16_000)) + bytes(UInt32(32_000))
    head += bytes(UInt16(2)) + bytes(UInt16(16)) + Array("data".utf8) + bytes(size)
    return head + samples.flatMap { bytes($0) }
  }
}
