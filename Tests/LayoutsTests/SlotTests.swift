import Experiment
import Foundation
import Testing

@testable import Layouts

/// Audio SNIPS's slots as s3prl's own encoder understands them (`Fixtures/make_slots.py`).
struct SlotTests {
  private struct Fixture: Decodable {
    struct Line: Decodable {
      var line: String
      var decoded: String
    }
    var slots: [String]
    var lines: [Line]
  }

  @Test func `tags stand where s3prl begins and ends a slot`() throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/slots", withExtension: "json"))
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    let site = try LayoutSite("SNIPS")
    try site.write(fixture.slots.joined(separator: "\n"), to: "slots.txt")
    try site.write(fixture.lines.map { $0.line + "\n" }.joined(), to: "all.iob.snips.txt")
    for number in fixture.lines.indices { try site.touch("train/Ivy-snips-train-\(number).wav") }
    let found = try site.manifest(AudioSnipsLayout.self).lines
    #expect(found.count == 9)
    for (line, wanted) in zip(found, fixture.lines) {
      let text = try #require(line.entry.text)
      // `<artist>sting</artist>` is `B-artist sting E-artist` there.
      let theirs = text.replacing(/<([^\/>]+)>/) { "B-\($0.1) " }
        .replacing(/<\/([^>]+)>/) { " E-\($0.1)" }
      #expect(theirs == wanted.decoded)
    }
  }
}
