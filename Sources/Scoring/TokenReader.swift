/// Makes of answers what error rates count.
struct TokenReader {
  private let kind: ScoreTask.TokenKind
  private let joins: Bool
  private var inventory = TokenInventory()

  init(_ kind: ScoreTask.TokenKind, joins: Bool) {
    self.kind = kind
    self.joins = joins
  }

  /// The tokens of a list as they stand; of a text what stands between white space, or its
  /// characters.
  mutating func numbers(
    of answer: Answer, file: String, _ problems: inout [ScoreError.Problem]
  ) -> [TokenInventory.Number] {
    func fail(_ what: String) { problems.append(.init(file, answer.line, what)) }
    switch (answer.content, kind) {
    case (.text(let text), .characters): return TokenInventory.characters(of: text)
    case (.text(let text), .phones), (.text(let text), .words): return inventory.words(of: text)
    case (.list(let tokens), .words) where joins: return inventory.words(of: tokens.joined())
    case (.list(let tokens), .characters):
      if let long = tokens.first(where: { $0.count != 1 }) {
        fail("'\(long)' is no single character; give a text, whose characters are counted")
      }
      return inventory.numbers(of: tokens)
    case (.list(let tokens), .phones), (.list(let tokens), .words):
      if let blank = tokens.first(where: { $0.allSatisfy(\.isWhitespace) }) {
        let remedy = kind == .words ? "; '--join' makes words of characters" : ""
        fail("'\(blank)' is none of the \(kind.words.plural)\(remedy)")
      }
      return inventory.numbers(of: tokens)
    case (.map, _):
      fail("a text or a list of tokens is wanted here")
      return []
    }
  }

  /// The text of an answer; that of a list without anything between its tokens.
  static func joined(
    _ answer: Answer, file: String, _ problems: inout [ScoreError.Problem]
  ) -> String {
    switch answer.content {
    case .text(let text): return text
    case .list(let tokens): return tokens.joined()
    case .map:
      problems.append(.init(file, answer.line, "a text or a list of tokens is wanted here"))
      return ""
    }
  }
}

/// Makes of answers what accuracies compare.
enum LabelReader {
  /// Whether all labels are the same: a list of one is as good as the label itself.
  static func agree(_ pair: AnswerPair) -> Bool {
    switch (pair.reference.content, pair.hypothesis.content) {
    case (.map(let reference), .map(let hypothesis)):
      reference.count == hypothesis.count
        && reference.allSatisfy { name, label in hypothesis[name].map { same($0, label) } ?? false }
    case (.map, _), (_, .map): false
    case (let reference, let hypothesis):
      labels(reference).count == labels(hypothesis).count
        && zip(labels(reference), labels(hypothesis)).allSatisfy { same($0, $1) }
    }
  }

  /// All labels of an answer as one name.
  static func name(_ answer: Answer) -> String { labels(answer.content).joined(separator: " ") }

  /// The labels of an answer's frames; `nil` where it has names for them.
  static func frames(_ answer: Answer) -> [String]? {
    switch answer.content {
    case .text(let text): text.split(whereSeparator: \.isWhitespace).map(String.init)
    case .list(let labels): labels
    case .map: nil
    }
  }

  /// Code point for code point.
  static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  private static func labels(_ content: Answer.Content) -> [String] {
    switch content {
    case .text(let text): [text]
    case .list(let labels): labels
    case .map(let labels): labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }
  }
}
