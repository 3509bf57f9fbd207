import Foundation
import Merging
import Testing
import Weights

/// Merged weights against torch's numbers, bit for bit (`Fixtures/make_merging.py`).
@Suite struct MergedWeightsTests {
  private let world: World

  init() throws { world = try World() }

  private func expectEqual(
    _ output: String, _ fixture: String, at place: SourceLocation = #_sourceLocation
  ) throws {
    let ours = try Contents("\(world.path)/\(output)/model.safetensors")
    let theirs = try Contents(try World.fixture(fixture))
    #expect(ours.tensors.keys.sorted() == theirs.tensors.keys.sorted(), sourceLocation: place)
    for (name, bytes) in theirs.tensors {
      #expect(ours.tensors[name] == bytes, "\(name)", sourceLocation: place)
    }
  }

  // MARK: Numbers

  @Test(arguments: [0.1, 0.25, 0.7])
  func linearIsMergekitsBitForBitInEveryType(alpha: Double) throws {
    _ = try world.merge(world.request(alphas: [alpha]))
    try expectEqual("out", "linear-\(alpha)")
  }

  @Test func taskArithmeticIsTorchsBitForBit() throws {
    _ = try world.merge(
      world.request(["one", "two", "three"], .taskArithmetic, alphas: [0.3]))
    try expectEqual("out", "task-arithmetic-0.3")
  }

  @Test func tiesTrimsElectsAndAveragesAsTorchWould() throws {
    let request = try world.request(["one", "two", "three"], .ties(density: 0.3), alphas: [0.3])
    _ = try world.merge(request)
    try expectEqual("out", "ties-0.3")
  }

