import Foundation
import Testing
import Torch

/// Bytes of a test, in place of a file.
final class MemoryBytes: ByteSource {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { bytes.count }

  func read(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int) -> String? {
    guard offset >= 0, offset + buffer.count <= bytes.count else { return "out of bounds" }
    bytes.withUnsafeBytes {
      buffer.copyMemory(from: .init(rebasing: $0[offset...].prefix(buffer.count)))
    }
    return nil
  }
}

/// Files that `make_archives.py` wrote.
enum ArchiveFixture {
  static func path(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return url.appendingPathComponent("archives/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Opens bytes as a file called "bytes".
  static func open(_ bytes: [UInt8]) throws(TorchArchiveError) -> TorchArchive {
    try TorchArchive(MemoryBytes(bytes), path: "bytes")
  }
}
