import Foundation
import Merging
import Testing
import Weights

/// What cannot be merged is said in full, and nothing is left half-written.
@Suite struct MergeErrorTests {
  private let world: World

  init() throws { world = try World() }

  private func expect(
    _ message: String, isBadInput: Bool = true, _ request: MergeRequest,
    cancelled: Bool = false, at place: SourceLocation = #_sourceLocation
  ) throws {
    let before = world.files
    let error = #expect(throws: MergeError.self, sourceLocation: place) {
      try Merge(request).run { cancelled }
    }
    #expect(error?.description == message, sourceLocation: place)
    #expect(error?.isBadInput == isBadInput, sourceLocation: place)
    #expect(world.files == before, sourceLocation: place)
  }

  private func request(
    _ before: String, _ afters: String..., alphas: [Double] = [0.5], excluded: [String] = []
  ) -> MergeRequest {
    MergeRequest(
      pretrained: before, finetuned: afters, method: afters.count == 1 ? .linear : .taskArithmetic,
      alphas: alphas, excluded: excluded, output: world.path + "/out")
  }

  @Test func everyTensorThatDiffersIsNamed() throws {
    let before = try world.checkpoint(
      "before.safetensors", [("a", [0]), ("b", [0, 0]), ("only.here", [0])])
    let after = try world.checkpoint(
      "after.safetensors", [("a", [0, 0, 0]), ("b", [0, 0]), ("only.there", [0])])
    let integers = try world.checkpoint(
      "integers.safetensors", [("a", [0]), ("b", [0, 0]), ("only.here", [0])], dtype: .int32)
    try expect(
      """
      the checkpoints cannot be merged with \(before):
        a is float32 [3] in \(after), not float32 [1]
        a is int32 [1] in \(integers), not float32 [1]
        b is int32 [2] in \(integers), not float32 [2]
        \(after) lacks only.here, float32 [1]
        only.here is int32 [1] in \(integers), not float32 [1]
        \(after) has only.there, float32 [1], on its own
      '--exclude PREFIX' keeps tensors whose names begin so as the pre-trained checkpoint has them
      """,
      request(before, after, integers))
  }

  @Test func integersThatDifferAreNamed() throws {
    let before = try world.checkpoint("before.safetensors", [("a", [1, 2])], dtype: .int32)
    let after = try world.checkpoint("after.safetensors", [("a", [1, 3])], dtype: .int32)
    try expect(
      """
      the checkpoints cannot be merged with \(before):
        a, int32 [2], has other numbers in \(after); only floating-point numbers can be merged
      '--exclude PREFIX' keeps tensors whose names begin so as the pre-trained checkpoint has them
      """,
      request(before, after))
    _ = try world.merge(request(before, after, excluded: ["a"]))
  }

  @Test func aPrefixThatNamesNothingIsSaid() throws {
    let before = try world.checkpoint("before.safetensors", [("a", [0])])
    try expect(
      """
      the checkpoints cannot be merged with \(before):
        no tensor's name begins with 'final_porj', which is to be excluded
      '--exclude PREFIX' keeps tensors whose names begin so as the pre-trained checkpoint has them
      """,
      request(before, before, excluded: ["a", "final_porj"]))
  }

  @Test func wrongRequestsAreSaid() throws {
    let path = try world.checkpoint("a.safetensors", [("a", [0])])
    try expect("α 0.5 is there twice", request(path, path, alphas: [0.5, 0.1, 0.5]))
    try expect(
      "α is 1.5, but 'linear' stays between the checkpoints: 0 to 1",
      request(path, path, alphas: [1.5]))
    try expect(
      "α is -1, but must be a number from 0 on", request(path, path, path, alphas: [-1]))
    var wrong = request(path, path, path)
    wrong.method = .linear
    try expect(
      "'linear' merges one fine-tuned checkpoint, not 2; 'task-arithmetic' and 'ties' merge several",
      wrong)
    wrong.method = .ties(density: 0)
    try expect("the density is 0, but must be above 0 and at most 1", wrong)
  }

  @Test func whatIsNoCheckpointIsSaid() throws {
    let path = try world.checkpoint("a.safetensors", [("a", [0])])
    let nowhere = world.path + "/nowhere"
    try expect(
      "\(nowhere): cannot be read: there is no such folder or file", request(path, nowhere))
    let folder = world.path + "/folder"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try expect(
      "\(folder): cannot be used as a checkpoint: it has neither model.safetensors nor "
        + "pytorch_model.bin, nor an index of parts", request(path, folder))
    let pickled = folder + "/pytorch_model.bin"
    try Data().write(to: URL(fileURLWithPath: pickled))
    try expect(
      "\(folder): its weights are not in safetensors files; convert it first with "
        + "'alphasweep convert \(folder) -o FOLDER'", request(path, folder))
    try FileManager.default.copyItem(atPath: path, toPath: folder + "/model.safetensors")
    try expect("\(folder): its config.json cannot be read", request(path, folder))
    try Data("short".utf8).write(to: URL(fileURLWithPath: world.path + "/short"))
    try expect(
      "\(world.path)/short: is no safetensors file: it has 5 bytes and would need at least 8",
      request(path, world.path + "/short"))
  }

  @Test func whatIsThereIsLeftAlone() throws {
    let path = try world.checkpoint("a.safetensors", [("a", [0])])
    try Data("mine".utf8).write(to: URL(fileURLWithPath: world.path + "/out"))
    try expect(
      "\(world.path)/out: is there already; name a new folder, or remove it", request(path, path))
    #expect(try world.text("out") == "mine")
  }

  @Test func anInterruptedMergeLeavesNothing() throws {
    let path = try world.checkpoint("a.safetensors", [("a", [0])])
    try expect(
      "interrupted; nothing half-written was kept", isBadInput: false, request(path, path),
      cancelled: true)
  }

  @Test func anOutputThatCannotBeWrittenIsSaid() throws {
    let path = try world.checkpoint("a.safetensors", [("a", [0])])
    var request = request(path, path)
    request.output = "/proc/alphasweep/out"
    let error = #expect(throws: MergeError.self) { try Merge(request).run { false } }
    #expect(error?.description == "/proc/alphasweep: cannot be made: No such file or directory")
  }

  @Test(.enabled(if: SmallDisk.isPossible, "a file system can be mounted by root only"))
  func aFullDiskIsSaidWithTheBytesThatAreNeeded() throws {
    let path = try world.checkpoint(
      "a.safetensors", [("a", Array(repeating: 0, count: 50_000))])
    let disk = try #require(SmallDisk(at: world.path + "/disk", bytes: 262_144))
    var request = request(path, path, alphas: [0.1, 0.2])
    request.output = world.path + "/disk/out"
    let error = #expect(throws: MergeError.self) { try Merge(request).run { false } }
    guard case .full(let output, let needed, let available)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(output == request.output)
    #expect(400_000...403_000 ~= needed)
    #expect(available == 262_144)
    #expect(
      error?.description
        == "\(output): the disk is full: \(needed) bytes are needed, 262144 are free; nothing "
        + "half-written was kept. Free some space and give the same command again")
    #expect(try FileManager.default.contentsOfDirectory(atPath: world.path + "/disk").isEmpty)
    withExtendedLifetime(disk) {}
  }
}

/// A small file system in memory.
final class SmallDisk {
  private let path: String

  static let isPossible: Bool =
    SmallDisk(at: NSTemporaryDirectory() + UUID().uuidString, bytes: 65_536) != nil

  init?(at path: String, bytes: Int) {
    self.path = path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
  }

  deinit {
    umount(path)
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// SHA-256 by a program that is not ours.
enum Digest {
  static func ofFile(_ path: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = [path]
    let out = Pipe()
    process.standardOutput = out
    try process.run()
    process.waitUntilExit()
    return String(
      decoding: out.fileHandleForReading.readDataToEndOfFile().prefix(64), as: UTF8.self)
  }
}
