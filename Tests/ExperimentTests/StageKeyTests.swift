import Testing

@testable import Experiment

struct StageKeyTests {
  private func stage(
    alpha: Double = 0.25, seed: UInt64? = 1, digest: String = "d", path: String = "/a",
    label: String = "first", cores: Int = 1, entry: String? = nil
  ) throws -> Stage {
    let key = try #require(StageKey(hex: String(repeating: "ab", count: 32)))
    return try Stage(
      .interpolate, parameters: InterpolateParameters(alpha: alpha), seed: seed,
      inputs: [
        "pre-trained": .external(digest: digest, path: path),
        "fine-tuned": .stage(key, entry: entry),
      ], label: label, resources: Resources(cores: cores))
  }

  @Test func `the key is that of hashlib over the identity`() throws {
    // hashlib.sha256(text.encode()).hexdigest() of the text that the next line expects.
    #expect(
      try stage(entry: "model").identity.text == """
        {"inputs":{"fine-tuned":{"entry":"model","stage":"\
        abababababababababababababababababababababababababababababababab"},\
        "pre-trained":{"content":"d"}},"kind":"interpolate",\
        "parameters":{"alpha":0.25,"excluded":[]},"revision":1,"seed":"1"}
        """)
    #expect(
      try stage(entry: "model").key.hex
        == "d11aca473ecf4c1c8e3746bb24bb76f42700865ba7756e564f226fc386ec6412")
  }

  @Test func `a key is its digits, and keys stand in the order of theirs`() throws {
    let hexes = ["0f", "10", "a0", "ff"].map {
      $0 + String(repeating: "0123abef", count: 8).dropLast(2)
    }
    let keys = try hexes.map { try #require(StageKey(hex: $0)) }
    #expect(keys.map(\.hex) == hexes)
    #expect(keys.shuffled().sorted() == keys)
    #expect(Set(keys).count == 4)
    for wrong in ["", "0f", hexes[0].uppercased(), hexes[0] + "0", "g" + hexes[0].dropFirst()] {
      #expect(StageKey(hex: wrong) == nil)
    }
  }

  @Test func `where, how and under what name a stage is done is not in its key`() throws {
    #expect(try stage().key == stage(path: "/b", label: "second", cores: 8).key)
  }

  @Test func `all that decides the result is`() throws {
    let keys = [
      try stage(), try stage(alpha: 0.5), try stage(seed: 2), try stage(seed: nil),
      try stage(digest: "e"), try stage(entry: "model"), try stage(entry: "checkpoints/40"),
    ].map(\.key)
    #expect(Set(keys).count == keys.count)
  }

  @Test(arguments: [
    "", "ab", String(repeating: "AB", count: 32), String(repeating: "g", count: 64),
  ])
  func `a key is 64 lower-case digits`(text: String) {
    #expect(StageKey(hex: text) == nil)
  }

  @Test func `a plan refuses a stage whose input is not in it`() throws {
    var plan = Plan(experiment: "x", question: "y")
    #expect(
      throws: PlanError.unknownInput(
        stage: "first", role: "fine-tuned",
        key: try #require(StageKey(hex: String(repeating: "ab", count: 32))))
    ) { try plan.add(stage()) }
  }
}
