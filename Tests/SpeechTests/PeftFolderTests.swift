import Experiment
import Foundation
import Testing
import Torch

@testable import Speech

/// Folders against those that peft itself wrote (Fixtures/adapters/make_adapters.py).
struct PeftFolderTests {
  @Test(arguments: AdapterModel.kinds)
  func aFolderIsReadBackEqualAndHasPeftsNames(kind: String) throws {
    let model = try AdapterModel(kind)
    let folder = try TemporaryFolder()
    try PeftFolder.write(model.adapters, to: folder.path, base: "somebody/hubert")
    let again = try PeftFolder.read(folder.path, configuration: model.weights.configuration)
    #expect(again.settings == model.adapters.settings)
    for (own, read) in zip(model.adapters.parameters, again.parameters) {
      #expect(own.name == read.name)
      #expect(try own.tensor.floats() == read.tensor.floats(), "\(own.name)")
    }
    let peft = try Fixture.path("adapters/\(kind)")
    func shapes(_ folder: String) throws -> [String: [Int]] {
      try SafetensorsFile(path: folder + "/adapter_model.safetensors").all().mapValues(\.shape)
    }
    #expect(try shapes(folder.path) == shapes(peft))
    func keys(_ folder: String) throws -> [String: Canonical] {
      let url = URL(fileURLWithPath: folder + "/adapter_config.json")
      guard case .map(var keys) = try Canonical(json: Data(contentsOf: url)) else { return [:] }
      // peft keeps the names as a set, in no order.
      guard case .list(let targets)? = keys["target_modules"] else { return [:] }
      keys["target_modules"] = .list(targets.sorted { $0.text < $1.text })
      return keys
    }
    var (own, theirs) = (try keys(folder.path), try keys(peft))
    #expect(own.removeValue(forKey: "base_model_name_or_path") == .string("somebody/hubert"))
    theirs = theirs.filter { own[$0.key] != nil }
    #expect(own == theirs && own.count == 11)
  }

  @Test func foldersThatAskForSomethingElseAreErrors() throws {
    let model = try AdapterModel("lora")
    let folder = try TemporaryFolder()
    let path = folder.path + "/adapter_config.json"
    try PeftFolder.write(model.adapters, to: folder.path)
    let json = try Canonical(json: Data(folder.bytes("adapter_config.json")))
    func problem(_ key: String, _ value: Canonical) throws -> String {
      guard case .map(var keys) = json else { return "" }
      keys[key] = value
      try folder.write(Array(Canonical.map(keys).text.utf8), to: "adapter_config.json")
      do {
        _ = try PeftFolder.read(folder.path, configuration: model.weights.configuration)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(try problem("task_type", .string("FEATURE_EXTRACTION")) == "none")
    #expect(
      try problem("use_rslora", .bool(true))
        == "\(path): 'use_rslora': it is true and only false is supported")
    #expect(
      try problem("init_lora_weights", .string("pissa")) == "\(path): 'init_lora_weights': it is "
        + "\"pissa\", which changes the encoder's own weights")
    #expect(
      try problem("target_modules", .list([.string("dense")])).hasPrefix(
        "no linear map that can be adapted is called dense; there are q_proj"))
    let file = folder.path + "/adapter_model.safetensors"
    let wrong = try problem("r", .integer(3))
    #expect(
      wrong.hasPrefix(
        "\(file): the tensors are not those of its adapter_config.json:\n"
          + "  encoder.layers.0.attention.q_proj.lora_A.weight is [2, 16], not [3, 16]\n"))
    let fewer = try problem("target_modules", .list([.string("attention.q_proj")]))
    #expect(fewer.contains("unexpected encoder.layers.0.attention.k_proj.lora_A.weight [2, 16]"))
    let more = try problem("use_dora", .bool(true))
    #expect(more.contains("missing encoder.layers.1.attention.v_proj.lora_magnitude_vector [16]"))
    try folder.write(Array("{".utf8), to: "adapter_config.json")
    #expect(throws: CheckpointError.unreadable(path: path, problem: "it is not JSON")) {
      try PeftFolder.read(folder.path, configuration: model.weights.configuration)
    }
  }
}
