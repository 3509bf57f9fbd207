import Experiment
import Foundation
import Torch

/// Adapters in and out of folders of peft: `adapter_config.json` and `adapter_model.safetensors`.
///
/// Source: what `PeftModel.save_pretrained` of peft 0.21 writes.
package enum PeftFolder {
  private static let configurationName = "adapter_config.json"
  private static let tensorsName = "adapter_model.safetensors"
  /// Before every tensor's name: the model inside peft's two wrappers.
  private static let prefix = "base_model.model."

  /// Reads adapters of an encoder.
  ///
  /// - Parameters:
  ///   - folder: As peft or `write` made it.
  ///   - configuration: Of the encoder that they are for.
  /// - Returns: The adapters, not learning yet.
  /// - Throws: `CheckpointError` naming the key that asks for something else than these adapters do;
  ///   `AdapterError` for linear maps that are none of the encoder's and for wrong tensors;
  ///   `SafetensorsError` for a file that is not whole.
  package static func read(
    _ folder: String, configuration: EncoderConfiguration
  ) throws -> EncoderAdapters {
    let path = "\(folder)/\(configurationName)"
    let settings = try settings(json: json(path), path: path, names: configuration.names)
    let file = "\(folder)/\(tensorsName)"
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in try SafetensorsFile(path: file).all() {
      // A name without the prefix stays, and is reported as unexpected.
      let own = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      tensors[own] = try tensor.to(.float32)
    }
    return try EncoderAdapters(
      settings, configuration: configuration, tensors: tensors, path: file)
  }

  /// Writes what `PeftModel.from_pretrained` loads onto the encoder with no missing and no unexpected
  /// key.
  ///
  /// - Parameters:
  ///   - adapters: What to write.
  ///   - folder: Made where it is missing.
  ///   - base: The folder or hub name of the encoder that they are for, if it is to be named.
  /// - Throws: `SafetensorsError`, and Foundation's errors for the folder and the configuration.
  package static func write(
    _ adapters: EncoderAdapters, to folder: String, base: String? = nil
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let json = json(adapters.settings, names: adapters.configuration.names, base: base)
    try Data((json.text + "\n").utf8)
      .write(to: URL(fileURLWithPath: "\(folder)/\(configurationName)"))
    try Safetensors.write(
      tensors: adapters.parameters.map { (prefix + $0.name, try $0.tensor.detached()) },
      metadata: ["format": "pt"], to: "\(folder)/\(tensorsName)")
  }

  // MARK: Configuration

  private static func json(
    _ settings: AdapterSettings, names: EncoderNames, base: String?
  ) -> Canonical {
    .map([
      "peft_type": .string("LORA"), "task_type": .null, "inference_mode": .bool(true),
      "base_model_name_or_path": base.map(Canonical.string) ?? .null,
      "r": .integer(settings.rank), "lora_alpha": Canonical(number: settings.alpha),
      "lora_dropout": Canonical(number: settings.dropout),
      "use_dora": .bool(settings.isWeightDecomposed),
      "target_modules": .list(settings.targets.map { .string(word($0, names)) }),
      "bias": .string("none"), "fan_in_fan_out": .bool(false), "init_lora_weights": .bool(true),
    ])
  }

  /// What peft calls a target of a family: the last part of its name.
  private static func word(_ target: AdapterTarget, _ names: EncoderNames) -> String {
    String(target.name(in: names).split(separator: ".").last ?? "")
  }

  private static func json(_ path: String) throws -> Canonical {
    do {
      return try Canonical(json: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch is DecodingError {
      throw CheckpointError.unreadable(path: path, problem: "it is not JSON")
    } catch {
      throw CheckpointError.unreadable(path: path, problem: "it cannot be read")
    }
  }

  /// Keys with which peft would compute something else, and the values with which it does not.
  private static let expected: [(key: String, value: Canonical)] = [
    ("bias", .string("none")), ("lora_bias", .bool(false)), ("fan_in_fan_out", .bool(false)),
    ("use_rslora", .bool(false)), ("use_qalora", .bool(false)), ("use_bdlora", .null),
    ("rank_pattern", .map([:])), ("alpha_pattern", .map([:])), ("modules_to_save", .null),
    ("exclude_modules", .null), ("layers_to_transform", .null), ("layer_replication", .null),
    ("target_parameters", .null), ("trainable_token_indices", .null),
    ("alora_invocation_tokens", .null), ("arrow_config", .null), ("kasa_config", .null),
    ("monteclora_config", .null),
  ]

  /// Initialisations that leave the encoder's own weights as they are; others take a part out of them.
  private static let initialisations: [Canonical] = [
    .bool(true), .bool(false), .string("gaussian"), .string("orthogonal"), .string("eva"),
  ]

  private static func settings(
    json: Canonical, path: String, names: EncoderNames
  ) throws -> AdapterSettings {
    let keys = ConfigurationKeys(json: json, path: path)
    try keys.expect("peft_type", .string("LORA"))
    for (key, value) in expected { try keys.expect(key, value, orAbsent: true) }
    let initialisation = json["init_lora_weights"] ?? .bool(true)
    guard initialisations.contains(initialisation) else {
      throw keys.problem(
        "init_lora_weights", "it is \(initialisation.text), which changes the encoder's own weights"
      )
    }
    guard case .list(let words)? = json["target_modules"] else {
      throw keys.problem("target_modules", "a list of names is needed")
    }
    return try AdapterSettings(
      targets: targets(words.map { $0.string ?? $0.text }, names), rank: keys.integer("r"),
      alpha: keys.number("lora_alpha"), dropout: keys.number("lora_dropout", orAbsent: 0),
      isWeightDecomposed: keys.flag("use_dora", orAbsent: false))
  }

  /// By peft's rule: a word names the maps whose names end with it, at a dot.
  private static func targets(
    _ words: [String], _ names: EncoderNames
  ) throws(AdapterError) -> [AdapterTarget] {
    func named(_ word: String) -> [AdapterTarget] {
      AdapterTarget.allCases.filter {
        "\(names.layer(0)).\($0.name(in: names))".hasSuffix("." + word)
      }
    }
    let unknown = words.filter { named($0).isEmpty }
    guard unknown.isEmpty else {
      throw .unknownTargets(unknown, known: AdapterTarget.allCases.map { word($0, names) })
    }
    return words.flatMap(named)
  }
}
