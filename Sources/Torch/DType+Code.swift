import CTorch

/// The shim's numbers of element types.
extension DType {
  var code: ct_dtype {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .int64: .int64
    case .int32: .int32
    case .int16: .int16
    case .uint8: .uint8
    case .int8: .int8
    case .bool: .bool
    }
  }

  /// - Parameter code: A `ct_dtype` as `ct_facts` reports it, or −1.
  init?(code: Int32) {
    guard let match = Self.allCases.first(where: { $0.code.rawValue == code }) else { return nil }
    self = match
  }
}
