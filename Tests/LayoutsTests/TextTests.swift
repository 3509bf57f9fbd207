import Foundation
import Testing

@testable import Layouts

/// Texts and phones as s3prl's own code makes them (`Fixtures/make_texts.py`).
struct TextTests {
  private struct Fixture: Decodable {
    struct Normalised: Decodable {
      var language: String
      var sentence: String
      var text: String
    }
    struct Phones: Decodable {
      var text: String
      var phones: [String]
    }
    var normalised: [Normalised]
    var lexicons: [String]
    var phones: [Phones]
  }

  private let fixture: Fixture

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/texts", withExtension: "json"))
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
  }

  @Test func `Common Voice's texts are normalised as SUPERB-SG's`() {
    #expect(fixture.normalised.count == 96)
    #expect(fixture.normalised.contains { $0.text.isEmpty && !$0.sentence.isEmpty })
    for wanted in fixture.normalised {
      let found = CommonVoiceText.normalised(wanted.sentence, language: wanted.language)
      // By scalars: strings that look alike are equal otherwise.
      #expect(
        Array(found.unicodeScalars) == Array(wanted.text.unicodeScalars),
        "\(wanted.language): \(wanted.sentence)")
    }
  }

  @Test func `phones are those of s3prl's lexicons`() {
    var lexicon = PhoneLexicon()
    for text in fixture.lexicons { lexicon.read(LayoutText(name: "lexicon.txt", text: text)) }
    #expect(fixture.phones.count == 5)
    for wanted in fixture.phones { #expect(lexicon.phones(of: wanted.text) == wanted.phones) }
    #expect(lexicon.unknown.isEmpty)
    #expect(lexicon.phones(of: "THE DOG SAT") == nil && lexicon.unknown == ["DOG", "SAT"])
  }

  @Test func `tables are read as CSV is`() {
    let list = LayoutText(
      name: "t.csv", text: "a,b\r\n\"x, \"\"y\"\"\",2\n\n\"over\ntwo\",\"\"\n1,2,3\nlast,5\"6")
    let table = DelimitedTable(list, delimiter: ",")
    #expect(table.columns == ["a", "b"])
    #expect(table.rows.map(\.line) == [2, 4, 7])
    #expect(table.rows.map { $0.fields["a"] } == ["x, \"y\"", "over\ntwo", "last"])
    #expect(table.rows.map { $0.fields["b"] } == ["2", "", "5\"6"])
    #expect(table.uneven.map { [$0.line, $0.fields] } == [[6, 3]])
  }
}
