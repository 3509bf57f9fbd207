/// What an encoder is fine-tuned on: one task, or several together (multi-task).
package struct TaskGroup: Sendable, Hashable {
  package var tasks: [String]

  package init(_ tasks: [String]) { self.tasks = tasks }

  /// The group that `name` names: task names hold neither blanks nor `+`.
  package init(name: String) {
    tasks = name.split(separator: " ").filter { $0 != "+" }.map(String.init)
  }

  /// As tables, labels and `--task` say it: `phones-nl`, or `phones-nl + voices`.
  package var name: String { tasks.joined(separator: " + ") }

  package var isMultiTask: Bool { tasks.count > 1 }
}

extension TaskGroup {
  /// A word, or a list of words for tasks that are learnt together.
  static func read(_ node: SpecNode) -> TaskGroup? {
    func task(_ place: SpecNode) -> String? {
      guard let task = place.string() else { return nil }
      place.note(.fineTuneTask(task))
      return task
    }
    guard case .sequence = node.node else { return task(node).map { TaskGroup([$0]) } }
    let tasks = node.values(task)
    if tasks.isEmpty { return nil }
    let group = TaskGroup(tasks)
    node.note(.fineTuneGroup(group.name))
    return group
  }
}

extension FineTuneSpec {
  static func read(_ node: SpecNode) -> FineTuneSpec? {
    let fields = node.fields("'fine-tune'", ["tasks", "recipe"])
    let recipe = fields.optional("recipe", RecipeOverrides.read) ?? RecipeOverrides()
    let groups = fields.required("tasks") { list in list.values(TaskGroup.read) }
    return groups.map { FineTuneSpec(groups: $0, recipe: recipe) }
  }
}
