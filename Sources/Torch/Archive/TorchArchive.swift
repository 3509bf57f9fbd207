/// A file of `torch.save`, open for reading: its pickle as data, and the places of its storages.
///
/// Reads the zip form (PyTorch 1.6 and later) and the older one of pickles in a row. Tensors are
/// read one by one, so that a checkpoint with its optimiser's state costs what is taken from it.
/// Source: torch, `serialization.py` (`_save`, `_legacy_save`) and `caffe2/serialize`.
package final class TorchArchive {
  package let path: String
  package let document: PickleDocument

  /// No published checkpoint's pickle comes near it.
  static let pickleLimit = 64 << 20

  private let source: any ByteSource
  /// The bytes of each storage, counted from the file's first.
  private let places: [String: Range<Int>]
  private let isBigEndian: Bool

  /// - Parameters:
  ///   - source: The file's bytes.
  ///   - path: For the error text.
  /// - Throws: `TorchArchiveError` for every way in which the file breaks its form, before
  ///   anything larger than the pickle is allocated.
  package init(_ source: any ByteSource, path: String) throws(TorchArchiveError) {
    self.path = path
    self.source = source
    do {
      let head = try ZipFields(source, 0..<min(16, source.count)).bytes
      let contents =
        ZipDirectory.isZip(head)
        ? try Self.zip(source) : try LegacyTorchFile(source).contents
      document = contents.document
      places = contents.places
      isBigEndian = contents.isBigEndian
    } catch let fault as TorchArchiveFault {
      throw .malformed(file: path, fault: fault)
    } catch let error as PickleError {
      throw .pickle(file: path, error)
    } catch let error as OpenFileError {
      throw .unreadable(file: path, reason: error.reason)
    } catch {
      throw .unreadable(file: path, reason: "\(error)")
    }
  }

  /// What is known of an archive once its pickle was read.
  struct Contents {
    let document: PickleDocument
    let places: [String: Range<Int>]
    let isBigEndian: Bool
  }

  private static func zip(_ source: any ByteSource) throws -> Contents {
    let directory = try ZipDirectory(source)
    let pickles = directory.entries.values.filter {
      $0.name.hasSuffix("/data.pkl") && $0.name.utf8.count(where: { $0 == 0x2F }) == 1
    }
    guard pickles.count == 1, let pickle = pickles.first else { throw TorchArchiveFault.noPickle }
    guard pickle.size <= pickleLimit else {
      throw TorchArchiveFault.pickleTooLong(bytes: pickle.size, limit: pickleLimit)
    }
    let folder = pickle.name.dropLast("data.pkl".count)
    var isBigEndian = false
    if let order = directory.entries[folder + "byteorder"] {
      guard order.size <= 16 else { throw TorchArchiveFault.byteOrder("…") }
      let text = String(
        decoding: try ZipFields(source, directory.range(of: order, in: source)).bytes,
        as: UTF8.self)
      guard text == "little" || text == "big" else { throw TorchArchiveFault.byteOrder(text) }
      isBigEndian = text == "big"
    }
    let document = try PickleDocument(
      reading: ZipFields(source, directory.range(of: pickle, in: source)).bytes)
    var places: [String: Range<Int>] = [:]
    for storage in document.storages {
      guard let entry = directory.entries["\(folder)data/\(storage.key)"] else {
        throw TorchArchiveFault.noStorage(key: storage.key)
      }
      guard entry.size == storage.byteCount else {
        throw TorchArchiveFault.storageSize(
          key: storage.key, expected: storage.byteCount, found: entry.size)
      }
      places[storage.key] = try directory.range(of: entry, in: source)
    }
    return Contents(document: document, places: places, isBigEndian: isBigEndian)
  }

  /// Reads a tensor's elements in row-major order and this machine's byte order.
  ///
  /// - Parameters:
  ///   - tensor: Of this archive's document.
  ///   - buffer: Of exactly the tensor's bytes.
  /// - Throws: `TorchArchiveError.unreadable`.
  package func read(
    _ tensor: PickleTensor, into buffer: UnsafeMutableRawBufferPointer
  ) throws(TorchArchiveError) {
    guard let place = places[tensor.storage.key] else {
      throw .malformed(file: path, fault: .noStorage(key: tensor.storage.key))
    }
    guard tensor.count > 0, buffer.count == tensor.byteCount else { return }
    let width = tensor.element.bytes
    let start = place.lowerBound + tensor.span.lowerBound * width
    if tensor.isContiguous {
      if let reason = source.read(buffer, from: start) {
        throw .unreadable(file: path, reason: reason)
      }
    } else {
      let (bytes, reason) = source.bytes(start..<(start + tensor.span.count * width))
      if let reason { throw .unreadable(file: path, reason: reason) }
      Self.gather(tensor, bytes, into: buffer)
    }
    if isBigEndian { Self.reverse(each: width, in: buffer) }
  }

  /// Copies elements that lie apart; the last dimension runs fastest.
  private static func gather(
    _ tensor: PickleTensor, _ bytes: [UInt8], into buffer: UnsafeMutableRawBufferPointer
  ) {
    let width = tensor.element.bytes
    var index = [Int](repeating: 0, count: tensor.shape.count)
    var from = 0
    for element in 0..<tensor.count {
      for byte in 0..<width { buffer[element * width + byte] = bytes[from * width + byte] }
      for dimension in tensor.shape.indices.reversed() {
        index[dimension] += 1
        from += tensor.strides[dimension]
        guard index[dimension] == tensor.shape[dimension] else { break }
        from -= tensor.strides[dimension] * tensor.shape[dimension]
        index[dimension] = 0
      }
    }
  }

  private static func reverse(each width: Int, in buffer: UnsafeMutableRawBufferPointer) {
    for start in stride(from: 0, to: buffer.count, by: width) {
      for byte in 0..<(width / 2) { buffer.swapAt(start + byte, start + width - 1 - byte) }
    }
  }
}
