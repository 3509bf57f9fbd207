/// The element type of a tensor. Types outside this list are refused where they are met, never
/// read as something else.
package enum DType: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case float32, float64, float16, bfloat16, int64, int32, int16, uint8, int8, bool

  package var description: String { rawValue }

  package var bytesPerElement: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .uint8, .int8, .bool: 1
    }
  }

  package var isFloatingPoint: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16: true
    case .int64, .int32, .int16, .uint8, .int8, .bool: false
    }
  }
}
