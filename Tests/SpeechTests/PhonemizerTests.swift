import Testing

@testable import Speech

@Suite struct PhonemizerTests {
  private struct Sentence: Decodable {
    var voice: String
    var text: String
    var phones: [String]
  }

  @Test func phonemesAreThoseOfTheProgramEspeakNg() throws {
    let sentences: [Sentence] = try Fixture.json("phonemes.json")
    #expect(sentences.count == 10)
    for sentence in sentences {
      let phones = try Phonemizer(voice: sentence.voice).phonemes(sentence.text)
      #expect(phones == sentence.phones, "\(sentence.text)")
    }
  }

  @Test func phonemizersOfTwoVoicesDoNotDisturbEachOther() throws {
    let dutch = try Phonemizer(voice: "nl")
    let before = try dutch.phonemes("goed")
    let czech = try Phonemizer(voice: "cs").phonemes("goed")
    #expect(try dutch.phonemes("goed") == before)
    #expect(czech != before)
  }

  @Test func stressAndLanguageMarkersGoLengthStays() {
    #expect(
      Phonemizer.phonemes(inClause: "d_ˈaː_t (en)_s_ˌɒ_f_t(nl)_ v_r̩_k\n")
        == ["d", "aː", "t", "s", "ɒ", "f", "t", "v", "r̩", "k"])
  }

  @Test func aTextWithoutWordsHasNoPhonemes() throws {
    #expect(try Phonemizer(voice: "nl").phonemes("") == [])
    #expect(try Phonemizer(voice: "nl").phonemes("...") == [])
  }

  @Test func anUnknownVoiceIsNamed() {
    #expect(throws: PhonemizerError.unknownVoice("xx-nowhere")) {
      try Phonemizer(voice: "xx-nowhere")
    }
    #expect(
      "\(PhonemizerError.unknownVoice("xx-nowhere"))"
        == "espeak-ng has no voice 'xx-nowhere'; `espeak-ng --voices` lists those it has")
  }
}
