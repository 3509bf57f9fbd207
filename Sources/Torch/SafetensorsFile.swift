#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A safetensors file, open for reading.
///
/// The header is checked as a whole before anything else is allocated; tensors are read one by
/// one, straight into their memory. Format: huggingface/safetensors, README, "Format".
package final class SafetensorsFile {
  package let path: String
  /// In the order of the data.
  package let entries: [SafetensorsEntry]
  package let metadata: [String: String]

  private let descriptor: Int32
  private let dataStart: Int
  private let places: [String: Int]

  /// - Throws: `SafetensorsError`, before any tensor is read, for every way in which the file
  ///   breaks the format.
  package init(path: String) throws(SafetensorsError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: path, reason: systemReason()) }
    do throws(SafetensorsError) {
      let (header, start) = try Self.header(of: descriptor, path)
      entries = header.entries
      metadata = header.metadata
      dataStart = start
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    places = Dictionary(
      uniqueKeysWithValues: entries.enumerated().map { ($0.element.name, $0.offset) })
  }

  deinit {
    close(descriptor)
  }

  /// The names of all tensors, sorted.
  package var names: [String] { entries.map(\.name).sorted() }

  /// What the header says of a tensor; nil where there is none of that name.
  package func entry(_ name: String) -> SafetensorsEntry? {
    places[name].map { entries[$0] }
  }

  /// Reads one tensor.
  ///
  /// - Throws: `SafetensorsError.missing` where there is none of that name, `.unreadable` where
  ///   the file has become shorter meanwhile.
  package func tensor(named name: String) throws(SafetensorsError) -> Tensor {
    guard let entry = entry(name) else { throw .missing(file: path, tensor: name) }
    let (tensor, start) = try allocate(entry)
    let bytes = UnsafeMutableRawBufferPointer(start: start, count: entry.offsets.count)
    let reason = withExtendedLifetime(tensor) {
      readAll(bytes, of: descriptor, from: dataStart + entry.offsets.lowerBound)
    }
    if let reason { throw .unreadable(file: path, reason: reason) }
    return tensor
  }

  /// Reads all tensors, in the order of the data.
  package func tensors() throws(SafetensorsError) -> [(name: String, tensor: Tensor)] {
    var tensors: [(name: String, tensor: Tensor)] = []
    for entry in entries {
      tensors.append((name: entry.name, tensor: try tensor(named: entry.name)))
    }
    return tensors
  }

  /// Reads all tensors, by name.
  package func all() throws(SafetensorsError) -> [String: Tensor] {
    var all: [String: Tensor] = [:]
    for (name, tensor) in try tensors() { all[name] = tensor }
    return all
  }

  private func allocate(
    _ entry: SafetensorsEntry
  ) throws(SafetensorsError) -> (Tensor, UnsafeMutableRawPointer?) {
    do throws(TorchError) {
      let tensor = try Tensor.zeros(entry.shape, entry.dtype)
      return (tensor, try tensor.address())
    } catch {
      throw .refused(file: path, tensor: entry.name, error)
    }
  }

  private static func header(
    of descriptor: Int32, _ path: String
  ) throws(SafetensorsError) -> (SafetensorsHeader, dataStart: Int) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(file: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(file: path, reason: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size >= 8 else {
      throw .malformed(file: path, tensor: nil, fault: .tooShort(bytes: size))
    }
    let length = try read(8, of: descriptor, from: 0, path)
      .reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsHeader.lengthLimit else {
      let fault = SafetensorsFault.headerTooLong(
        bytes: length, limit: SafetensorsHeader.lengthLimit)
      throw .malformed(file: path, tensor: nil, fault: fault)
    }
    guard length <= size - 8 else {
      let fault = SafetensorsFault.headerBeyondFile(bytes: length, available: size - 8)
      throw .malformed(file: path, tensor: nil, fault: fault)
    }
    let bytes = try read(Int(length), of: descriptor, from: 8, path)
    let start = 8 + Int(length)
    return (
      try SafetensorsHeader(bytes, dataBytes: size - start, file: path), dataStart: start
    )
  }

  private static func read(
    _ count: Int, of descriptor: Int32, from offset: Int, _ path: String
  ) throws(SafetensorsError) -> [UInt8] {
    var reason: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let target = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
      reason = readAll(target, of: descriptor, from: offset)
      filled = reason == nil ? count : 0
    }
    if let reason { throw .unreadable(file: path, reason: reason) }
    return bytes
  }
}

/// Fills a buffer from a file; nil on success, else why not.
private func readAll(
  _ buffer: UnsafeMutableRawBufferPointer, of descriptor: Int32, from offset: Int
) -> String? {
  var done = 0
  while done < buffer.count {
    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
    let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return systemReason() }
    guard count > 0 else { return "it has become shorter while it was read" }
    done += count
  }
  return nil
}

/// What the operating system says of the last call that failed.
func systemReason() -> String { String(cString: strerror(errno)) }
