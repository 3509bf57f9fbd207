import Artifacts
import Experiment
import Foundation
import Scheduling

/// What is to be deleted of a site's artifacts, the least valuable first.
struct Garbage {
  struct Item {
    var size: ArtifactSize
    var label: String
    /// Seconds that its last attempt took; 0 where nobody knows.
    var seconds: Double
    /// When it was last tried, or else made.
    var last: Date
  }

  private let needs: Needs
  private var items: [Item] = []
  /// What trainings saved that nobody will go on with: not needed any more, or done.
  private var states: [LeftState]
  private let labels: [StageKey: String]
  private let broken: [(path: String, bytes: Int)]
  private let isBroken: Bool
  private let budget: Int?
  /// Of all artifacts, before anything is deleted.
  private let total: Int
  /// Of garbage that the budget lets be.
  private var spared = 0
  private var isDeleted = false

  /// Chooses what goes.
  ///
  /// - Throws: `LedgerError`.
  init(_ needs: Needs, budget: Int?, broken isBroken: Bool) throws {
    self.needs = needs
    self.budget = budget
    self.isBroken = isBroken
    labels = Dictionary(
      try needs.ledger.stages().map { ($0.key, $0.label) }, uniquingKeysWith: { $1 })
    broken = isBroken ? needs.store.brokenFolders() : []
    let sizes = needs.store.sizes()
    total = sizes.reduce(0) { $0 + $1.bytes }
    let needed = needs.stages.union(try needs.running())
    states = needs.store.leftStates().filter { Self.isLeft($0, needed, needs.store) }
    let found = try Self.items(
      sizes.filter { !needed.contains($0.key) && !needs.store.isBeingMade($0.key) }, needs, labels)
    guard let budget else {
      items = found
      return
    }
    var left = total
    for item in found {
      if left <= budget {
        spared += item.size.bytes
      } else {
        items.append(item)
        left -= item.size.bytes
      }
    }
  }

  private static func isLeft(
    _ state: LeftState, _ needed: Set<StageKey>, _ store: ArtifactStore
  ) -> Bool {
    !needed.contains(state.key) || StageKind.allCases.contains { store.contains($0, state.key) }
  }

  /// In the order in which they go.
  private static func items(
    _ sizes: [ArtifactSize], _ needs: Needs, _ labels: [StageKey: String]
  ) throws -> [Item] {
    let seconds = try needs.ledger.durations()
    var last: [StageKey: Date] = [:]
    for attempt in try needs.ledger.attempts() { last[attempt.key] = attempt.started }
    return sizes.map { size in
      Item(
        size: size, label: labels[size.key] ?? "\(size.kind.rawValue) \(size.key)",
        seconds: seconds[size.key] ?? 0, last: last[size.key] ?? size.made)
    }
    .sorted { ($0.worth, $0.last, $0.size.key) < ($1.worth, $1.last, $1.size.key) }
  }

  /// Whether what is needed alone does not fit.
  var isOverBudget: Bool { budget.map { left > $0 } ?? false }

  private var left: Int { total - items.reduce(0) { $0 + $1.size.bytes } }

  /// Takes away what was chosen, and deletes it. What a run that began meanwhile needs, stays.
  ///
  /// - Throws: `StorageError`, `LedgerError`.
  mutating func delete() throws {
    let store = needs.store
    // What an earlier one was killed in the middle of.
    store.deleteTakenAway()
    var (gone, left): ([Item], [LeftState]) = ([], [])
    do {
      // Renames only: runs that are about to begin wait for as long as this takes.
      let gate = try CollectingLock(store)
      defer { gate.open() }
      let running = try needs.running()
      for state in states where !running.contains(state.key) {
        if try store.takeAway(state) { left.append(state) }
      }
      for item in items where !running.contains(item.size.key) {
        guard try store.takeAway(item.size.kind, item.size.key) else { continue }
        gone.append(item)
        SlurmBatch.removeLogs(of: item.size.key, in: store)
      }
    }
    store.deleteTakenAway()
    if isBroken {
      store.removeLeftovers()
      for (path, _) in broken { try? FileManager.default.removeItem(atPath: path) }
    }
    (items, states) = (gone, left)
    isDeleted = true
  }

  var text: String {
    var text = needs.notes.map { Words.wrapped("note: \($0)") + "\n" }.joined()
    if !items.isEmpty {
      text += Words.table(
        items.map { [$0.label, Words.bytes($0.size.bytes), ProgressBoard.clock($0.seconds)] })
    }
    for state in states {
      text +=
        "saved state of a training that is over or not needed: \(label(state)), "
        + "\(Words.bytes(state.bytes))\n"
    }
    for (path, bytes) in broken {
      text += "set aside: \(Files.shown(path)), \(Words.bytes(bytes))\n"
    }
    let bytes =
      total - left + broken.reduce(0) { $0 + $1.bytes } + states.reduce(0) { $0 + $1.bytes }
    let count = Words.count(items.count, "artifact")
    let kept = Words.bytes(left)
    if items.isEmpty, broken.isEmpty, states.isEmpty {
      text += "nothing to delete; \(kept) are there"
    } else if isDeleted {
      text += "deleted \(count), \(Words.bytes(bytes)); \(kept) are left"
    } else {
      text +=
        "\(count), \(Words.bytes(bytes)) could be deleted ('--delete' does it); \(kept) would be left"
    }
    if spared > 0 { text += ", \(Words.bytes(spared)) of them not needed" }
    text += "\n"
    if isOverBudget, let budget {
      text += "what is needed takes more than the budget of \(Words.bytes(budget))\n"
    }
    return text
  }

  private func label(_ state: LeftState) -> String { labels[state.key] ?? "stage \(state.key)" }

  var json: Canonical {
    .map([
      "states": .list(
        states.map {
          .map([
            "key": .string($0.key.hex), "stage": .string(label($0)), "bytes": .integer($0.bytes),
          ])
        }),
      "deleted": .bool(isDeleted), "bytes": .integer(total - left), "left": .integer(left),
      "experiments": .list(needs.experiments.sorted().map { .string($0) }),
      "notes": .list(needs.notes.map { .string($0) }),
      "broken": .list(broken.map { .string($0.path) }),
      "artifacts": .list(
        items.map {
          .map([
            "key": .string($0.size.key.hex), "kind": .string($0.size.kind.rawValue),
            "stage": .string($0.label), "bytes": .integer($0.size.bytes),
            "seconds": Canonical(number: $0.seconds),
          ])
        }),
    ])
  }
}

extension Garbage.Item {
  /// Seconds that a byte of it took to make.
  fileprivate var worth: Double { seconds / Double(max(1, size.bytes)) }
}
