import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// Files of tensors that tell by themselves whether they are what was written: the header has the SHA-256
/// of all bytes, taken with zeros in its own place. An artifact has its record for that; a state has not.
enum SealedTensors {
  private static let name = "sha256"
  private static let digits = 64
  private static let pieceBytes = 1 << 20
  /// No header of ours comes near it: a length that is more is a damaged one.
  private static let mostHeaderBytes = 1 << 30

  /// Writes a file; the digest is taken of the bytes as they are written.
  ///
  /// - Throws: `SafetensorsError`.
  static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to path: String
  ) throws {
    let running = RunningDigest()
    try Safetensors.write(
      tensors: tensors, metadata: metadata, to: path,
      seal: SafetensorsSeal(
        name: name, length: digits, update: { running.update($0) }, text: { running.hex() }))
  }

  /// Opens a file whose bytes are what was written.
  ///
  /// - Throws: `DamagedState` when they are not, or the disk fails to read them; `StorageError` when they
  ///   cannot be read now; `SafetensorsError`.
  static func open(_ path: String) throws -> SafetensorsFile {
    do {
      try check(path)
    } catch let error as StorageError where error.isLoss {
      throw DamagedState(path: path, problem: error.description)
    }
    return try SafetensorsFile(path: path)
  }

  private static func check(_ path: String) throws {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError.last("opened", path) }
    defer { close(descriptor) }
    var length = try read(8, of: descriptor, path)
    let bytes = length.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
    guard length.count == 8, bytes <= mostHeaderBytes else {
      throw DamagedState(path: path, problem: "it is cut short, or its header is no header")
    }
    length += try read(Int(bytes), of: descriptor, path)
    guard let place = SafetensorsSeal.place(of: name, length: digits, in: length) else {
      throw DamagedState(path: path, problem: "its header has no digest of it")
    }
    let said = String(decoding: length[place], as: UTF8.self)
    length.replaceSubrange(place, with: repeatElement(UInt8(ascii: "0"), count: digits))
    var digest = Digest256()
    length.withUnsafeBytes { digest.update($0) }
    while case let piece = try read(pieceBytes, of: descriptor, path), !piece.isEmpty {
      piece.withUnsafeBytes { digest.update($0) }
    }
    guard digest.hex() == said else {
      throw DamagedState(path: path, problem: "it does not have the bytes that were written")
    }
  }

  /// The next bytes of a file: as many as are asked for, fewer at its end.
  private static func read(
    _ count: Int, of descriptor: CInt, _ path: String
  ) throws(StorageError) -> [UInt8] {
    var status = stat()
    let size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    var bytes = [UInt8](repeating: 0, count: min(count, size))
    var done = 0
    while done < bytes.count {
      let (start, wanted) = (done, bytes.count - done)
      let part = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + start }, wanted)
      }
      if part < 0, errno == EINTR { continue }
      guard part >= 0 else { throw .last("read", path) }
      if part == 0 { break }
      done += part
    }
    return Array(bytes[..<done])
  }
}

/// A digest that a closure can go on with.
private final class RunningDigest {
  private var digest: Digest256? = Digest256()

  func update(_ bytes: UnsafeRawBufferPointer) { digest?.update(bytes) }

  /// Of all bytes; ends it.
  func hex() -> String { digest.take()?.hex() ?? "" }
}

/// A saved state from which nothing can go on. It is no reason for a stage to fail: all that is lost is the
/// time that it saved.
struct DamagedState: Error, CustomStringConvertible {
  /// The file, or the folder of a whole state.
  let path: String
  let problem: String

  var description: String {
    "\(path): the saved state cannot be used: \(problem); it was removed, and the training goes on "
      + "without it"
  }

  /// Removes it and says so in the log.
  func discard() {
    StandardStream.write("\(self)\n".utf8, to: STDERR_FILENO)
    try? FileManager.default.removeItem(atPath: path)
  }
}
