import Torch

/// Fresh weights of a head by name, drawn as PyTorch's modules draw theirs.
struct HeadDraws {
  private(set) var tensors: [String: Tensor] = [:]
  private let generator: Generator

  init(_ generator: Generator) { self.generator = generator }

  /// As `torch.nn.Linear`: `name.weight` [output, input] and `name.bias` [output], U(±1/√input).
  mutating func linear(_ name: String, from input: Int, to output: Int) throws {
    let bound = 1 / Double(input).squareRoot()
    try uniform(name + ".weight", [output, input], bound)
    try uniform(name + ".bias", [output], bound)
  }

  /// A layer as of `torch.nn.LSTM`, by PyTorch's names below `name`: U(±1/√width).
  mutating func lstm(
    _ name: String, layer: Int, from input: Int, width: Int, isBidirectional: Bool
  ) throws {
    let bound = 1 / Double(width).squareRoot()
    for direction in isBidirectional ? ["", "_reverse"] : [""] {
      let suffix = "_l\(layer)\(direction)"
      try uniform("\(name).weight_ih\(suffix)", [4 * width, input], bound)
      try uniform("\(name).weight_hh\(suffix)", [4 * width, width], bound)
      try uniform("\(name).bias_ih\(suffix)", [4 * width], bound)
      try uniform("\(name).bias_hh\(suffix)", [4 * width], bound)
    }
  }

  /// The layers that `HeadWeights.recurrent` runs, with `widths` cells of each direction.
  ///
  /// - Returns: The features that the last gives; `input` where there is none.
  mutating func recurrent(from input: Int, widths: [Int], hasTanhMaps: Bool) throws -> Int {
    var last = input
    for (layer, cells) in widths.enumerated() {
      try lstm("lstm", layer: layer, from: last, width: cells, isBidirectional: true)
      last = 2 * cells
      if hasTanhMaps { try linear("tanh.\(layer)", from: last, to: last) }
    }
    return last
  }

  /// A matrix as `torch.nn.init.xavier_normal_` fills it: N(0, 2 / (rows + columns)).
  mutating func xavierNormal(_ name: String, rows: Int, columns: Int) throws {
    tensors[name] = try .normal(
      [rows, columns], standardDeviation: (2 / Double(rows + columns)).squareRoot(),
      generator: generator)
  }

  private mutating func uniform(_ name: String, _ shape: [Int], _ bound: Double) throws {
    tensors[name] = try .uniform(shape, low: -bound, high: bound, generator: generator)
  }
}
