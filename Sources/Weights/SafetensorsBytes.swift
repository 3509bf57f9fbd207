/// A safetensors file, open for reading bytes: what its header says, and any part of its data.
package final class SafetensorsBytes: Sendable {
  package let path: String
  /// In the order of the data.
  package let entries: [SafetensorsEntry]
  package let metadata: [String: String]

  private let file: OpenFile
  private let dataStart: Int

  /// - Throws: `SafetensorsError`, before any data is read, for every way in which the file breaks
  ///   the format.
  package init(path: String) throws(SafetensorsError) {
    do throws(OpenFileError) {
      file = try OpenFile(path: path)
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    let (header, start) = try SafetensorsHeader.read(file, file: path)
    self.path = path
    entries = header.entries
    metadata = header.metadata
    dataStart = start
  }

  /// Whether the file has been written to since it was opened.
  package var isChanged: Bool { file.isChanged }

  /// Fills a buffer with bytes of the data, from `offset` on (counted as in `SafetensorsEntry`).
  ///
  /// - Throws: `SafetensorsError.unreadable` where the file has become shorter meanwhile, or its disk
  ///   fails.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SafetensorsError) {
    if let reason = file.read(buffer, from: dataStart + offset) {
      throw .unreadable(file: path, reason: reason)
    }
  }
}
