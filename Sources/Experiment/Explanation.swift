/// Why a stage is not the one that was done before: what differs, field by field, in words.
package enum Explanation {
  /// The differences of two identities.
  ///
  /// - Parameters:
  ///   - old: Of the stage that was done before.
  ///   - new: Of the stage that is asked for.
  ///   - identity: The identity of a stage by its key, where it is known: a changed input is then
  ///     told by what changed in it, however far up.
  /// - Returns: Sentences such as `α 0.25 → 0.5` and `recipe.steps 200 → 300`.
  package static func differences(
    from old: Canonical, to new: Canonical, identity: (StageKey) -> Canonical? = { _ in nil }
  ) -> [String] {
    var sentences = fields(old["kind"], new["kind"], "kind")
    if let before = old["revision"]?.number, let after = new["revision"]?.number, before != after {
      sentences.append(
        "the code of \(new["kind"]?.string ?? "the stage") is revision \(Int(after)), was "
          + "\(Int(before))")
    }
    sentences += fields(old["parameters"], new["parameters"], "")
    sentences += fields(old["seed"], new["seed"], "seed")
    let (before, after) = (members(old["inputs"]), members(new["inputs"]))
    for role in Set(before.keys).union(after.keys).sorted() where before[role] != after[role] {
      sentences += input(role, before[role], after[role], identity)
    }
    var seen: Set<String> = []
    return sentences.filter { seen.insert($0).inserted }
  }

  private static func input(
    _ role: String, _ old: Canonical?, _ new: Canonical?, _ identity: (StageKey) -> Canonical?
  ) -> [String] {
    guard let old else { return ["input \(role): none → \(shown(input: new))"] }
    guard let new else { return ["input \(role): \(shown(input: old)) → none"] }
    if let before = key(old), let after = key(new), before != after,
      let left = identity(before), let right = identity(after), left["kind"] == right["kind"]
    {
      let inner = differences(from: left, to: right, identity: identity)
      let entries = old["entry"] == new["entry"] ? [] : fields(old["entry"], new["entry"], "entry")
      if !inner.isEmpty { return (inner + entries).map { "input \(role): \($0)" } }
    }
    if old["content"] != nil, new["content"] != nil {
      return [
        "input \(role): its content changed (\(shown(input: old)) → \(shown(input: new)))"
      ]
    }
    return ["input \(role): \(shown(input: old)) → \(shown(input: new))"]
  }

  private static func fields(_ old: Canonical?, _ new: Canonical?, _ path: String) -> [String] {
    if old == new { return [] }
    if case .map(let before)? = old, case .map(let after)? = new {
      return Set(before.keys).union(after.keys).sorted().flatMap { key in
        fields(before[key], after[key], path.isEmpty ? key : "\(path).\(key)")
      }
    }
    return ["\(word(path)) \(shown(old)) → \(shown(new))"]
  }

  /// Fields that people know by another sign.
  private static let words = ["alpha": "α", "l2spStrength": "λ"]

  /// What people call a parameter.
  static func word(_ path: String) -> String { words[path] ?? path }

  private static func members(_ value: Canonical?) -> [String: Canonical] {
    if case .map(let members)? = value { members } else { [:] }
  }

  private static func key(_ input: Canonical) -> StageKey? {
    input["stage"]?.string.flatMap { StageKey(hex: $0) }
  }

  static func shown(input: Canonical?) -> String {
    let entry = input?["entry"]?.string.map { "/" + $0 } ?? ""
    guard let text = input?["stage"]?.string else { return shown(input?["content"]) }
    return "stage \(shown(.string(text)))\(entry)"
  }

  static func shown(_ value: Canonical?) -> String {
    switch value {
    case nil, .null?: "none"
    case .string(let text)?: StageKey(hex: text)?.short ?? text
    case let value?: value.text
    }
  }
}
