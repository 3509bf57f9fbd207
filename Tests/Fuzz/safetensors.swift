/// libFuzzer's entry: the header of a safetensors file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSafetensors(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  if let (header, dataStart) = try? SafetensorsHeader.read(MemoryBytes(bytes), file: "input") {
    // What was accepted covers the file exactly, once.
    var position = 0
    for entry in header.entries {
      precondition(entry.offsets.lowerBound == position)
      precondition(
        entry.shape.reduce(entry.dtype.bytesPerElement) { $0 * $1 } == entry.offsets.count)
      position = entry.offsets.upperBound
    }
    precondition(dataStart + position == count)
  }
  return 0
}
