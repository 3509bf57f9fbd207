import Foundation
import Testing

@testable import Experiment

/// Against Python's json and hashlib: see Fixtures/make_canonical.py.
struct CanonicalTests {
  struct Case: Decodable {
    var value: Canonical
    var text: String
    var sha256: String
  }

  private func cases() throws -> [Case] {
    let url = try #require(
      Bundle.module.url(forResource: "canonical", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }

  @Test func `texts are Python's, and so are their digests`() throws {
    let cases = try cases()
    #expect(cases.count == 18)
    for example in cases {
      // Numbers are compared as values: 1e+22 and 1e22 are one, and each language has its spelling.
      if case .real = example.value { continue }
      #expect(example.value.text == example.text)
      #expect(Digest256.hex(of: Array(example.value.text.utf8)) == example.sha256)
    }
  }

  @Test func `the key of an identity is the digest of its text`() throws {
    let identity = try #require(try cases().last)
    #expect(identity.value["kind"]?.string == "fine-tune")
    #expect(StageKey(of: identity.value).hex == identity.sha256)
  }

  @Test func `every text reads back as the same value`() throws {
    for example in try cases() {
      #expect(try Canonical(json: Data(example.value.text.utf8)) == example.value)
    }
  }

  @Test(arguments: [
    (0.1, "0.1"), (1e-3, "0.001"), (600.0, "600"), (-0.0, "0"), (1e-5, "1e-05"),
    (0.1 + 0.2, "0.30000000000000004"), (9_007_199_254_740_991, "9007199254740991"),
  ])
  func `numbers have one spelling`(number: Double, text: String) {
    #expect(Canonical(number: number).text == text)
  }

  struct Sample: Codable, Equatable {
    enum Word: String, Codable { case one, two }
    struct Inner: Codable, Equatable {
      var real: Double
      var list: [Float]
    }
    var word: Word
    var flag: Bool
    var count: Int8
    var seed: UInt64
    var absent: String?
    var present: String?
    var inner: [String: Inner]
    var nested: [[Int]]
    var empty: [Int]
    var text: String
  }

  @Test func `the encoder agrees with JSONEncoder and JSONDecoder`() throws {
    let sample = Sample(
      word: .two, flag: true, count: -3, seed: 9_007_199_254_740_993, absent: nil, present: "α\"\n",
      inner: ["b": .init(real: 0.25, list: [0.5, 2]), "a": .init(real: 3, list: [])],
      nested: [[], [1, 2]], empty: [], text: "")
    let canonical = try Canonical(encoding: sample)
    #expect(canonical == (try Canonical(json: JSONEncoder().encode(sample))))
    #expect(try canonical.decoded(as: Sample.self) == sample)
    #expect(canonical["absent"] == nil)
  }

  @Test func `parameters agree with JSONEncoder and JSONDecoder`() throws {
    let parameters = FeaturesParameters(
      source: .encoder, selection: Selection(splits: [.train, .test], minutes: ["train": 12]),
      output: .sampled(count: 1000), threads: 1)
    let canonical = try Canonical(encoding: parameters)
    #expect(canonical == (try Canonical(json: JSONEncoder().encode(parameters))))
    #expect(try canonical.decoded(as: FeaturesParameters.self) == parameters)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `what is not finite is no parameter`(value: Double) {
    #expect(throws: EncodingError.self) { try Canonical(encoding: ["alpha": value]) }
  }
}
