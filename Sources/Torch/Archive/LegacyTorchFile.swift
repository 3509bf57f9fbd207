/// The form that `torch.save` wrote before PyTorch 1.6: five pickles in a row (magic number,
/// version, facts of the system, the object, the keys of the storages), then each storage as the
/// number of its elements and their bytes.
struct LegacyTorchFile {
  private static let magic: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]
  /// The magic number's pickle as protocols 2 to 5 spell it, after the protocol's number.
  private static let beginning: [UInt8] = [0x8A, 0x0A] + magic

  let contents: TorchArchive.Contents

  /// - Throws: `TorchArchiveFault`, `PickleError`, `OpenFileError`.
  init(_ source: any ByteSource) throws {
    let head = try ZipFields(source, 0..<min(32, source.count)).bytes
    // Protocol 4 and later put a frame of nine bytes between.
    guard head.first == 0x80,
      head.dropFirst(2).starts(with: Self.beginning)
        || head.dropFirst(2 + 9).starts(with: Self.beginning)
    else { throw TorchArchiveFault.notAnArchive }
    // Where the pickles end is known only by reading them.
    var window = 1 << 20
    while true {
      let bytes = try ZipFields(source, 0..<min(window, source.count)).bytes
      do {
        contents = try Self.contents(bytes, source)
        return
      } catch let error as PickleError {
        guard case .truncated = error.fault, bytes.count < source.count else { throw error }
        guard window < TorchArchive.pickleLimit else {
          throw TorchArchiveFault.pickleTooLong(bytes: window, limit: TorchArchive.pickleLimit)
        }
        window *= 2
      }
    }
  }

  private static func contents(
    _ bytes: [UInt8], _ source: any ByteSource
  ) throws -> TorchArchive.Contents {
    var position = 0
    func next() throws -> PickleDocument {
      var reader = PickleReader(bytes, at: position)
      let document = try reader.read()
      position = reader.position
      return document
    }
    let magic = try next()
    guard magic.longInteger(magic.root) == Self.magic else { throw TorchArchiveFault.notAnArchive }
    let version = try next()
    guard version.root == .integer(1001) else {
      throw TorchArchiveFault.legacy("its version is not 1001")
    }
    let system = try next()
    guard case .bool(let isLittleEndian)? = system[system.root, "little_endian"] else {
      throw TorchArchiveFault.legacy("it does not say its byte order")
    }
    let document = try next()
    let keys = try next()
    let places = try Self.places(
      document, keys, from: position, source, isBigEndian: !isLittleEndian)
    return TorchArchive.Contents(
      document: document, places: places, isBigEndian: !isLittleEndian)
  }

  private static func places(
    _ document: PickleDocument, _ keys: PickleDocument, from start: Int,
    _ source: any ByteSource, isBigEndian: Bool
  ) throws -> [String: Range<Int>] {
    var storages: [String: PickleStorage] = [:]
    for storage in document.storages { storages[storage.key] = storage }
    var places: [String: Range<Int>] = [:]
    var position = start
    for item in keys.items(of: keys.root) ?? [] {
      guard case .text(let key) = item, let storage = storages[key], places[key] == nil else {
        throw TorchArchiveFault.legacy("its list of storages is not that of its object")
      }
      guard source.count - position >= 8 else {
        throw TorchArchiveFault.legacy("it is cut off at storage \(key); fetch it again")
      }
      let header = try ZipFields(source, position..<(position + 8))
      let count = isBigEndian ? header.number(0, 8).byteSwapped : header.number(0, 8)
      guard count == storage.count else {
        throw TorchArchiveFault.legacy(
          "storage \(key) has \(count) elements where its object says \(storage.count)")
      }
      position += 8
      guard storage.byteCount <= source.count - position else {
        throw TorchArchiveFault.legacy("it is cut off at storage \(key); fetch it again")
      }
      places[key] = position..<(position + storage.byteCount)
      position += storage.byteCount
    }
    guard places.count == storages.count else {
      throw TorchArchiveFault.legacy("its list of storages is not that of its object")
    }
    guard position == source.count else {
      throw TorchArchiveFault.legacy(
        "\(source.count - position) bytes after the last storage belong to none")
    }
    return places
  }
}
