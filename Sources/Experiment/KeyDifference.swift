/// What two stages' keys were made of differently: their own fields, and where a difference of inputs
/// began.
package struct KeyDifference: Sendable, Hashable {
  /// One thing that differs.
  package struct Field: Sendable, Hashable {
    /// `kind`, `revision`, `seed`, `parameters.recipe.steps`, `inputs.encoder`.
    package var path: String
    /// `nil` where the field is absent.
    package var before: Canonical?
    package var after: Canonical?
  }

  /// Two stages that differ by themselves and not only in what they were handed.
  package struct Cause: Sendable, Hashable {
    /// From the stages that are compared, the shortest way: `["features", "encoder"]`; empty for these
    /// themselves.
    package var roles: [String]
    package var before: StageKey
    package var after: StageKey
    package var fields: [Field]
  }

  /// Of the two stages, field by field; inputs that are not the same stand here by their keys.
  package let fields: [Field]
  /// The nearest first.
  package let causes: [Cause]

  /// Compares two stages.
  ///
  /// - Parameters:
  ///   - before: The key and identity of the one.
  ///   - after: Of the other.
  ///   - identity: The identity of a stage by its key, where it is known. Inputs of which it is not are
  ///     causes by themselves.
  package init(
    from before: (key: StageKey, identity: Canonical),
    to after: (key: StageKey, identity: Canonical), identity: (StageKey) -> Canonical?
  ) {
    fields =
      Self.own(before.identity, after.identity) + Self.inputs(before.identity, after.identity)
    var causes: [Cause] = []
    var open = [Pair(roles: [], before: before, after: after)]
    var seen: Set<[StageKey]> = []
    var next = 0
    while next < open.count {
      let pair = open[next]
      next += 1
      let (found, further) = Self.look(pair, identity)
      if !found.isEmpty {
        causes.append(
          Cause(
            roles: pair.roles, before: pair.before.key, after: pair.after.key, fields: found))
      }
      for inner in further where seen.insert([inner.before.key, inner.after.key]).inserted {
        open.append(inner)
      }
    }
    self.causes = causes
  }

  private struct Pair {
    var roles: [String]
    var before: (key: StageKey, identity: Canonical)
    var after: (key: StageKey, identity: Canonical)
  }

  /// What differs in a pair itself, and the pairs of its inputs to look into.
  private static func look(
    _ pair: Pair, _ identity: (StageKey) -> Canonical?
  ) -> (fields: [Field], further: [Pair]) {
    let (old, new) = (pair.before.identity, pair.after.identity)
    // One kind in the place of another: everything in them differs, which says nothing more.
    if !pair.roles.isEmpty, old["kind"] != new["kind"] {
      return ([Field(path: "kind", before: old["kind"], after: new["kind"])], [])
    }
    var fields = own(old, new)
    var further: [Pair] = []
    for field in inputs(old, new) {
      guard let before = field.before?["stage"]?.string.flatMap(StageKey.init(hex:)),
        let after = field.after?["stage"]?.string.flatMap(StageKey.init(hex:))
      else {
        fields.append(field)
        continue
      }
      let kinds = (identity(before)?["kind"], identity(after)?["kind"])
      let entries = (field.before?["entry"], field.after?["entry"])
      // Stages of other kinds have other folders in their artifacts: that is no cause of its own.
      if entries.0 != entries.1, kinds.0 == kinds.1 {
        fields.append(Field(path: field.path + ".entry", before: entries.0, after: entries.1))
      }
      guard before != after else { continue }
      guard let left = identity(before), let right = identity(after) else {
        fields.append(field)
        continue
      }
      let role = String(field.path.dropFirst("inputs.".count))
      further.append(
        Pair(roles: pair.roles + [role], before: (before, left), after: (after, right)))
    }
    return (fields, further)
  }

  /// All but the inputs.
  private static func own(_ old: Canonical, _ new: Canonical) -> [Field] {
    ["kind", "revision", "parameters", "seed"].flatMap { fields(old[$0], new[$0], $0) }
  }

  private static func inputs(_ old: Canonical, _ new: Canonical) -> [Field] {
    let (before, after) = (members(old["inputs"]), members(new["inputs"]))
    return Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
      .map { Field(path: "inputs.\($0)", before: before[$0], after: after[$0]) }
  }

  private static func fields(_ old: Canonical?, _ new: Canonical?, _ path: String) -> [Field] {
    if old == new { return [] }
    if case .map(let before)? = old, case .map(let after)? = new {
      return Set(before.keys).union(after.keys).sorted().flatMap {
        fields(before[$0], after[$0], "\(path).\($0)")
      }
    }
    let absent: (Canonical?) -> Canonical? = { $0 == .null ? nil : $0 }
    return [Field(path: path, before: absent(old), after: absent(new))]
  }

  private static func members(_ value: Canonical?) -> [String: Canonical] {
    if case .map(let members)? = value { members } else { [:] }
  }
}

extension KeyDifference.Field {
  /// `recipe.steps 200 → 300`, `α 0.25 → 0.5`, `input encoder: stage 0123456789ab → none`.
  package var words: String {
    let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    switch (parts.first, parts.dropFirst().first) {
    case ("parameters", let name?):
      return "\(Explanation.word(name)) \(Self.shown(before)) → \(Self.shown(after))"
    case ("inputs", let role?):
      return "input \(role): \(Self.shown(before)) → \(Self.shown(after))"
    case ("revision", _): return "revision of the code \(Self.shown(before)) → \(Self.shown(after))"
    default: return "\(path) \(Self.shown(before)) → \(Self.shown(after))"
    }
  }

  private static func shown(_ value: Canonical?) -> String {
    if case .map? = value { Explanation.shown(input: value) } else { Explanation.shown(value) }
  }
}
