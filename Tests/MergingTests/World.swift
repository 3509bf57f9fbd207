import Foundation
import Merging
import Testing
import Weights

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder for one test, with checkpoints made by `make_merging.py` and others made here.
final class World {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "alphasweep-merging-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func fixture(_ name: String) throws -> String {
    let url = Bundle.module.url(
      forResource: name, withExtension: "safetensors", subdirectory: "Fixtures")
    return try #require(url, "no fixture \(name)").path
  }

  /// A merge of fixtures, to a folder of this one.
  func request(
    _ finetuned: [String] = ["one"], _ method: MergeMethod = .linear, alphas: [Double],
    excluded: [String] = ["final_proj"], to output: String = "out", threads: Int = 2
  ) throws -> MergeRequest {
    MergeRequest(
      pretrained: try Self.fixture("pretrained"), finetuned: try finetuned.map(Self.fixture),
      method: method, alphas: alphas, excluded: excluded, output: "\(path)/\(output)",
      isSynced: false, threads: threads)
  }

  func merge(_ request: MergeRequest) throws -> MergeReport {
    try Merge(request).run { false }
  }

  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// What is in this folder, also below.
  var files: [String] {
    ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// Writes a checkpoint of float32 tensors, given as the bits of their elements.
  @discardableResult
  func checkpoint(
    _ name: String, _ tensors: [(name: String, bits: [UInt32])], dtype: DType = .float32
  ) throws -> String {
    let sorted = tensors.sorted {
      SafetensorsLayout.precedes(($0.name, dtype), ($1.name, dtype))
    }
    let header = SafetensorsLayout.header(sorted.map { ($0.name, dtype, [$0.bits.count]) }, [:])
    var data = Data(header)
    for (_, bits) in sorted {
      for word in bits { withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) } }
    }
    try data.write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }
}

/// The tensors of a safetensors file as bytes.
struct Contents {
  let metadata: [String: String]
  let tensors: [String: [UInt8]]
  /// Where the data begins.
  let start: Int

  init(_ path: String) throws {
    let file = try SafetensorsBytes(path: path)
    var tensors: [String: [UInt8]] = [:]
    for entry in file.entries {
      var bytes = [UInt8](repeating: 0, count: entry.offsets.count)
      try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: entry.offsets.lowerBound) }
      tensors[entry.name] = bytes
    }
    self.tensors = tensors
    metadata = file.metadata
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    start = size - (file.entries.last?.offsets.upperBound ?? 0)
  }

  func bits(_ name: String) throws -> [UInt32] {
    try #require(tensors[name]).withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
  }
}
