/// A value of a pickle. What can hold others is an object, kept by its number in the document, so
/// that structures which contain themselves are plain data too.
package enum PickleValue: Sendable, Hashable {
  case none
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case text(String)
  case object(Int)
}

/// What a pickle made beside numbers and texts. Nothing of it is code: an instance is the name of
/// its class and what the pickle hands to it.
struct PickleObject: Sendable {
  enum Kind: Sendable, Equatable {
    case list, tuple, set
    /// The items are keys and values by turns.
    case dictionary
    case bytes([UInt8])
    /// Beyond 64 bits: little-endian, two's complement.
    case longInteger([UInt8])
    /// A class or function, by its qualified name.
    case global(String)
    /// The items are the arguments that the class was called with.
    case instance(String)
    case storage(PickleStorage)
    case tensor(PickleTensor)
  }

  var kind: Kind
  var items: [PickleValue] = []
  /// The attributes that the pickle sets afterwards.
  var state: PickleValue?
}

/// The elements of a storage: what PyTorch calls them, and what they are here, if they are
/// supported.
package struct PickleElement: Sendable, Hashable {
  package let name: String
  package let bytes: Int
  package var dtype: DType? { DType(rawValue: name) }
}

/// A run of elements in the archive.
package struct PickleStorage: Sendable, Hashable {
  package let key: String
  package let element: PickleElement
  package let count: Int

  /// The product fits, or the storage would not have been made.
  package var byteCount: Int { count * element.bytes }
}

/// A tensor as the pickle describes it: a view of a storage that lies within it.
package struct PickleTensor: Sendable, Hashable {
  package let storage: PickleStorage
  package let element: PickleElement
  /// In elements.
  package let offset: Int
  package let shape: [Int]
  package let strides: [Int]

  static let rankLimit = 64

  /// - Throws: `PickleFault` unless all elements lie in the storage, and are no more than it has
  ///   (a view that repeats elements could be of any size).
  init(
    storage: PickleStorage, element: PickleElement, offset: Int, shape: [Int], strides: [Int]
  ) throws(PickleFault) {
    guard shape.count == strides.count, shape.count <= Self.rankLimit,
      offset >= 0, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else {
      throw .unfit(
        what: "tensor", problem: "offset \(offset), shape \(shape), strides \(strides)")
    }
    let capacity = storage.byteCount / element.bytes
    var count = 1
    var last = offset
    for (size, stride) in zip(shape, strides) where !shape.contains(0) {
      let (product, tooMany) = count.multipliedReportingOverflow(by: size)
      let (reach, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, beyond) = last.addingReportingOverflow(reach)
      guard !tooMany, !tooFar, !beyond else {
        throw .unfit(what: "tensor", problem: "shape \(shape) and strides \(strides) overflow")
      }
      count = product
      last = sum
    }
    if !shape.contains(0) {
      guard last < capacity else { throw .beyondStorage(last: last, elements: capacity) }
      guard count <= capacity else {
        throw .unfit(
          what: "tensor", problem: "shape \(shape) repeats the \(capacity) elements of its storage")
      }
    }
    self.storage = storage
    self.element = element
    self.offset = offset
    self.shape = shape
    self.strides = strides
  }

  /// The number of elements.
  package var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }
  package var byteCount: Int { count * element.bytes }

  /// Elements of the storage from the first to the last of the tensor.
  var span: Range<Int> {
    guard count > 0 else { return 0..<0 }
    let reach = zip(shape, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    return offset..<(offset + reach + 1)
  }

  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }
}
