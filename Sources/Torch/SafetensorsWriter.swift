import Weights

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes safetensors files.
package enum Safetensors {
  /// Writes a file that the same tensors and metadata always give byte for byte, whatever their
  /// order, and flushes it to the disk. The name appears at once: write aside and rename to publish.
  ///
  /// Tensors are laid out as the reference implementation lays them out, by type (widest first,
  /// which keeps all aligned) and then by name; the header is padded to eight bytes with spaces.
  ///
  /// - Parameters:
  ///   - tensors: Names, each once, and their tensors.
  ///   - metadata: Texts for the header's `__metadata__`, written in the order of their keys.
  ///   - path: Where to; what is there is replaced.
  ///   - seal: What the header is to say of the bytes of the file, if anything.
  /// - Throws: `SafetensorsError`.
  package static func write(
    tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String,
    seal: SafetensorsSeal? = nil
  ) throws(SafetensorsError) {
    let sorted = try layout(tensors, path)
    let texts = seal.map { metadata.merging([$0.name: $0.placeholder]) { $1 } } ?? metadata
    let head = SafetensorsLayout.header(
      sorted.map { ($0.name, $0.dtype, $0.tensor.shape) }, texts)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(file: path, reason: systemReason()) }
    defer { close(descriptor) }
    if let reason = head.withUnsafeBytes({ writeAll($0, to: descriptor, seal) }) {
      throw .unwritable(file: path, reason: reason)
    }
    for (name, _, tensor) in sorted {
      if let reason = try write(tensor, name, to: descriptor, path, seal) {
        throw .unwritable(file: path, reason: reason)
      }
    }
    if let seal, let reason = seal.close(head, descriptor) {
      throw .unwritable(file: path, reason: reason)
    }
    guard fsync(descriptor) == 0 else {
      throw .unwritable(file: path, reason: systemReason())
    }
  }

  private typealias Item = (name: String, dtype: DType, tensor: Tensor)

  private static func layout(
    _ tensors: [(name: String, tensor: Tensor)], _ path: String
  ) throws(SafetensorsError) -> [Item] {
    var items: [Item] = []
    var names: Set<String> = ["__metadata__"]
    for (name, tensor) in tensors {
      guard names.insert(name).inserted else {
        throw .malformed(file: path, tensor: name, fault: .duplicateKey(name))
      }
      guard let dtype = tensor.knownDType else {
        throw .malformed(file: path, tensor: name, fault: .unsupportedType(tensor.summary))
      }
      items.append((name: name, dtype: dtype, tensor: tensor))
    }
    return items.sorted {
      SafetensorsLayout.precedes(($0.name, $0.dtype), ($1.name, $1.dtype))
    }
  }

  /// Writes the bytes of a tensor; nil on success, else why not.
  static func write(
    _ tensor: Tensor, _ name: String, to descriptor: Int32, _ path: String,
    _ seal: SafetensorsSeal? = nil
  ) throws(SafetensorsError) -> String? {
    do throws(TorchError) {
      let owner = try tensor.readable()
      let start = try owner.address()
      return withExtendedLifetime(owner) {
        let bytes = owner.count * Int(owner.facts.element_bytes)
        return writeAll(
          UnsafeRawBufferPointer(start: start, count: bytes), to: descriptor, seal)
      }
    } catch {
      throw .refused(file: path, tensor: name, reason: error.description)
    }
  }
}

/// Writes a whole buffer and shows it to `seal`, in pieces that stay in the processor's cache; nil on
/// success, else why not.
func writeAll(
  _ buffer: UnsafeRawBufferPointer, to descriptor: Int32, _ seal: SafetensorsSeal?
) -> String? {
  guard let seal else { return writeAll(buffer, to: descriptor) }
  for start in stride(from: 0, to: buffer.count, by: SafetensorsSeal.pieceBytes) {
    let end = min(start + SafetensorsSeal.pieceBytes, buffer.count)
    let piece = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    seal.update(piece)
    if let reason = writeAll(piece, to: descriptor) { return reason }
  }
  return nil
}

/// Writes a whole buffer; nil on success, else why not.
func writeAll(_ buffer: UnsafeRawBufferPointer, to descriptor: Int32) -> String? {
  var done = 0
  while done < buffer.count {
    let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
    let count = write(descriptor, rest.baseAddress, rest.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return systemReason() }
    done += count
  }
  return nil
}