  /// The largest magnitudes stay; of equal ones those that come first, across pieces too.
  @Test func equalMagnitudesAreKeptFromTheLowestIndexOn() throws {
    let count = 100_000
    let zero = try world.checkpoint(
      "zero.safetensors", [("a", Array(repeating: Float(0).bitPattern, count: count))])
    var numbers = (0..<count).map { $0.isMultiple(of: 2) ? Float(1) : -1 }
    numbers[70_000] = 3
    numbers[99_999] = -2
    let one = try world.checkpoint("one.safetensors", [("a", numbers.map(\.bitPattern))])
    for density in [0.000_01, 0.5, 1] {
      let output = "\(world.path)/ties-\(density)"
      _ = try world.merge(
        MergeRequest(
          pretrained: zero, finetuned: [one], method: .ties(density: density), alphas: [1],
          output: output, isSynced: false))
      let kept = max(1, Int(density * Double(count)))
      let expected = numbers.enumerated().map { index, number in
        let isLarge = index == 70_000 || (index == 99_999 && kept > 1)
        return isLarge || index < kept - 2 || density == 1 ? number : 0
      }
      #expect(
        try Contents(output + "/model.safetensors").bits("a") == expected.map(\.bitPattern))
    }
  }

  @Test func alphaZeroAndOneCopyBytes() throws {
    // −0, a quiet and a signalling NaN with payloads, the smallest subnormal.
    let odd: [UInt32] = [0x8000_0000, 0x7FC0_1234, 0xFF80_0001, 1]
    let before = try world.checkpoint("before.safetensors", [("a", odd)])
    let after = try world.checkpoint("after.safetensors", [("a", odd.reversed())])
    let report = try world.merge(
      MergeRequest(
        pretrained: before, finetuned: [after], method: .linear, alphas: [0, 1],
        output: world.path + "/out", isSynced: true))
    #expect(
      report.checkpoints.map(\.path) == ["alpha-0", "alpha-1"].map { "\(world.path)/out/\($0)" })
    #expect(try Contents(world.path + "/out/alpha-0/model.safetensors").bits("a") == odd)
    #expect(try Contents(world.path + "/out/alpha-1/model.safetensors").bits("a") == odd.reversed())
    for (index, method) in [MergeMethod.taskArithmetic, .ties(density: 0.5)].enumerated() {
      let output = "\(world.path)/zero-\(index)"
      _ = try world.merge(
        MergeRequest(
          pretrained: before, finetuned: [after, after], method: method, alphas: [0],
          output: output, isSynced: false))
      #expect(try Contents(output + "/model.safetensors").bits("a") == odd)
    }
  }

  /// −0.0 in both stays −0.0, as the formula has it.
  @Test func theSumOfNegativeZerosIsNegative() throws {
    let zeros = try world.checkpoint("zeros.safetensors", [("a", [0x8000_0000])])
    _ = try world.merge(
      MergeRequest(
        pretrained: zeros, finetuned: [zeros], method: .linear, alphas: [0.5],
        output: world.path + "/out", isSynced: false))
    #expect(try Contents(world.path + "/out/model.safetensors").bits("a") == [0x8000_0000])
  }

  // MARK: Bytes

  @Test func elevenAlphasAreElevenMerges() throws {
    let alphas = (0...10).map { Double($0) / 10 }
    let report = try world.merge(world.request(alphas: alphas, to: "all"))
    #expect(report.checkpoints.count == 11)
    for (alpha, checkpoint) in zip(alphas, report.checkpoints) {
      let text = MergeRequest.text(alpha)
      #expect(checkpoint.path == "\(world.path)/all/alpha-\(text)")
      _ = try world.merge(world.request(alphas: [alpha], to: text))
      for name in ["model.safetensors", "README.md"] {
        #expect(try world.bytes("all/alpha-\(text)/\(name)") == world.bytes("\(text)/\(name)"))
      }
    }
  }

  @Test(arguments: [MergeMethod.linear, .taskArithmetic, .ties(density: 0.3)])
  func bytesDependOnNothingElse(method: MergeMethod) throws {
    let names = method == .linear ? ["one"] : ["one", "two"]
    for threads in [1, 2, 5] {
      _ = try world.merge(
        world.request(names, method, alphas: [0.3], to: "\(threads)", threads: threads))
    }
    for name in ["model.safetensors", "README.md"] {
      #expect(try world.bytes("1/\(name)") == world.bytes("2/\(name)"))
      #expect(try world.bytes("1/\(name)") == world.bytes("5/\(name)"))
    }
    #expect(try Contents(world.path + "/1/model.safetensors").start.isMultiple(of: 8))
  }

  @Test func theFileSaysWhatMadeIt() throws {
    let report = try world.merge(
      world.request(["one", "two"], .ties(density: 0.3), alphas: [0.3]))
    #expect(report.excluded == ["final_proj.weight"])
    #expect(report.tensors == 9)
    let metadata = try Contents(world.path + "/out/model.safetensors").metadata
    let digests = try ["pretrained", "one", "two"].map { try Digest.ofFile(World.fixture($0)) }
    #expect(
      metadata == [
        "format": "pt", "alphasweep.merge": "ties", "alphasweep.alpha": "0.3",
        "alphasweep.density": "0.3", "alphasweep.excluded": "[\"final_proj.weight\"]",
        "alphasweep.pretrained.sha256": digests[0],
        "alphasweep.finetuned.sha256": "[\"\(digests[1])\",\"\(digests[2])\"]",
      ])
    #expect(
      try world.text("out/README.md") == """
        ---
        library_name: transformers
        tags: [speech, merge, speech-ft]
        ---

        # pretrained.safetensors + one.safetensors + two.safetensors, α 0.3

        Written by `alphasweep merge`: θ̂ = θ₀ + α·TIES(θ′ₖ − θ₀), density 0.3, α = 0.3.

        | | checkpoint | SHA-256 of its weights |
        |---|---|---|
        | θ₀ | `pretrained.safetensors` | `\(digests[0])` |
        | θ′ 1 | `one.safetensors` | `\(digests[1])` |
        | θ′ 2 | `two.safetensors` | `\(digests[2])` |

        As θ₀ has them, not merged:

        - `final_proj.weight`

        """)
    let fixture = try Contents(World.fixture("pretrained"))
    #expect(
      try Contents(world.path + "/out/model.safetensors").tensors["final_proj.weight"]
        == fixture.tensors["final_proj.weight"])
  }

  @Test func aFolderGivesAFolderWithTheConfigurationsBytes() throws {
    let folder = world.path + "/theta"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: World.fixture("pretrained"), toPath: folder + "/model.safetensors")
    let configuration = Data("{ \"hidden_size\" : 8 }\n\n".utf8)
    try configuration.write(to: URL(fileURLWithPath: folder + "/config.json"))
    try Data("{}".utf8).write(to: URL(fileURLWithPath: folder + "/preprocessor_config.json"))
    var request = try world.request(alphas: [0.25])
    request.pretrained = folder
    _ = try world.merge(request)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: world.path + "/out").sorted() == [
        "README.md", "config.json", "model.safetensors", "preprocessor_config.json",
      ])
    #expect(try world.bytes("out/config.json") == configuration)
    try expectEqual("out", "linear-0.25")
  }

  @Test func namesOfOlderReleasesAreTheSameTensors() throws {
    let one = Float(1).bitPattern, three = Float(3).bitPattern
    let before = try world.checkpoint(
      "before.safetensors", [("conv.weight_g", [one]), ("conv.weight_v", [three])])
    let after = try world.checkpoint(
      "after.safetensors",
      [
        ("hubert.conv.parametrizations.weight.original0", [three]),
        ("hubert.conv.parametrizations.weight.original1", [one]),
        ("lm_head.weight", [one]),
      ])
    let report = try world.merge(
      MergeRequest(
        pretrained: before, finetuned: [after], method: .linear, alphas: [0.5],
        excluded: ["lm_head"], output: world.path + "/out", isSynced: false))
    #expect(report.leftOut == ["lm_head.weight"])
    let merged = try Contents(world.path + "/out/model.safetensors")
    #expect(merged.tensors.keys.sorted() == ["conv.weight_g", "conv.weight_v"])
    #expect(try merged.bits("conv.weight_g") == [Float(2).bitPattern])
    #expect(merged.metadata["alphasweep.left-out"] == "[\"lm_head.weight\"]")
  }

  @Test func partsOfACheckpointAreOne() throws {
    let (one, two) = (Float(1).bitPattern, Float(2).bitPattern)
    let whole = try world.checkpoint("whole.safetensors", [("a", [one, one]), ("b", [two])])
    let folder = world.path + "/parts"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try world.checkpoint("parts/model-1.safetensors", [("b", [one])])
    try world.checkpoint("parts/model-2.safetensors", [("a", [two, one])])
    try Data("{}".utf8).write(to: URL(fileURLWithPath: folder + "/config.json"))
    let index = URL(fileURLWithPath: folder + "/model.safetensors.index.json")
    let map = #"{"weight_map":{"a":"model-2.safetensors","b":"model-1.safetensors"}}"#
    try Data(map.utf8).write(to: index)
    var request = MergeRequest(
      pretrained: folder, finetuned: [whole], method: .linear, alphas: [0.5],
      output: world.path + "/out", isSynced: false)
    _ = try world.merge(request)
    let merged = try Contents(world.path + "/out/model.safetensors")
    #expect(try merged.bits("a") == [Float(1.5).bitPattern, one])
    #expect(try merged.bits("b") == [Float(1.5).bitPattern])
    try Data(map.replacingOccurrences(of: "-1.", with: "-2.").utf8).write(to: index)
    request.output += "-2"
    let wrong = request
    let error = #expect(throws: MergeError.self) { try world.merge(wrong) }
    #expect(
      error?.description
        == "\(folder): model.safetensors.index.json names other tensors than its files have; fetch it again"
    )
  }

  /// A digest that is remembered is not taken again, unless the file changed.
  @Test func digestsAreRemembered() throws {
    var request = try world.request(alphas: [0.25], to: "1")
    request.digestCache = world.path + "/cache/digests"
    _ = try world.merge(request)
    request.output = world.path + "/2"
    _ = try world.merge(request)
    #expect(try world.bytes("1/model.safetensors") == world.bytes("2/model.safetensors"))
    #expect(try world.text("cache/digests").split(separator: "\n").count == 2)
  }
}
