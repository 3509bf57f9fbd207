/// Why a stage is not the one that was done before: what differs, field by field.
package enum Explanation {
  /// The differences of two identities in words, such as `parameters.alpha 0.25 → 0.5`.
  package static func differences(from old: Canonical, to new: Canonical) -> [String] {
    compare(old, new, path: "")
  }

  private static func compare(_ old: Canonical?, _ new: Canonical?, path: String) -> [String] {
    if old == new { return [] }
    if case .map(let before) = old ?? .map([:]), case .map(let after) = new ?? .map([:]) {
      return Set(before.keys).union(after.keys).sorted().flatMap { key in
        compare(before[key], after[key], path: path.isEmpty ? key : "\(path).\(key)")
      }
    }
    return ["\(shortened(path)) \(shown(old)) → \(shown(new))"]
  }

  /// `parameters.` goes without saying.
  private static func shortened(_ path: String) -> String {
    path.hasPrefix("parameters.") ? String(path.dropFirst("parameters.".count)) : path
  }

  private static func shown(_ value: Canonical?) -> String {
    switch value {
    case nil: "absent"
    case .string(let text): StageKey(hex: text)?.short ?? text
    case let value?: value.text
    }
  }
}
