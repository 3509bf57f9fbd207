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
    let (tensor, start) = try allocate(entry)
    let bytes = UnsafeMutableRawBufferPointer(start: start, count: entry.offsets.count)
    try file.read(into: bytes, at: entry.offsets.lowerBound)
    do throws(TorchError) {
      return try tensor.onDevice()
    } catch {
      throw .refused(file: path, tensor: name, reason: error.description)
    }
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
      let tensor = try Tensor.writable(entry.shape, entry.dtype)
      return (tensor, try tensor.address())
    } catch {
      throw .refused(file: path, tensor: entry.name, reason: error.description)
    }
  }
}
