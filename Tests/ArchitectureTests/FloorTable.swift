import Foundation

/// The floors of ARCHITECTURE.md as a value: what each target may import of ours.
struct FloorTable {
  private(set) var floors: [String: Int] = [:]
  private(set) var permitted: [String: Set<String>] = [:]

  /// What is wrong with a table.
  enum Problem: Error, Equatable {
    case noTable
    case unknownTarget(String, importedBy: String)
    case notBelow(String, importedBy: String)
    case unreadableImports(String, of: String)
  }

  /// Reads the table, whose head is `| floor | target | … | imports of ours | tested by |`.
  init(markdown: String) throws {
    let rows = markdown.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let named = rows.compactMap { cells -> Row? in
      guard cells.count == 5, let floor = Int(cells[0]) else { return nil }
      return Row(
        floor: floor, targets: Self.quoted(cells[1]), imports: cells[3], testedBy: cells[4])
    }
    guard !named.isEmpty else { throw Problem.noTable }
    for row in named {
      for target in row.targets {
        floors[target] = row.floor
        permitted[target] = Set(Self.words(row.imports))
      }
    }
    // A module of C is tested through the one target that imports it.
    for row in named where row.testedBy.hasPrefix("through `") {
      for user in Self.words(row.testedBy.replacing("through ", with: "")) {
        permitted[user]?.formUnion(row.targets)
      }
    }
    // Before towers are followed, so that following them ends.
    try check()
    try expandTowers(named)
    try check()
  }

  private struct Row {
    var floor: Int
    var targets: [String]
    var imports: String
    var testedBy: String
  }

  /// The words between backticks.
  private static func quoted(_ text: String) -> [String] {
    text.matches(of: /`([^`]+)`/).map { String($0.1) }
  }

  /// The names of a cell: quoted or bare words between commas; none for a dash.
  private static func words(_ text: String) -> [String] {
    text.split(separator: ",").map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
    }.filter { $0 != "–" }
  }

  // MARK: Towers

  /// The science tower stands on modules of C; what it imports of the rest belongs to both towers.
  /// C itself is never meant by a tower's name: one target each may import it. What lies below floor 0
  /// is C too.
  private mutating func expandTowers(_ rows: [Row]) throws {
    let named = permitted.filter { !$0.value.contains { $0.hasSuffix(" tower") } }
    let swift = named.filter { floors[$0.key] != 0 || !Self.isC($0.key) }
    let science = swift.keys.filter { Self.reach($0, named).contains(where: Self.isC) }
    let shared = science.flatMap { Self.reach($0, named) }.filter { !Self.isC($0) }
    let planning = swift.keys.filter { !science.contains($0) }
    var towers = ["science": Set(science).union(shared), "planning": Set(planning)]
    let unnamed = rows.filter { $0.imports.hasSuffix("tower") }.sorted { $0.floor < $1.floor }
    for row in unnamed {
      guard let tower = row.imports.split(separator: " ").dropLast().last.map(String.init),
        let members = towers[tower]
      else { throw Problem.unreadableImports(row.imports, of: row.targets.joined()) }
      for target in row.targets {
        // A tower, and what is named besides.
        let besides = Self.words(row.imports).filter { !$0.hasSuffix(" tower") }
        permitted[target] = members.filter { (0..<row.floor).contains(floors[$0] ?? 0) }
          .union(besides)
        towers[tower]?.insert(target)
      }
    }
  }

  private static func isC(_ target: String) -> Bool {
    target.wholeMatch(of: /C[A-Z].*/) != nil
  }

  /// Everything below a target.
  private static func reach(_ target: String, _ permitted: [String: Set<String>]) -> Set<String> {
    (permitted[target] ?? []).reduce(into: []) { found, below in
      found.insert(below)
      found.formUnion(reach(below, permitted))
    }
  }

  /// Everything below a target, whatever is between.
  func reach(_ target: String) -> Set<String> { Self.reach(target, permitted) }

  /// Imports go down, so none can go round.
  private func check() throws {
    for (target, imports) in permitted.sorted(by: { $0.key < $1.key }) {
      for imported in imports.sorted() where !imported.hasSuffix(" tower") {
        guard let below = floors[imported], let floor = floors[target] else {
          throw Problem.unknownTarget(imported, importedBy: target)
        }
        guard below < floor else { throw Problem.notBelow(imported, importedBy: target) }
      }
    }
  }
}
