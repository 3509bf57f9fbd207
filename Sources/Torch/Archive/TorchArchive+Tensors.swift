/// Tensors of libtorch from an archive.
extension TorchArchive {
  /// Opens a file of `torch.save`.
  ///
  /// - Throws: `TorchArchiveError`.
  package convenience init(path: String) throws(TorchArchiveError) {
    let file: OpenFile
    do throws(OpenFileError) {
      file = try OpenFile(path: path)
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
    try self.init(file, path: path)
  }

  /// Reads one tensor, onto the device of the `DeviceScope`.
  ///
  /// - Parameters:
  ///   - description: Of this archive's document.
  ///   - name: For the error text.
  /// - Returns: The tensor, contiguous.
  /// - Throws: `TorchArchiveError.unsupportedType` for complex and eight-bit floating numbers.
  package func tensor(
    _ description: PickleTensor, named name: String
  ) throws(TorchArchiveError) -> Tensor {
    guard let dtype = description.element.dtype else {
      throw .unsupportedType(file: path, tensor: name, type: description.element.name)
    }
    let tensor: Tensor
    let start: UnsafeMutableRawPointer?
    do throws(TorchError) {
      tensor = try Tensor.writable(description.shape, dtype)
      start = try tensor.address()
    } catch {
      throw .refused(file: path, tensor: name, error)
    }
    defer { withExtendedLifetime(tensor) {} }
    try read(
      description, into: .init(start: start, count: tensor.count * dtype.bytesPerElement))
    do throws(TorchError) {
      return try tensor.onDevice()
    } catch {
      throw .refused(file: path, tensor: name, error)
    }
  }
}
