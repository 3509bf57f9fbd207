import Foundation
import Testing

@testable import Experiment

/// The reader of canonical text against Foundation's decoder.
struct CanonicalReaderTests {
  @Test(arguments: [
    #"{"a":[1,2.5,-3e2,true,false,null,"x"],"b":{"c":{}},"d":[]}"#,
    " [ 1 , { \"a\" : \"b\" } ]\r\n\t", #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, "0", "-0", "1.0",
    "9223372036854775807", "9223372036854775808", "1e3", "0.1", "12345678901234567890123",
    #"{"":"","é":1,"\u0041":2}"#,
  ])
  func `what it reads is what Foundation reads`(text: String) throws {
    let read = try Canonical(json: Data(text.utf8))
    let expected = try JSONDecoder().decode(Canonical.self, from: Data(text.utf8))
    #expect(read == expected)
    #expect(try Canonical(json: Data(read.text.utf8)) == read)
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1", "[1,", "{\"a\"}", "{\"a\":}", "{a:1}", "tru",
    "nul", "+1", "01", "-", "1.", ".5", "1.e3", "1e", "1e400", "--1", "1-2", "\"", "\"\\x\"",
    "\"\\u12\"", "\"\\ud800\"", "\"\u{1}\"", "[1] 2", "NaN", "Infinity",
    String(repeating: "[", count: 100_000),
  ])
  func `what is no JSON is refused, as Foundation does`(text: String) throws {
    #expect(throws: DecodingError.self) { try Canonical(json: Data(text.utf8)) }
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(Canonical.self, from: Data(text.utf8))
    }
  }

  @Test(arguments: ["[1,]", "{\"a\":1,}"])
  func `a comma with nothing after it is refused, which Foundation lets pass`(text: String) {
    #expect(throws: DecodingError.self) { try Canonical(json: Data(text.utf8)) }
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    #expect(throws: DecodingError.self) { try Canonical(json: Data([0x22, 0xFF, 0x22])) }
  }

  @Test func `the place of a mistake is said`() {
    let error = #expect(throws: DecodingError.self) { try Canonical(json: Data("[1,x]".utf8)) }
    guard case .dataCorrupted(let context)? = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(context.debugDescription == "this is no JSON: a value is misspelt (byte 3)")
  }
}

struct FrozenStageTests {
  @Test func `the text that is hashed is that of the identity`() throws {
    let plan = try SmallWorld.plan(
      SmallWorld.spec(methods: "{ pre-trained: {}, stable-ft: {}, speech-ft: { alpha: [0.25] } }"))
    #expect(plan.stages.count > 10)
    for stage in plan.stages.values {
      #expect(stage.identityText == stage.identity.text)
      #expect(StageKey(of: stage.identity) == stage.key)
    }
  }

  @Test func `a request is read as it was written`() throws {
    let plan = try SmallWorld.plan(
      SmallWorld.spec(methods: "{ pre-trained: {}, stable-ft: {}, speech-ft: { alpha: [0.25] } }"))
    for stage in plan.stages.values {
      let request = StageRequest(stage, in: plan, attempt: 3)
      let text = try Canonical(encoding: request).text
      #expect(try StageRequest(json: Data(text.utf8)) == request)
      #expect(try JSONDecoder().decode(StageRequest.self, from: Data(text.utf8)) == request)
    }
  }

  @Test(arguments: ["key", "kind", "parameters", "inputs", "identity", "label", "attempt"])
  func `a request without a member is refused by its name`(member: String) throws {
    let plan = try SmallWorld.plan()
    let stage = try #require(plan.stages.values.first)
    guard
      case .map(var members) = try Canonical(encoding: StageRequest(stage, in: plan, attempt: 1))
    else { return }
    members[member] = nil
    let error = #expect(throws: DecodingError.self) {
      try StageRequest(json: Data(Canonical.map(members).text.utf8))
    }
    guard case .dataCorrupted(let context)? = error else { return }
    #expect(context.debugDescription == "'\(member)' is missing, or is not what it should be")
  }
}
