/// libFuzzer's entry: files of torch.save in both forms, and bare pickles.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArchive(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  if let archive = try? TorchArchive(MemoryBytes(bytes), path: "input") {
    look(into: archive.document, archive)
  }
  if let document = try? PickleDocument(reading: Array(bytes)) { look(into: document, nil) }
  return 0
}

/// Looks at what a user of the reader looks at, a few levels deep.
private func look(into document: PickleDocument, _ archive: TorchArchive?) {
  var values = [document.root]
  for _ in 0..<4 {
    var inner: [PickleValue] = []
    for value in values {
      _ = document[value, "model"]
      _ = document.plain(value)
      inner += (document.entries(of: value) ?? []).map(\.value)
      inner += document.items(of: value) ?? []
      if let archive, let tensor = document.tensor(value), tensor.byteCount <= 1 << 20 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
          byteCount: tensor.byteCount, alignment: 8)
        try? archive.read(tensor, into: buffer)
        buffer.deallocate()
      }
    }
    values = Array(inner.prefix(256))
  }
}
