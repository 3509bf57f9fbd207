import Experiment
import Foundation
import Testing

@testable import Speech

/// Silences are left out as Debian's sox leaves them out.
@Suite struct SilenceRemovalTests {
  struct Recording: Decodable {
    var name: String
    var samples: Int
    var kept: Int
    var sha256: String
  }

  private func recordings() throws -> [(facts: Recording, samples: [Float])] {
    let json = try Data(contentsOf: URL(fileURLWithPath: Fixture.path("silence.json")))
    let (all, _) = try AudioFile.read(Fixture.path("silence.wav"))
    var start = 0
    return try JSONDecoder().decode([Recording].self, from: json).map { facts in
      defer { start += facts.samples }
      return (facts, Array(all[start..<start + facts.samples]))
    }
  }

  @Test func whatStaysIsWhatSoxLeavesBitForBit() throws {
    let all = try recordings()
    #expect(all.map(\.facts.kept).max() ?? 0 > 5_000 && all.count == 3)
    for (facts, samples) in all {
      let kept = SilenceRemoval().kept(
        samples.map { SilenceRemoval.quieter(SilenceRemoval.whole($0)) })
      #expect(kept.count == facts.kept, "\(facts.name)")
      let bytes = kept.flatMap { sample in
        withUnsafeBytes(of: sample.littleEndian) { Array($0) }
      }
      #expect(Digest256.hex(of: bytes) == facts.sha256, "\(facts.name)")
    }
  }

  @Test func aCorpusWithoutSilenceHoldsWhatSoxLeaves() throws {
    var site = try CorpusSite()
    let (facts, samples) = try #require(try recordings().first)
    try site.add("one/nl/pauses.wav", wave(samples.map(PCM16.encode)), .train)
    var definition = site.definition
    definition.withoutSilence = true
    let corpus = try site.build(definition)
    let utterance = try #require(corpus.utterances.first { $0.id.hasSuffix("pauses") })
    #expect(utterance.samples == facts.kept && utterance.start == 0)
    #expect(
      try corpus.samples(of: utterance)
        == SilenceRemoval()(samples).map { PCM16.decode(PCM16.encode($0)) })
    // What is silent throughout is still dropped as such.
    let dropped = try Canonical(json: Data(site.folder.bytes("out/facts.json")))["dropped"]?.text
    #expect(dropped?.contains(#"{"path":"one/nl/silent.wav","reason":"silent""#) == true)
  }

  @Test func samplesBeyondFullScaleAreCut() {
    #expect([1, 2, -1, -2].map(SilenceRemoval.whole) == [.max, .max, .min, .min])
    #expect(SilenceRemoval()([]).isEmpty)
  }
}
