/// How a manifest says what was heard from when to when: `[start, end, "word"]`, in seconds.
struct TimedWord: Codable {
  var start: Double
  var end: Double
  var word: String

  init(start: Double, end: Double, word: String) {
    self.start = start
    self.end = end
    self.word = word
  }

  /// - Throws: `DecodingError` unless there are exactly three entries of these kinds.
  init(from decoder: any Decoder) throws {
    var fields = try decoder.unkeyedContainer()
    start = try fields.decode(Double.self)
    end = try fields.decode(Double.self)
    word = try fields.decode(String.self)
    guard fields.isAtEnd else {
      throw DecodingError.dataCorruptedError(in: fields, debugDescription: "three are wanted")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.unkeyedContainer()
    try fields.encode(start)
    try fields.encode(end)
    try fields.encode(word)
  }
}
