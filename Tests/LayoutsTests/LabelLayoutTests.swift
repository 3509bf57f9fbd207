import Experiment
import Foundation
import Testing

@testable import Layouts

/// Corpora of labels and slots: IEMOCAP, Speech Commands, Fluent Speech Commands, Audio SNIPS.
struct LabelLayoutTests {
  // MARK: IEMOCAP

  private func iemocap() throws -> LayoutSite {
    let site = try LayoutSite("IEMOCAP_full_release")
    for session in 1...5 {
      let dialog = "Ses0\(session)F_impro01"
      let root = "Session\(session)"
      let emotions = ["neu", "exc", "xxx", "hap", "sad", "ang", "fru"]
      let lines = emotions.enumerated().map { index, emotion in
        "[6.2901 - 8.2357]\t\(dialog)_\(index % 2 == 0 ? "F" : "M")00\(index)\t\(emotion)\t[2.5, 2.5, 2.5]\n"
          + "C-E2:\tNeutral;\t()\n"
      }
      try site.write(
        "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n" + lines.joined(),
        to: "\(root)/dialog/EmoEvaluation/\(dialog).txt")
      try site.touch("\(root)/dialog/EmoEvaluation/Categorical/\(dialog)_e1_cat.txt")
      for index in emotions.indices {
        try site.touch(
          "\(root)/sentences/wav/\(dialog)/\(dialog)_\(index % 2 == 0 ? "F" : "M")00\(index).wav")
      }
    }
    return site
  }

