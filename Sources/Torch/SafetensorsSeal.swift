import Weights

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A text in a file's header that follows from all bytes of the file, such as their digest. It is known
/// when all are written, so zeros stand in its place until then, and while it is taken.
package struct SafetensorsSeal {
  /// What the header calls it.
  package let name: String
  /// The zeros.
  package let placeholder: String
  /// Takes in the next bytes.
  let update: (UnsafeRawBufferPointer) -> Void
  /// What follows from all of them; as long as the placeholder.
  private let text: () -> String

  static let pieceBytes = 1 << 20

  package init(
    name: String, length: Int, update: @escaping (UnsafeRawBufferPointer) -> Void,
    text: @escaping () -> String
  ) {
    self.name = name
    placeholder = String(repeating: "0", count: length)
    self.update = update
    self.text = text
  }

  /// Where the text lies in a header as `Safetensors.write` writes it; nil where there is none.
  package static func place(of name: String, length: Int, in head: [UInt8]) -> Range<Int>? {
    // Inside of texts quotation marks are escaped, so that this stands nowhere else.
    let mark = Array("\"\(name)\":\"".utf8)
    guard head.count >= mark.count + length else { return nil }
    for start in 0...(head.count - mark.count - length)
    where head[start] == mark[0] && head[start..<start + mark.count].elementsEqual(mark) {
      return start + mark.count..<start + mark.count + length
    }
    return nil
  }

  /// Puts the text into its place; nil on success, else why not.
  func close(_ head: [UInt8], _ descriptor: Int32) -> String? {
    let text = Array(text().utf8)
    guard let place = Self.place(of: name, length: text.count, in: head) else {
      return "its header has no place for '\(name)'"
    }
    let count = text.withUnsafeBytes {
      pwrite(descriptor, $0.baseAddress, $0.count, off_t(place.lowerBound))
    }
    return count == text.count ? nil : systemReason()
  }
}
