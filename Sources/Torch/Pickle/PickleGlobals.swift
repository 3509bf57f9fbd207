/// What a class or function that a pickle names means to the reader. None is ever called: the list
/// says how the values that the pickle hands over are to be read.
enum PickleRole: Equatable {
  /// `torch._utils._rebuild_tensor`, `_v2`, `_v3`.
  case tensor(version: Int)
  case parameter
  /// `torch._tensor._rebuild_from_type_v2`: another of these functions, and its arguments.
  case fromType
  case storage(PickleElement)
  case element(PickleElement)
  case dictionary, defaultDictionary
  case set, list, tuple
  /// `_codecs.encode`: how protocol 2 spells bytes.
  case encode
  case numpyScalar
  /// Kept as the class's name and what it was handed.
  case plain

  /// - Returns: nil for everything that is not on the list.
  init?(module: String, name: String) {
    // Older and newer names of the same modules.
    let module =
      switch module {
      case "__builtin__": "builtins"
      case "numpy._core.multiarray": "numpy.core.multiarray"
      case "numpy._core.numeric": "numpy.core.numeric"
      default: module
      }
    if module == "torch" || module == "torch.cuda" || module == "torch.storage" {
      guard let role = Self.torch(name) else { return nil }
      self = role
    } else if let role = Self.exact["\(module).\(name)"] {
      self = role
    } else if module.hasPrefix("fairseq."), Self.isIdentifier(name) {
      self = .plain
    } else {
      return nil
    }
  }

  private static func isIdentifier(_ name: String) -> Bool {
    name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  private static func torch(_ name: String) -> PickleRole? {
    if let element = storages[name] { return .storage(element) }
    if let bytes = elements[name] { return .element(PickleElement(name: name, bytes: bytes)) }
    switch name {
    case "Size": return .tuple
    case "device", "Tensor": return .plain
    default: return nil
    }
  }

  private static let storages: [String: PickleElement] = [
    "FloatStorage": .init(name: "float32", bytes: 4),
    "DoubleStorage": .init(name: "float64", bytes: 8),
    "HalfStorage": .init(name: "float16", bytes: 2),
    "BFloat16Storage": .init(name: "bfloat16", bytes: 2),
    "LongStorage": .init(name: "int64", bytes: 8),
    "IntStorage": .init(name: "int32", bytes: 4),
    "ShortStorage": .init(name: "int16", bytes: 2),
    "CharStorage": .init(name: "int8", bytes: 1),
    "ByteStorage": .init(name: "uint8", bytes: 1),
    "BoolStorage": .init(name: "bool", bytes: 1),
    "ComplexFloatStorage": .init(name: "complex64", bytes: 8),
    "ComplexDoubleStorage": .init(name: "complex128", bytes: 16),
    "UntypedStorage": .init(name: "uint8", bytes: 1),
  ]

  private static let elements: [String: Int] = [
    "float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2,
    "int8": 1, "uint8": 1, "bool": 1, "uint16": 2, "uint32": 4, "uint64": 8, "complex32": 4,
    "complex64": 8, "complex128": 16, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
  ]

  private static let exact: [String: PickleRole] = {
    var exact: [String: PickleRole] = [
      "torch._utils._rebuild_tensor": .tensor(version: 1),
      "torch._utils._rebuild_tensor_v2": .tensor(version: 2),
      "torch._utils._rebuild_tensor_v3": .tensor(version: 3),
      "torch._utils._rebuild_parameter": .parameter,
      "torch._utils._rebuild_parameter_with_state": .parameter,
      "torch._tensor._rebuild_from_type_v2": .fromType,
      "torch.nn.parameter.Parameter": .plain,
      "collections.OrderedDict": .dictionary,
      "collections.Counter": .dictionary,
      "collections.defaultdict": .defaultDictionary,
      "builtins.dict": .dictionary,
      "builtins.set": .set,
      "builtins.frozenset": .set,
      "builtins.list": .list,
      "builtins.tuple": .tuple,
      "_codecs.encode": .encode,
      "numpy.core.multiarray.scalar": .numpyScalar,
      "numpy.core.multiarray._reconstruct": .plain,
      "numpy.core.numeric._frombuffer": .plain,
      "numpy.ndarray": .plain,
      "numpy.dtype": .plain,
      "argparse.Namespace": .plain,
    ]
    let plain: [String: [String]] = [
      "builtins": ["int", "float", "str", "bool", "bytes", "object", "long", "unicode"],
      "typing": ["Any", "Union", "Optional", "List", "Dict", "Tuple"],
      "omegaconf.dictconfig": ["DictConfig"],
      "omegaconf.listconfig": ["ListConfig"],
      "omegaconf.base": ["ContainerMetadata", "Metadata", "Node", "SCMode"],
      "omegaconf.nodes": [
        "AnyNode", "IntegerNode", "FloatNode", "BooleanNode", "StringNode", "EnumNode",
        "BytesNode", "PathNode",
      ],
    ]
    for (module, names) in plain {
      for name in names { exact["\(module).\(name)"] = .plain }
    }
    return exact
  }()
}
