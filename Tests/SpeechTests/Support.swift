import Experiment
import Foundation
import Speech
import Torch

/// Files that the scripts beside them made.
enum Fixture {
  struct Missing: Error { var name: String }

  static func path(_ name: String) throws -> String {
    guard let folder = Bundle.module.resourcePath else { throw Missing(name: name) }
    return "\(folder)/Fixtures/\(name)"
  }

  static func json<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  static func tensors(_ name: String) throws -> [String: Tensor] {
    try SafetensorsFile(path: path(name)).all()
  }
}

/// The largest difference, relative to the largest expected number.
func relativeError(_ found: Tensor, _ expected: Tensor) throws -> Double {
  let difference = try found.to(.float64).subtracting(expected.to(.float64)).abs().maximum().item()
  return difference / (try expected.to(.float64).abs().maximum().item())
}

extension Tensor {
  /// The largest of all elements.
  func maximum() throws -> Tensor { try maximum(dimensions: []) }
}

/// A folder that goes with its owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "speech-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file below the folder and gives its SHA-256.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return Digest256.hex(of: bytes)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
}

/// A 16-bit mono WAV file.
func wave(_ samples: [Int16], rate: Int = 16_000) -> [UInt8] {
  func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
  let data = samples.flatMap { little(Int($0), 2) }
  return Array("RIFF".utf8) + little(36 + data.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
    + little(1, 2) + little(1, 2) + little(rate, 4) + little(2 * rate, 4) + little(2, 2)
    + little(16, 2) + Array("data".utf8) + little(data.count, 4) + data
}

/// A tone of half of full scale.
func tone(seconds: Double, hertz: Double = 440, rate: Int = 16_000) -> [Int16] {
  (0..<Int(seconds * Double(rate))).map {
    Int16(16_384 * sin(2 * Double.pi * hertz * Double($0) / Double(rate)))
  }
}
