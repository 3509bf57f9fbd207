/// A trainer of somebody's own: a program that makes θ′ from θ₀ and a task (README, "Trainers of your
/// own").
package struct CommandTrainer: Sendable, Hashable {
  /// What its rows are called; no part of a key.
  package var name: String
  /// The program and its arguments; no shell reads them.
  package var run: [String]
  /// All that it depends on, relative to the spec's folder: the contents are part of the key.
  package var files: [String]
  /// Handed over as they stand: texts, numbers, truth values and lists of them, by name.
  package var parameters: [String: Canonical]
  /// Rows of interpolation with θ₀ beside the row of θ′.
  package var alphas: [Double]
  /// What the scheduler gives it, and part of the key: threads order sums.
  package var cores: Int

  /// θ′ itself, then the interpolations.
  var rows: [MethodRow] {
    [MethodRow(name, name, .command(self, alpha: 1), alpha: 1)]
      + alphas.map { alpha in
        MethodRow(
          name, "\(name) α \(Canonical(number: alpha).text)", .command(self, alpha: alpha),
          alpha: alpha)
      }
  }
}

/// What was found of the files that a spec's trainers depend on.
package struct CommandFiles: Sendable, Hashable {
  /// The spec's folder, in which commands run; no part of a key.
  package var folder: String
  /// SHA-256 of the contents, by the path in the spec (`Spec.commandFiles`); what is no file is absent.
  package var digests: [String: String]

  package init(folder: String = "", digests: [String: String] = [:]) {
    self.folder = folder
    self.digests = digests
  }
}

extension Spec {
  /// The files that trainers depend on, as the spec writes them.
  package var commandFiles: Set<String> {
    Set(
      methods.flatMap { method -> [String] in
        if case .command(let trainers) = method { trainers.flatMap(\.files) } else { [] }
      })
  }
}

/// Parameters of `command`. Inputs: `encoder` (θ₀), `corpus`, and `files` (external: the spec's folder,
/// with what the command depends on). Leaves `model/` and `curve.jsonl`.
package struct CommandParameters: Sendable, Hashable, Codable {
  package var run: [String]
  /// SHA-256 by path.
  package var files: [String: String]
  package var parameters: [String: Canonical]
  package var target: Target
  package var selection: Selection
  package var head: HeadParameters
  /// Of the task, without checkpoints; its threads are the cores of the command.
  package var recipe: FineTuneRecipe

  package init(
    run: [String], files: [String: String], parameters: [String: Canonical], target: Target,
    selection: Selection, head: HeadParameters, recipe: FineTuneRecipe
  ) {
    self.run = run
    self.files = files
    self.parameters = parameters
    self.target = target
    self.selection = selection
    self.head = head
    self.recipe = recipe
  }
}
