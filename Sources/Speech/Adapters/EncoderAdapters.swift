import Torch

/// Adapters of an encoder: one for each chosen linear map of every layer.
///
/// They act as peft's on `HubertModel` and `Wav2Vec2Model`. transformers' `WavLMModel` hands the weights
/// of its attention's maps to one function and never calls the maps, so that peft's adapters of these act
/// there only after merging; here they act in both.
package struct EncoderAdapters {
  package let settings: AdapterSettings
  /// Of the encoder that they are for.
  package let configuration: EncoderConfiguration
  private let adapters: [String: LowRankAdapter]

  /// Adapters at the first value in training, which leave the encoder as it is.
  ///
  /// - Parameters:
  ///   - settings: Which, and of what rank.
  ///   - weights: The encoder's.
  ///   - generator: Where the matrices A are drawn from, in checkpoint order.
  /// - Throws: `TorchError` when memory runs out.
  package init(
    random settings: AdapterSettings, for weights: EncoderWeights, generator: Generator
  ) throws {
    self.settings = settings
    configuration = weights.configuration
    let named = NamedWeights(tensors: weights.tensors, epsilon: configuration.layerNormEpsilon)
    var adapters: [String: LowRankAdapter] = [:]
    for map in Self.maps(settings, configuration) {
      adapters[map.name] = try LowRankAdapter(
        for: named(map.name + ".weight"), rank: settings.rank, scale: settings.scale,
        isWeightDecomposed: settings.isWeightDecomposed, generator: generator)
    }
    self.adapters = adapters
  }

  /// Adapters of known tensors.
  ///
  /// - Parameters:
  ///   - settings: Which, and of what rank.
  ///   - configuration: Of the encoder that they are for.
  ///   - tensors: By the names of `parameters`.
  ///   - path: Where they come from, for the error.
  /// - Throws: `AdapterError.tensors` listing every missing, unexpected and mis-shaped tensor.
  package init(
    _ settings: AdapterSettings, configuration: EncoderConfiguration, tensors: [String: Tensor],
    path: String
  ) throws(AdapterError) {
    var problems: [String] = []
    var rest = tensors
    func take(_ name: String, _ shape: [Int]) -> Tensor? {
      guard let tensor = rest.removeValue(forKey: name) else {
        problems.append("missing \(name) \(shape)")
        return nil
      }
      if tensor.shape != shape { problems.append("\(name) is \(tensor.shape), not \(shape)") }
      return tensor
    }
    var adapters: [String: LowRankAdapter] = [:]
    for map in Self.maps(settings, configuration) {
      let a = take(map.name + Self.suffixA, [settings.rank, map.input])
      let b = take(map.name + Self.suffixB, [map.output, settings.rank])
      let magnitude =
        settings.isWeightDecomposed ? take(map.name + Self.suffixMagnitude, [map.output]) : nil
      guard let a, let b else { continue }
      adapters[map.name] = LowRankAdapter(
        a: a, b: b, magnitude: magnitude, scale: settings.scale)
    }
    problems += rest.sorted { $0.key < $1.key }.map { "unexpected \($0.key) \($0.value.shape)" }
    guard problems.isEmpty else { throw .tensors(path: path, problems: problems) }
    self.settings = settings
    self.configuration = configuration
    self.adapters = adapters
  }

  // MARK: Names

  private static let suffixA = ".lora_A.weight"
  private static let suffixB = ".lora_B.weight"
  private static let suffixMagnitude = ".lora_magnitude_vector"

  /// The linear maps that are changed, in checkpoint order: names without ".weight", and sizes.
  private static func maps(
    _ settings: AdapterSettings, _ configuration: EncoderConfiguration
  ) -> [(name: String, input: Int, output: Int)] {
    let names = configuration.names
    return (0..<configuration.layers).flatMap { layer in
      settings.targets.map { target in
        let sizes = target.sizes(configuration)
        return ("\(names.layer(layer)).\(target.name(in: names))", sizes.input, sizes.output)
      }
    }
  }

  // MARK: Use

  /// The adapter of a linear map, by its name without ".weight".
  subscript(name: String) -> LowRankAdapter? { adapters[name] }

  /// What training moves, in checkpoint order, by peft's names without their `base_model.model.`.
  package var parameters: [(name: String, tensor: Tensor)] {
    Self.maps(settings, configuration).flatMap { map -> [(name: String, tensor: Tensor)] in
      guard let adapter = adapters[map.name] else { return [] }
      return [(map.name + Self.suffixA, adapter.a), (map.name + Self.suffixB, adapter.b)]
        + (adapter.magnitude.map { [(map.name + Self.suffixMagnitude, $0)] } ?? [])
    }
  }

  /// One encoder's weights that give the outputs of weights and adapters together.
  ///
  /// - Parameter weights: The encoder's; tensors without an adapter are shared, not copied.
  /// - Returns: Weights without history where they are merged.
  /// - Throws: `AdapterError.otherEncoder` for weights that the adapters are not for.
  package func merged(into weights: EncoderWeights) throws -> EncoderWeights {
    try check(weights.configuration)
    var tensors = weights.tensors
    for (name, adapter) in adapters {
      guard let weight = tensors[name + ".weight"] else { continue }
      tensors[name + ".weight"] = try adapter.merged(weight)
    }
    return try EncoderWeights(
      configuration: weights.configuration, tensors: tensors, path: "merged adapters")
  }

  /// - Throws: `AdapterError.otherEncoder` unless they are for an encoder of that configuration.
  func check(_ other: EncoderConfiguration) throws(AdapterError) {
    guard configuration.hasSizes(of: other) else { throw .otherEncoder }
  }
}
