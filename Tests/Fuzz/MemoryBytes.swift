/// The fuzzer's bytes in place of a file.
final class MemoryBytes: ByteSource {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var count: Int { bytes.count }

  func read(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int) -> String? {
    // A reader that asks for bytes outside has a mistake, which must not go unseen.
    precondition(offset >= 0 && offset <= bytes.count && buffer.count <= bytes.count - offset)
    buffer.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + buffer.count)]))
    return nil
  }
}
