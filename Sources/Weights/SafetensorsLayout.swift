/// Where the tensors of a safetensors file lie, and the header that says so.
///
/// Tensors are laid out as the reference implementation lays them out, by type (widest first, which
/// keeps all aligned) and then by name; the header is padded to eight bytes with spaces. The same
/// tensors and metadata give the same bytes, whatever their order.
package enum SafetensorsLayout {
  /// Whether a tensor lies before another.
  package static func precedes(
    _ one: (name: String, dtype: DType), _ other: (name: String, dtype: DType)
  ) -> Bool {
    let (left, right) = (SafetensorsType.rank(of: one.dtype), SafetensorsType.rank(of: other.dtype))
    return left != right
      ? left < right : one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
  }

  /// The length and text of the header for tensors in the order of their data.
  package static func header(
    _ items: [(name: String, dtype: DType, shape: [Int])], _ metadata: [String: String]
  ) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for (name, dtype, sizes) in items {
      let end = offset + sizes.reduce(dtype.bytesPerElement, *)
      let shape = sizes.map(String.init).joined(separator: ",")
      members.append(
        "\(quoted(name)):{\"dtype\":\"\(SafetensorsType.name(of: dtype))\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text.append(contentsOf: repeatElement(0x20, count: (8 - text.count % 8) % 8))
    let length = UInt64(text.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + text
  }

  /// A JSON string, escaped only where JSON must be.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\u{8}": quoted += "\\b"
      case "\u{C}": quoted += "\\f"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
