import Foundation
import Testing

/// `alphasweep merge`, run as people run it.
@Suite struct MergeCommandTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  /// A safetensors file with one float32 tensor.
  private func write(_ numbers: [Float], to name: String) throws {
    var header =
      #"{"a":{"dtype":"F32","shape":[\#(numbers.count)],"data_offsets":[0,\#(4 * numbers.count)]}}"#
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    var data = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header.utf8)
    for number in numbers {
      withUnsafeBytes(of: number.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    try data.write(to: URL(fileURLWithPath: small.path + "/" + name))
  }

  @Test func oneAlphaIsOneFolderAndSeveralAreFoldersInIt() throws {
    try write([1, 2], to: "before.safetensors")
    try write([3, 4], to: "after.safetensors")
    let one = try small.run(
      "merge", "before.safetensors", "after.safetensors", "--alpha", "0.5", "-o", "one")
    #expect(one.err == "")
    #expect(one.out == "one: linear, α 0.5: 1 tensor, 384 bytes, written and synced\n")
    #expect(one.code == 0)
    let file = FileManager.default.contents(atPath: small.path + "/one/model.safetensors")
    #expect(file?.suffix(8) == Data([0, 0, 0, 0x40, 0, 0, 0x40, 0x40]))
    let two = try small.run(
      "merge", "before.safetensors", "after.safetensors", "--alpha", "0,1", "-o", "new/two",
      "--no-sync", "--json")
    #expect(
      two.out == """
        {"checkpoints":[{"alpha":0,"bytes":384,"path":"\(small.path)/new/two/alpha-0"},\
        {"alpha":1,"bytes":384,"path":"\(small.path)/new/two/alpha-1"}],"excluded":[],"leftOut":[],\
        "method":"linear","synced":false,"tensors":1}

        """)
  }

  @Test func whatIsWrongIsSaidAndExitsWithTwo() throws {
    try write([1, 2], to: "before.safetensors")
    try write([1, 2, 3], to: "after.safetensors")
    let run = try small.run(
      "merge", "before.safetensors", "after.safetensors", "--alpha", "0.5", "-o", "out")
    #expect(run.code == 2)
    #expect(
      run.err == """
        alphasweep: the checkpoints cannot be merged with before.safetensors:
          a is float32 [3] in after.safetensors, not float32 [2]
        '--exclude PREFIX' keeps tensors whose names begin so as the pre-trained checkpoint has them

        """)
    #expect(!FileManager.default.fileExists(atPath: small.path + "/out"))
  }

  @Test func aWrongCommandExitsWith64() throws {
    #expect(try small.run("merge", "a", "--alpha", "0.5", "-o", "out").code == 64)
    #expect(try small.run("merge", "a", "b", "-o", "out").code == 64)
    #expect(try small.run("merge", "a", "b", "--alpha", "half", "-o", "out").code == 64)
    #expect(
      try small.run("merge", "a", "b", "--alpha", "0.5", "--density", "0.1", "-o", "out").code == 64
    )
  }
}
