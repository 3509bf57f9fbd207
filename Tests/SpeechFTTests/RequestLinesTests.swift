import Experiment
import Foundation
import Testing

@testable import SpeechFT

/// What a worker reads from its input.
@Suite struct RequestLinesTests {
  private let pipe = Pipe()

  private static func request(_ name: String) throws -> StageRequest {
    let stage = try Stage(.evaluate, parameters: ["name": name], inputs: [:], label: name)
    return StageRequest(stage, in: Plan(experiment: "e", question: "?"), attempt: 1)
  }

  /// Requests called by `names`, the groups among them as companions.
  private static func lines(_ names: [String], together groups: [[String]]) throws -> [String] {
    try names.map { name in
      var request = try request(name)
      let others = groups.first { $0.contains(name) }?.filter { $0 != name } ?? []
      request.companions =
        others.isEmpty ? nil : try others.map { try Self.request($0).key }
      return request.canonical.text + "\n"
    }
  }

  private func send(_ text: String) throws {
    try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
  }

  private func all(_ requests: inout RequestLines) throws -> [[String]] {
    var found: [[String]] = []
    while let next = try requests.next() { found.append(next.map(\.label)) }
    return found
  }

  @Test func companionsAreGivenAtOnceInWhateverOrderTheyCome() throws {
    let text = try Self.lines(
      ["a", "b", "c", "d", "e", "f"], together: [["a", "e", "c"], ["b", "f"]]
    ).joined()
    try send(text)
    try pipe.fileHandleForWriting.close()
    var requests = RequestLines(descriptor: pipe.fileHandleForReading.fileDescriptor)
    #expect(try all(&requests).map { $0.sorted() } == [["a", "c", "e"], ["b", "f"], ["d"]])
  }

  @Test func aCompanionThatDoesNotComeIsNotWaitedForForEver() throws {
    let lines = try Self.lines(["a", "b", "c"], together: [["a", "c"]])
    try send(lines[0] + lines[1])
    var requests = RequestLines(
      descriptor: pipe.fileHandleForReading.fileDescriptor, patience: .milliseconds(50))
    #expect(try requests.next()?.map(\.label) == ["a"])
    #expect(try requests.next()?.map(\.label) == ["b"])
    try send(lines[2])
    #expect(try requests.next()?.map(\.label) == ["c"])
    try pipe.fileHandleForWriting.close()
    #expect(try requests.next() == nil)
  }

  @Test func linesThatComeInPiecesAreWhole() throws {
    let text = Array(try Self.lines(["a", "b"], together: [["a", "b"]]).joined().utf8)
    let (reading, writing) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
    let thread = Thread {
      for start in stride(from: 0, to: text.count, by: 97) {
        writing.write(Data(text[start..<min(start + 97, text.count)]))
        usleep(1_000)
      }
      try? writing.close()
    }
    thread.start()
    var requests = RequestLines(descriptor: reading.fileDescriptor)
    #expect(try all(&requests) == [["a", "b"]])
  }

  @Test func aLineThatIsNoRequestIsAnError() throws {
    try send("{}\n")
    var requests = RequestLines(descriptor: pipe.fileHandleForReading.fileDescriptor)
    #expect(throws: DecodingError.self) { try requests.next() }
  }
}
