import Foundation
import Testing

@testable import Speech

@Suite struct AudioTests {
  /// The fixtures' tone, mixed to mono: the right channel is half as loud.
  private func expected(_ count: Int, rate: Double) -> [Float] {
    (0..<count).map { Float(0.375 * sin(2 * Double.pi * 440 * Double($0) / rate)) }
  }

  private func largestDifference(_ a: some Sequence<Float>, _ b: some Sequence<Float>) -> Float {
    zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test(arguments: zip(["tone.wav", "tone.flac", "tone.ogg"], [1, 1, 655]))
  func everyContainerGivesTheMeanOfItsChannels(file: String, steps: Int) throws {
    let (samples, rate) = try AudioFile.read(Fixture.path(file))
    #expect(rate == 22_050)
    #expect(samples.count == 5512)
    // PCM is exact but for rounding; Vorbis is lossy: 2 % of full scale.
    #expect(largestDifference(samples, expected(5512, rate: 22_050)) <= Float(steps) / 32_768)
  }

  @Test func opusIsDecodedAtItsOwnRate() throws {
    let (samples, rate) = try AudioFile.read(Fixture.path("tone48.opus"))
    #expect(rate == 48_000)
    #expect(samples.count == 11_024)
  }

  @Test func aMissingRecordingIsNamedWithTheSystemsWords() {
    #expect(
      throws: AudioError.unreadable(path: "/no/such.ogg", reason: "No such file or directory")
    ) {
      try AudioFile.read("/no/such.ogg")
    }
    let error = AudioError.unreadable(path: "a.ogg", reason: "No such file or directory")
    #expect("\(error)" == "a.ogg: cannot be read: No such file or directory")
  }

  @Test func bytesThatAreNoSoundAreRefusedWithLibsndfilesWords() {
    let error = #expect(throws: AudioError.self) {
      try AudioFile.decode(Array("OggS is not enough".utf8), path: "bad.ogg")
    }
    guard case .undecodable(path: "bad.ogg", let reason) = error else {
      Issue.record("not undecodable: \(String(describing: error))")
      return
    }
    #expect(!reason.isEmpty && !reason.contains("No Error"))
  }

  @Test func aRecordingWithoutSamplesIsAnError() throws {
    let path = try Fixture.path("empty.ogg")
    #expect(throws: AudioError.noSamples(path: path)) { try AudioFile.read(path) }
    #expect(throws: AudioError.noSamples(path: "a.wav")) {
      try AudioFile.decode(wave([]), path: "a.wav")
    }
    #expect(throws: AudioError.noSamples(path: "a.wav")) {
      try AudioFile.decode([], path: "a.wav")
    }
    #expect("\(AudioError.noSamples(path: "a.wav"))" == "a.wav: it holds no samples")
  }

  @Test func numbersThatAreNotFiniteAreRefused() {
    var bytes = wave([0, 0, 0, 0, 0, 0])
    // The same header as 32-bit floating point: format 3, 3 samples, the last one NaN.
    bytes.replaceSubrange(20..<22, with: [3, 0])
    bytes.replaceSubrange(32..<36, with: [4, 0, 32, 0])
    bytes.replaceSubrange(52..<56, with: [0, 0, 0xC0, 0x7F])
    #expect(throws: AudioError.notFinite(path: "nan.wav", sample: 2)) {
      try AudioFile.decode(bytes, path: "nan.wav")
    }
  }

  @Test func aResampledToneIsTheToneAtTheNewRate() throws {
    let samples = try Resampler(from: 22_050, to: 16_000)(expected(22_050, rate: 22_050))
    #expect(samples.count == 16_000)
    let ideal = expected(16_000, rate: 16_000)
    // Away from the edges, where the filter sees the start and the end. 20 bits are 1e-6.
    #expect(largestDifference(samples[1000..<15_000], ideal[1000..<15_000]) < 2e-6)
  }

  @Test func whatLiesAboveTheNewNyquistFrequencyIsFilteredOut() throws {
    let high = (0..<44_100).map { Float(sin(2 * Double.pi * 12_000 * Double($0) / 44_100)) }
    let samples = try Resampler(from: 44_100)(high)
    #expect((samples[1000..<15_000].map(abs).max() ?? 1) < 1e-5)
  }

  @Test func anEqualRateLeavesSamplesAlone() throws {
    #expect(try Resampler(from: 16_000)([0.25, -1, 0.5]) == [0.25, -1, 0.5])
  }

  @Test func sixteenBitSamplesAreRoundedAndClipped() {
    #expect(PCM16.encode(0.5) == 16_384)
    #expect(PCM16.encode(1.5) == 32_767)
    #expect(PCM16.encode(-1.5) == -32_768)
    #expect(PCM16.encode(0.6 / 32_768) == 1)
    #expect(PCM16.encode(PCM16.decode(-12_345)) == -12_345)
  }
}

@Suite struct SilenceTrimTests {
  private let trim = SilenceTrim(sampleRate: 16_000)

  private func speech(_ seconds: Double, amplitude: Float = 0.5) -> [Float] {
    tone(seconds: seconds).map { PCM16.decode($0) * 2 * amplitude }
  }

  private func silence(_ seconds: Double) -> [Float] {
    Array(repeating: 0, count: Int(seconds * 16_000))
  }

  @Test func silenceGoesButForATenthOfASecondOnEitherSide() {
    let range = trim.range(in: silence(0.5) + speech(1) + silence(0.7))
    #expect(range == 6400..<25_600)
  }

  @Test func aShortSilenceStays() {
    #expect(trim.range(in: silence(0.05) + speech(1) + silence(0.02)) == 0..<17_120)
  }

  @Test func soundIsWhatIsAtMost40DBBelowTheLoudestBlock() {
    let soft = speech(0.3, amplitude: 0.5 * 0.011)
    #expect(trim.range(in: silence(0.5) + soft + speech(1)).lowerBound == 6400)
    let softer = speech(0.3, amplitude: 0.5 * 0.009)
    #expect(trim.range(in: silence(0.5) + softer + speech(1)).lowerBound == 11_200)
  }

  @Test func aRecordingWithoutSoundIsEmpty() {
    #expect(trim.range(in: silence(1)).isEmpty)
    #expect(trim.range(in: speech(1, amplitude: 0.0005)).isEmpty)
    #expect(trim.range(in: []).isEmpty)
  }
}
