/// Pronunciations of words, as s3prl reads them for phone recognition: a line is a word and its phones
/// (`WORD W ER1 D`), the first pronunciation of a word counts, and marks of stress stay.
struct PhoneLexicon {
  private var pronunciations: [String: [String]] = [:]
  /// Words that were asked for and have no pronunciation.
  private(set) var unknown: Set<String> = []

  mutating func read(_ list: LayoutText) {
    for (_, line) in list.lines {
      let words = line.words
      if pronunciations[words[0]] == nil { pronunciations[words[0]] = Array(words.dropFirst()) }
    }
  }

  /// The phones of a text's words, one after the other; `nil` where one is unknown.
  mutating func phones(of text: String) -> [String]? {
    var phones: [String] = []
    var isKnown = true
    for word in text.uppercased()[...].words {
      guard let found = pronunciations[word] else {
        unknown.insert(word)
        isKnown = false
        continue
      }
      phones += found
    }
    return isKnown ? phones : nil
  }
}
