import OrderedCollections

/// A row beside a grid: the point of it that does best on the dev split, the same for all seeds.
package struct RowChoice: Sendable, Hashable, Codable {
  /// The method whose rows are chosen among, as `MethodPoint.name`.
  package var method: String

  package init(method: String) { self.method = method }

  /// What the row is called, as `MethodPoint.name`.
  package var rowName: String { method + "-chosen-on-dev" }

  /// One choice for each name that the method's rows have: an α grid from regular fine-tuning is not
  /// that of Speech-FT.
  static func choices(_ method: MethodSpec) -> [RowChoice] {
    OrderedSet(method.rows.map(\.point.name)).map { RowChoice(method: $0) }
  }
}
