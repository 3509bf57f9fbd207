/// The directory of a zip archive whose entries are stored as they are, as `torch.save` writes it.
///
/// Source: PKWARE APPNOTE 6.3: 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (its end,
/// also ZIP64), 4.5.3 (ZIP64 sizes). Checksums are not compared: torch can be told not to write
/// them.
struct ZipDirectory {
  struct Entry {
    let name: String
    let size: Int
    let headerOffset: Int
  }

  static let sizeLimit = 64 << 20

  let entries: [String: Entry]
  /// Where the directory begins: all data lies before it.
  private let start: Int

  static func isZip(_ head: [UInt8]) -> Bool { head.starts(with: [0x50, 0x4B, 0x03, 0x04]) }

  /// - Throws: `TorchArchiveFault`, or `OpenFileError` where the source cannot be read.
  init(_ source: any ByteSource) throws {
    let place = try Self.place(source)
    guard place.size <= Self.sizeLimit else {
      throw TorchArchiveFault.directory("it claims \(place.size) bytes")
    }
    let fields = try ZipFields(source, place.start..<(place.start + place.size))
    var entries: [String: Entry] = [:]
    var at = 0
    for _ in 0..<place.count {
      guard at + 46 <= fields.count, fields.number(at, 4) == 0x0201_4B50 else {
        throw TorchArchiveFault.directory("entry \(entries.count) is cut off")
      }
      let (entry, length) = try Self.entry(fields, at, before: place.start)
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw TorchArchiveFault.entry(entry.name, problem: "is there twice")
      }
      at += length
    }
    guard at == fields.count else {
      throw TorchArchiveFault.directory("\(fields.count - at) bytes belong to no entry")
    }
    self.entries = entries
    start = place.start
  }

  /// Where an entry's bytes lie, after its own header in front of them was compared.
  func range(of entry: Entry, in source: any ByteSource) throws -> Range<Int> {
    func damaged(_ problem: String) -> TorchArchiveFault { .entry(entry.name, problem: problem) }
    guard entry.headerOffset <= start - 30 else { throw damaged("begins beyond the data") }
    let header = try ZipFields(source, entry.headerOffset..<(entry.headerOffset + 30))
    guard header.number(0, 4) == 0x0403_4B50 else { throw damaged("has no header") }
    let nameStart = entry.headerOffset + 30
    let nameEnd = nameStart + header.number(26, 2)
    let dataStart = nameEnd + header.number(28, 2)
    let (dataEnd, overflow) = dataStart.addingReportingOverflow(entry.size)
    guard !overflow, dataEnd <= start else { throw damaged("reaches beyond the data") }
    let name = try ZipFields(source, nameStart..<nameEnd)
    guard name.bytes.elementsEqual(entry.name.utf8) else {
      throw damaged("has another name in its header")
    }
    return dataStart..<dataEnd
  }

  private static func entry(
    _ fields: ZipFields, _ at: Int, before limit: Int
  ) throws -> (Entry, length: Int) {
    let nameLength = fields.number(at + 28, 2)
    let extraLength = fields.number(at + 30, 2)
    let length = 46 + nameLength + extraLength + fields.number(at + 32, 2)
    guard at + length <= fields.count,
      let name = String(
        validating: fields.bytes[(at + 46)..<(at + 46 + nameLength)], as: UTF8.self)
    else { throw TorchArchiveFault.directory("an entry's name is cut off or not UTF-8") }
    guard fields.number(at + 8, 2) & 1 == 0 else {
      throw TorchArchiveFault.entry(name, problem: "is encrypted")
    }
    guard fields.number(at + 10, 2) == 0 else {
      throw TorchArchiveFault.entry(
        name, problem: "is compressed; torch.save stores entries as they are")
    }
    var compressed = fields.number(at + 20, 4)
    var size = fields.number(at + 24, 4)
    var offset = fields.number(at + 42, 4)
    var field = at + 46 + nameLength
    let end = field + extraLength
    while field + 4 <= end {
      let fieldEnd = field + 4 + fields.number(field + 2, 2)
      guard fieldEnd <= end else {
        throw TorchArchiveFault.entry(name, problem: "has damaged extra fields")
      }
      if fields.number(field, 2) == 1 {
        // ZIP64: eight bytes for each of these that did not fit into four.
        var position = field + 4
        func wide(_ value: inout Int) throws {
          guard value == 0xFFFF_FFFF else { return }
          guard position + 8 <= fieldEnd else {
            throw TorchArchiveFault.entry(name, problem: "has damaged extra fields")
          }
          value = fields.number(position, 8)
          position += 8
        }
        try wide(&size)
        try wide(&compressed)
        try wide(&offset)
      }
      field = fieldEnd
    }
    guard size == compressed, size >= 0, offset >= 0, offset <= limit, size <= limit else {
      throw TorchArchiveFault.entry(name, problem: "claims \(size) bytes at \(offset)")
    }
    return (Entry(name: name, size: size, headerOffset: offset), length)
  }

  private static func isEnd(_ tail: ZipFields, _ at: Int) -> Bool {
    tail.bytes[at] == 0x50 && tail.number(at, 4) == 0x0605_4B50
      && at + 22 + tail.number(at + 20, 2) == tail.count
  }

  private static func place(
    _ source: any ByteSource
  ) throws -> (start: Int, size: Int, count: Int) {
    // The end record is the last thing but a comment of up to 65535 bytes.
    let tailStart = max(0, source.count - 22 - 65_535)
    let tail = try ZipFields(source, tailStart..<source.count)
    var at = tail.count - 22
    while at >= 0, !Self.isEnd(tail, at) { at -= 1 }
    guard at >= 0 else { throw TorchArchiveFault.noDirectory }
    var count = tail.number(at + 10, 2)
    var size = tail.number(at + 12, 4)
    var start = tail.number(at + 16, 4)
    var end = tailStart + at
    if at >= 20, tail.number(at - 20, 4) == 0x0706_4B50 {
      let record = tail.number(at - 12, 8)
      guard record >= 0, record <= end - 20 - 56 else {
        throw TorchArchiveFault.directory("its ZIP64 end lies outside")
      }
      let wide = try ZipFields(source, record..<(record + 56))
      guard wide.number(0, 4) == 0x0606_4B50 else {
        throw TorchArchiveFault.directory("its ZIP64 end is not there")
      }
      count = wide.number(32, 8)
      size = wide.number(40, 8)
      start = wide.number(48, 8)
      end = record
    }
    guard start >= 0, size >= 0, start <= end, size <= end - start, count >= 0,
      count <= size / 46
    else { throw TorchArchiveFault.directory("it claims \(size) bytes at \(start)") }
    return (start, size, count)
  }
}

/// Little-endian numbers in a piece of the file.
struct ZipFields {
  let bytes: [UInt8]
  var count: Int { bytes.count }

  /// - Parameters:
  ///   - source: Whose bytes.
  ///   - range: Within the source.
  /// - Throws: `OpenFileError`.
  init(_ source: any ByteSource, _ range: Range<Int>) throws {
    let (bytes, reason) = source.bytes(range)
    if let reason { throw OpenFileError(reason: reason) }
    self.bytes = bytes
  }

  /// - Parameters:
  ///   - at: The place of the first byte.
  ///   - width: 2, 4 or 8.
  /// - Returns: The number; one of eight bytes beyond 63 bits is negative.
  func number(_ at: Int, _ width: Int) -> Int {
    var bits: UInt64 = 0
    for index in (0..<width).reversed() { bits = bits << 8 | UInt64(bytes[at + index]) }
    return Int(truncatingIfNeeded: bits)
  }
}
