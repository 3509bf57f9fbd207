import CTorch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// On which device tensors are made: "cpu", "cuda" or "cuda:N".
package enum DeviceScope {
  /// Runs `body` with this thread's new tensors on `device`: those made from numbers, read from files
  /// and drawn (in main memory, from the same numbers everywhere). Results are where their operands are.
  ///
  /// - Returns: What `body` returns.
  /// - Throws: `TorchError.refused` for a device that this libtorch or this machine lacks; what `body`
  ///   throws.
  package static func during<Result>(_ device: String, _ body: () throws -> Result) throws -> Result
  {
    let before = try enter(device)
    defer { _ = try? enter(before) }
    return try body()
  }

  /// - Returns: The device before.
  fileprivate static func enter(_ device: String) throws(TorchError) -> String {
    var before: UnsafeMutablePointer<CChar>?
    try check("device \(device)", [], ct_set_device(device, &before))
    defer { free(before) }
    return before.map { String(cString: $0) } ?? "cpu"
  }
}

extension Tensor {
  /// Whether the processor can read its elements where they are.
  package var isInMainMemory: Bool { ct_is_in_main_memory(handle) }

  /// This tensor in main memory, a copy unless it is there.
  package func inMainMemory() throws(TorchError) -> Tensor {
    if isInMainMemory { return self }
    return try Tensor.make("inMainMemory", [self]) { ct_to_main_memory(handle, $0) }
  }

  /// This tensor as the processor can read it from its address: contiguous and in main memory. A copy
  /// unless it is so already.
  func readable() throws(TorchError) -> Tensor {
    try (isContiguous ? self : contiguous()).inMainMemory()
  }

  /// This tensor on the device of the `DeviceScope`, a copy unless it is there.
  func onDevice() throws(TorchError) -> Tensor {
    try Tensor.make("onDevice", [self]) { ct_to_device(handle, $0) }
  }

  /// Zeros that are written through their address, so in main memory wherever tensors are made.
  static func writable(_ shape: [Int], _ dtype: DType) throws(TorchError) -> Tensor {
    let before = try DeviceScope.enter("cpu")
    defer { _ = try? DeviceScope.enter(before) }
    return try zeros(shape, dtype)
  }
}
