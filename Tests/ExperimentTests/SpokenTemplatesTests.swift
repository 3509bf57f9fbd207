import Testing

@testable import Experiment

struct SpokenTemplatesTests {
  private static let text = """
    templates: house
    description: Made up
    seed: 3
    voices: { train: [en+m1, en+f1], test: [en+m2] }
    utterances: { train: 40, test: 10 }
    slots: { room: [hall, cellar], number: [two, six, ten] }
    commands:
      - labels: { action: "on", place: "{room}" }
        texts: ["lights in the {room}", "{room} lights for {number}"]
      - labels: { action: wake, place: none }
        texts: ["wake me at {number}"]
    """

  private func templates(_ change: (String) -> String = { $0 }) throws -> SpokenTemplates {
    try SpokenTemplates(yaml: change(Self.text), file: "house.yaml")
  }

  @Test func `words, tags and labels of an utterance have the same values`() throws {
    let utterances = try templates().utterances
    #expect(utterances.count == 50)
    #expect(Set(utterances.map(\.words)).count > 8, "2 + 6 + 3 sentences")
    for utterance in utterances {
      #expect(utterance.tagged.replacing(#/<[^>]*>/#, with: "") == utterance.words)
      #expect(!utterance.words.contains("{"))
      let room = utterance.tagged.firstMatch(of: #/<room>(.*?)<\/room>/#).map { String($0.1) }
      #expect(utterance.labels["place"] == room ?? "none")
      #expect(utterance.labels["action"] == (room == nil ? "wake" : "on"))
      #expect(["two", "six", "ten"].contains { utterance.words.contains($0) } || room != nil)
    }
  }

  @Test func `voices take turns in their own split`() throws {
    let utterances = try templates().utterances
    #expect(utterances.prefix(4).map(\.voice) == ["en+m1", "en+f1", "en+m1", "en+f1"])
    #expect(utterances.allSatisfy { ($0.split == .test) == ($0.voice == "en+m2") })
    #expect(utterances.last?.path == "test/00010.wav")
  }

  @Test func `more utterances leave the others as they are, and another seed does not`() throws {
    let few = try templates().utterances.filter { $0.split == .train }
    let more = try templates { $0.replacing("train: 40", with: "train: 60") }.utterances
    #expect(Array(more.prefix(40)) == few)
    let other = try templates { $0.replacing("seed: 3", with: "seed: 4") }.utterances
    #expect(other.prefix(40).map(\.words) != few.map(\.words))
  }

  @Test func `lines of the manifest are read as they were meant`() throws {
    let spoken = try templates()
    let lines = spoken.utterances.enumerated().map {
      spoken.line($1, number: $0 + 1, in: "synthetic/house")
    }
    let corpus = try CorpusDefinition(
      yaml: """
        corpus: house
        description: Made up
        licence: none
        language: en
        manifest: house.jsonl
        obtain: nowhere
        labels: [action, place]
        speaker: speaker
        seconds: [0.3, 8]
        """, file: "house.yaml")
    let text = lines.map { $0.text + "\n" }.joined()
    let read = try CorpusManifest(Array(text.utf8), file: "house.jsonl", corpus: corpus)
    #expect(read.lines == lines)
  }

  @Test(
    arguments: [
      (
        "texts: [\"wake me at {number}\"]", "texts: [\"wake me at {hour}\"]",
        "house.yaml:11:13: unknown slot 'hour'; known: number, room"
      ),
      (
        "test: [en+m2]", "test: [en+m1]",
        "house.yaml:4:9: voice 'en+m1' speaks for train and for test; a voice must be heard in one of them"
      ),
      (
        "hall, cellar", "hall, <cellar>",
        "house.yaml:6:23: a value of slot 'room' must be words without '<', '>', '{' and '}'"
      ),
      (
        "train: 40, test: 10", "train: 40, dev: 5, test: 10",
        "house.yaml:1:1: 'utterances' has 5 for dev, and 'voices' nobody to speak them"
      ),
      (
        "action: wake,", "action: wake, speaker: me,",
        "house.yaml:10:13: 'speaker' is the label of the voices; call this one otherwise"
      ),
    ])
  func `what cannot be spoken is said with its place`(old: String, new: String, words: String) {
    let error = #expect(throws: SpecError.self) {
      try templates { $0.replacing(old, with: new) }
    }
    #expect(error.map { String(describing: $0) } == words)
  }
}
