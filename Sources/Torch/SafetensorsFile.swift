import Weights

/// A safetensors file, open for reading.
///
/// The header is checked as a whole before anything else is allocated; tensors are read one by
/// one, straight into their memory. Format: huggingface/safetensors, README, "Format".
package final class SafetensorsFile {
  private let file: SafetensorsBytes
  private let places: [String: Int]

  /// - Throws: `SafetensorsError`, before any tensor is read, for every way in which the file
  ///   breaks the format.
  package init(path: String) throws(SafetensorsError) {
    file = try SafetensorsBytes(path: path)
    places = Dictionary(
      uniqueKeysWithValues: file.entries.enumerated().map { ($0.element.name, $0.offset) })
  }

  package var path: String { file.path }
  /// In the order of the data.
  package var entries: [SafetensorsEntry] { file.entries }
  package var metadata: [String: String] { file.metadata }

  /// The names of all tensors, sorted.
  package var names: [String] { entries.map(\.name).sorted() }

  /// What the header says of a tensor; nil where there is none of that name.
  package func entry(_ name: String) -> SafetensorsEntry? {
    places[name].map { entries[$0] }
  }

  /// Reads one tensor, onto the device of the `DeviceScope`.
  ///
  /// - Throws: `SafetensorsError.missing` where there is none of that name, `.unreadable` where
  ///   the file has become shorter meanwhile.
  package func tensor(named name: String) throws(SafetensorsError) -> Tensor {
    guard let entry = entry(name) else { throw .missing(file: path, tensor: name) }
    return try read(
      name, entry.shape, entry.dtype, at: entry.offsets.lowerBound, bytes: entry.offsets.count)
  }

  /// Reads some rows of a tensor, its elements along the first dimension, onto the device of the
  /// `DeviceScope`.
  ///
  /// - Throws: As `tensor(named:)`; `SafetensorsError.malformed` for rows that it has not.
  package func rows(
    _ range: Range<Int>, ofTensorNamed name: String
  ) throws(SafetensorsError) -> Tensor {
    guard let entry = entry(name) else { throw .missing(file: path, tensor: name) }
    guard let all = entry.shape.first, range.lowerBound >= 0, range.upperBound <= all else {
      throw .malformed(
        file: path, tensor: name,
        fault: .wrongSize(expected: range.upperBound, found: entry.shape.first ?? 0))
    }
    let rowBytes = all == 0 ? 0 : entry.offsets.count / all
    return try read(
      name, [range.count] + entry.shape.dropFirst(), entry.dtype,
      at: entry.offsets.lowerBound + range.lowerBound * rowBytes, bytes: range.count * rowBytes)
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

  private func read(
    _ name: String, _ shape: [Int], _ dtype: DType, at offset: Int, bytes: Int
  ) throws(SafetensorsError) -> Tensor {
    let (tensor, start) = try allocate(name, shape, dtype)
    try file.read(into: UnsafeMutableRawBufferPointer(start: start, count: bytes), at: offset)
    do throws(TorchError) {
      return try tensor.onDevice()
    } catch {
      throw .refused(file: path, tensor: name, reason: error.description)
    }
  }

  private func allocate(
    _ name: String, _ shape: [Int], _ dtype: DType
  ) throws(SafetensorsError) -> (Tensor, UnsafeMutableRawPointer?) {
    do throws(TorchError) {
      let tensor = try Tensor.writable(shape, dtype)
      return (tensor, try tensor.address())
    } catch {
      throw .refused(file: path, tensor: name, reason: error.description)
    }
  }
}