  @Test func `IEMOCAP has four emotions, a session to test on, and a fifth for development`() throws
  {
    let site = try iemocap()
    let found = try site.manifest(IEMOCAPLayout.self, labels: ["emotion", "session", "speaker"]) {
      $0.fold = 2
    }
    #expect(
      found.lines.filter { $0.split == .test }.map(\.text) == [
        #"{"labels":{"emotion":"neu","session":"Session2"},"recording":"IEMOCAP_full_release/Session2/"#
          + #"sentences/wav/Ses02F_impro01/Ses02F_impro01_F000.wav","speaker":"Ses02F","split":"test"}"#,
        #"{"labels":{"emotion":"sad","session":"Session2"},"recording":"IEMOCAP_full_release/Session2/"#
          + #"sentences/wav/Ses02F_impro01/Ses02F_impro01_F004.wav","speaker":"Ses02F","split":"test"}"#,
        #"{"labels":{"emotion":"hap","session":"Session2"},"recording":"IEMOCAP_full_release/Session2/"#
          + #"sentences/wav/Ses02F_impro01/Ses02F_impro01_M001.wav","speaker":"Ses02M","split":"test"}"#,
        #"{"labels":{"emotion":"hap","session":"Session2"},"recording":"IEMOCAP_full_release/Session2/"#
          + #"sentences/wav/Ses02F_impro01/Ses02F_impro01_M003.wav","speaker":"Ses02M","split":"test"}"#,
        #"{"labels":{"emotion":"ang","session":"Session2"},"recording":"IEMOCAP_full_release/Session2/"#
          + #"sentences/wav/Ses02F_impro01/Ses02F_impro01_M005.wav","speaker":"Ses02M","split":"test"}"#,
      ])
    #expect(found.lines.count == 25 && found.count(.test) == 5)
    #expect(found.counts == ["utterances of other emotions: 10"])
    // Whoever is drawn for development of one fold is so of all that do not test on it.
    let dev = found.lines.filter { $0.split == .dev }.map(\.name)
    let other = try site.manifest(IEMOCAPLayout.self) { $0.fold = 3 }
    #expect(!dev.isEmpty && dev.count < 15)
    #expect(
      dev.filter { !$0.contains("Session3") }
        == other.lines.filter { $0.split == .dev && !$0.name.contains("Session2") }.map(\.name))
  }

  @Test func `IEMOCAP's mistakes are told`() throws {
    let site = try iemocap()
    #expect(
      try site.complaint(IEMOCAPLayout.self)
        == "layout 'iemocap': name the session to test on: '--fold 1' (to 5)")
    #expect(
      try site.complaint(IEMOCAPLayout.self) { $0.fold = 6 }
        == "layout 'iemocap': there are sessions 1 to 5, and no '--fold 6'")
    let path = "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    try site.write("[1 - 2]\tSes01F_impro01\tneu\n[1 - 2]\tSes01F_impro02_F000\tneu\n", to: path)
    #expect(
      try site.complaint(IEMOCAPLayout.self) { $0.fold = 1 } == """
        <corpus>/\(path):1: a line is '[TIMES]', 'Ses01F_impro01_F000', EMOTION and ratings between tabs
        <corpus>/\(path):2: a line is '[TIMES]', 'Ses01F_impro01_F000', EMOTION and ratings between tabs
        """)
  }

  // MARK: Speech Commands

  /// The head of a .wav file of mono PCM at 16 kHz, and no samples after it.
  private func header(seconds: Double) -> Data {
    func word(_ value: Int, _ count: Int = 4) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let format = word(1, 2) + word(1, 2) + word(16_000) + word(32_000) + word(2, 2) + word(16, 2)
    let size = Int(32_000 * seconds)
    return Data("RIFF".utf8) + Data(word(36 + size)) + Data("WAVEfmt ".utf8)
      + Data(word(16) + format) + Data("LIST".utf8) + Data(word(3) + [1, 2, 3, 0])
      + Data("data".utf8) + Data(word(size))
  }

  private func speechCommands() throws -> LayoutSite {
    let site = try LayoutSite("speech-commands")
    let train = "speech_commands_v0.01", test = "speech_commands_test_set_v0.01"
    try site.write("yes/b_nohash_0.wav\n", to: train + "/validation_list.txt")
    try site.write("bed/c_nohash_0.wav\n", to: train + "/testing_list.txt")
    try site.touch(
      train + "/yes/a_nohash_0.wav", train + "/yes/b_nohash_0.wav", train + "/bed/a_nohash_0.wav",
      train + "/bed/c_nohash_0.wav", train + "/LICENSE", test + "/yes/d.wav",
      test + "/_unknown_/e.wav", test + "/_silence_/f.wav")
    try site.write(header(seconds: 11.4), to: train + "/_background_noise_/tap.wav")
    try site.write("", to: train + "/_background_noise_/README.md")
    return site
  }

  @Test func `Speech Commands has twelve classes and a second of noise a line`() throws {
    let found = try speechCommands().manifest(SpeechCommandsLayout.self, labels: ["keyword"])
    func line(_ path: String, _ label: String, _ split: String, _ start: Int = 0, end: Int? = nil)
      -> String
    {
      let end = end.map { #""end":\#($0),"# } ?? ""
      return #"{\#(end)"labels":{"keyword":"\#(label)"},"recording":"speech-commands/\#(path)","#
        + #""split":"\#(split)","start":\#(start)}"# + "\n"
    }
    let train = "speech_commands_v0.01", test = "speech_commands_test_set_v0.01"
    let noise = (0..<11).map {
      line(
        train + "/_background_noise_/tap.wav", "_silence_", $0 == 9 ? "dev" : "train", $0,
        end: $0 + 1)
    }
    #expect(
      found.text == line(test + "/_silence_/f.wav", "_silence_", "test")
        + line(test + "/_unknown_/e.wav", "_unknown_", "test")
        + line(test + "/yes/d.wav", "yes", "test") + noise.joined()
        + line(train + "/bed/a_nohash_0.wav", "_unknown_", "train")
        + line(train + "/yes/a_nohash_0.wav", "yes", "train")
        + line(train + "/yes/b_nohash_0.wav", "yes", "dev"))
    #expect(found.counts == ["recordings of testing_list.txt: 1"])
  }

  @Test func `recordings of Speech Commands' lists that are not there are told`() throws {
    let site = try speechCommands()
    try site.write(
      "yes/b_nohash_0.wav\nno/z_nohash_0.wav\n", to: "speech_commands_v0.01/validation_list.txt")
    #expect(
      try site.complaint(SpeechCommandsLayout.self) == """
        <corpus>: 1 recording that the lists name is not there:
          speech_commands_v0.01/no/z_nohash_0.wav
        """)
    try site.write("no sound", to: "speech_commands_v0.01/_background_noise_/tap.wav")
    #expect(
      try site.complaint(SpeechCommandsLayout.self)
        == "<corpus>/speech_commands_v0.01/_background_noise_/tap.wav: cannot be read: it is no .wav file"
    )
  }

  // MARK: Fluent Speech Commands

  @Test func `Fluent Speech Commands' intents join three slots`() throws {
    let site = try LayoutSite("fluent")
    let head = ",path,speakerId,transcription,action,object,location\n"
    try site.write(
      head + "0,wavs/speakers/x/1.wav,x,\"Turn on, please\",activate,lights,kitchen\n",
      to: "data/train_data.csv")
    try site.write(
      head + "0,wavs/speakers/y/2.wav,y,Pause,deactivate,music,none\n", to: "data/valid_data.csv")
    try site.write(
      head + "0,wavs/speakers/z/3.wav,z,Louder,increase,volume,none\n", to: "data/test_data.csv")
    try site.touch("wavs/speakers/x/1.wav", "wavs/speakers/y/2.wav", "wavs/speakers/z/3.wav")
    let found = try site.manifest(
      FluentSpeechCommandsLayout.self, labels: ["action", "object", "location", "intent"])
    #expect(
      found.text == """
        {"labels":{"action":"activate","intent":"activate lights kitchen","location":"kitchen",\
        "object":"lights"},"recording":"fluent/wavs/speakers/x/1.wav","speaker":"x","split":"train",\
        "text":"Turn on, please"}
        {"labels":{"action":"deactivate","intent":"deactivate music none","location":"none",\
        "object":"music"},"recording":"fluent/wavs/speakers/y/2.wav","speaker":"y","split":"dev",\
        "text":"Pause"}
        {"labels":{"action":"increase","intent":"increase volume none","location":"none",\
        "object":"volume"},"recording":"fluent/wavs/speakers/z/3.wav","speaker":"z","split":"test",\
        "text":"Louder"}

        """)
    try site.write(
      head + "0,wavs/speakers/z/3.wav,z,Louder,,volume,none\n1,x\n", to: "data/test_data.csv")
    #expect(
      try site.complaint(FluentSpeechCommandsLayout.self) == """
        <corpus>/data/test_data.csv:2: 'action' is empty
        <corpus>/data/test_data.csv:3: the line has 2 fields, and the head 7
        """)
  }

  // MARK: Audio SNIPS

  @Test func `Audio SNIPS' slots are tags around their words`() throws {
    let site = try LayoutSite("SNIPS")
    try site.write("O\nartist\nplaylist\n", to: "slots.txt")
    try site.write(
      """
      Ivy-snips-train-0 BOS ADD STING & CO , TO MY LIST EOS\tO O artist artist artist O O playlist \
      playlist AddToPlaylist
      Brian-snips-train-0 BOS PLAY EOS\tO O PlayMusic
      Amy-snips-valid-3 BOS STING EOS\tO artist PlayMusic
      Emma-snips-test-7 BOS ADD STING LIST EOS\tO O artist playlist AddToPlaylist

      """, to: "all.iob.snips.txt")
    try site.touch(
      "train/Ivy-snips-train-0.wav", "valid/Amy-snips-valid-3.wav", "test/Emma-snips-test-7.wav")
    let found = try site.manifest(AudioSnipsLayout.self, labels: ["intent"])
    #expect(
      found.text == """
        {"labels":{"intent":"AddToPlaylist"},"recording":"SNIPS/test/Emma-snips-test-7.wav",\
        "speaker":"Emma","split":"test","text":"ADD <artist>STING</artist> <playlist>LIST</playlist>"}
        {"labels":{"intent":"AddToPlaylist"},"recording":"SNIPS/train/Ivy-snips-train-0.wav",\
        "speaker":"Ivy","split":"train","text":"ADD <artist>STING AND CO</artist> TO \
        <playlist>MY LIST</playlist>"}
        {"labels":{"intent":"PlayMusic"},"recording":"SNIPS/valid/Amy-snips-valid-3.wav",\
        "speaker":"Amy","split":"dev","text":"<artist>STING</artist>"}

        """)
    #expect(
      found.counts == ["utterances of voices that are not of their part: 1"])
    #expect(
      SlotText(found.lines[1].entry.text ?? "").tags
        == ["<artist>", "</artist>", "<playlist>", "</playlist>"])
    try site.write(
      "Ivy-snips-train-0 BOS ADD EOS\tO O\nIvy-snips-train-1 BOS ADD EOS\tO album PlayMusic\n",
      to: "all.iob.snips.txt")
    #expect(
      try site.complaint(AudioSnipsLayout.self) == """
        <corpus>/all.iob.snips.txt:1: a line is 'VOICE-snips-PART-NUMBER BOS WORDS EOS', a tab, 'O', a \
        slot for each word, and the intent
        <corpus>/all.iob.snips.txt:2: slots.txt has no slot 'album'
        """)
  }
}
