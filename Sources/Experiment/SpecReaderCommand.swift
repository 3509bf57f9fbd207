extension MethodSpec {
  /// What rows are called that no trainer of somebody's own makes.
  package static let rowNames = {
    let endpoints = ["regular-ft", "lora", "dora"].map { "speech-ft-from-" + $0 }
    return (names + endpoints).flatMap { [$0, RowChoice(method: $0).rowName] }
  }()
}

extension CommandTrainer {
  /// Reads the trainers under `command`, by their names.
  static func readAll(_ node: SpecNode) -> [CommandTrainer] {
    if case .mapping(let mapping) = node.node, mapping.isEmpty {
      node.fail(SpecMessage.noTrainer)
    }
    return node.entries().compactMap { key, name, value in
      guard isName(name) else {
        key.fail(SpecMessage.trainerName(name))
        return nil
      }
      guard !MethodSpec.rowNames.contains(name) else {
        key.fail(SpecMessage.trainerNameTaken(name))
        return nil
      }
      return read(name, value)
    }
  }

  private static func isName(_ name: String) -> Bool {
    name.first != "-"
      && name.utf8.allSatisfy { letter in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(letter) || "-_".utf8.contains(letter)
      }
  }

  private static func read(_ name: String, _ node: SpecNode) -> CommandTrainer? {
    let fields = node.fields(
      "command '\(name)'", ["run", "files", "parameters", "alpha", "cores"])
    // Words may stand twice, as in "-v -v".
    let run = fields.required("run") { place in place.list().compactMap { $0.string() } }
    let files = fields.required("files") { list in
      list.values { place -> String? in
        guard let file = place.string() else { return nil }
        place.note(.commandFile(trainer: name, file))
        return file
      }
    }
    let parameters = fields.optional("parameters") { place in
      Dictionary(
        place.entries().compactMap { _, word, value in value.value().map { (word, $0) } },
        uniquingKeysWith: { first, _ in first })
    }
    let alphas = fields.optional("alpha") { $0.values { $0.number(0...1) } }
    let cores = fields.has("cores") ? fields.required("cores") { $0.integer(1...1024) } : 1
    guard let run, let files, let cores else { return nil }
    return CommandTrainer(
      name: name, run: run, files: files, parameters: parameters ?? [:], alphas: alphas ?? [],
      cores: cores)
  }
}
