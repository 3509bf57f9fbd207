import Weights

/// Which bytes of which checkpoint make each tensor of the output.
struct MergePlan: Sendable {
  struct Item: Sendable {
    var name: String
    var dtype: DType
    var shape: [Int]
    /// Where the tensor begins: in the output, in θ₀ and in each θ′. No θ′ where it is θ₀'s bytes.
    var offset = 0
    var before: Int
    var afters: [Int]

    var count: Int { shape.reduce(1, *) }
    var bytes: Int { count * dtype.bytesPerElement }
  }

  /// In the order of the output's data.
  let items: [Item]
  /// Names of excluded tensors, sorted: θ₀'s, and those that only fine-tuned checkpoints have.
  let excluded: [String]
  let leftOut: [String]

  var dataBytes: Int { items.last.map { $0.offset + $0.bytes } ?? 0 }

  /// - Throws: `MergeError.mismatch` naming every tensor that is not in all checkpoints, or is of
  ///   another type or shape, or holds other integers; `.input` where one cannot be read.
  init(
    _ pretrained: MergeCheckpoint, _ finetuned: [MergeCheckpoint], excluding prefixes: [String]
  ) throws(MergeError) {
    var builder = MergePlanBuilder(pretrained, finetuned, prefixes)
    try builder.pair()
    guard builder.problems.isEmpty else {
      throw .mismatch(pretrained: pretrained.path, problems: builder.problems)
    }
    var items = builder.items.sorted {
      SafetensorsLayout.precedes(($0.name, $0.dtype), ($1.name, $1.dtype))
    }
    var offset = 0
    for index in items.indices {
      items[index].offset = offset
      offset += items[index].bytes
    }
    self.items = items
    excluded = builder.excluded.sorted()
    leftOut = builder.leftOut.sorted()
  }
}

private struct MergePlanBuilder {
  let pretrained: MergeCheckpoint
  let finetuned: [MergeCheckpoint]
  let prefixes: [String]

  var items: [MergePlan.Item] = []
  var excluded: [String] = []
  var leftOut: Set<String> = []
  var problems: [String] = []
  private var used: Set<String> = []

  init(_ pretrained: MergeCheckpoint, _ finetuned: [MergeCheckpoint], _ prefixes: [String]) {
    self.pretrained = pretrained
    self.finetuned = finetuned
    self.prefixes = prefixes
  }

  mutating func pair() throws(MergeError) {
    let base = index(pretrained)
    let others = finetuned.map { index($0) }
    for entry in pretrained.input.entries.sorted(by: { $0.name < $1.name }) {
      if isExcluded(entry.name) {
        excluded.append(entry.name)
        items.append(item(entry, afters: []))
      } else if let afters = try afters(of: entry, in: others) {
        items.append(item(entry, afters: afters))
      }
    }
    for (checkpoint, entries) in zip(finetuned, others) {
      for (canonical, entry) in entries.sorted(by: { $0.key < $1.key }) where base[canonical] == nil
      {
        if isExcluded(entry.name) {
          leftOut.insert(entry.name)
        } else {
          problems.append("\(checkpoint.path) has \(entry.name), \(Self.text(entry)), on its own")
        }
      }
    }
    for prefix in prefixes where !used.contains(prefix) {
      problems.append("no tensor's name begins with '\(prefix)', which is to be excluded")
    }
  }

  private func item(_ entry: SafetensorsEntry, afters: [Int]) -> MergePlan.Item {
    MergePlan.Item(
      name: entry.name, dtype: entry.dtype, shape: entry.shape, before: entry.offsets.lowerBound,
      afters: afters)
  }

  private mutating func index(_ checkpoint: MergeCheckpoint) -> [String: SafetensorsEntry] {
    var index: [String: SafetensorsEntry] = [:]
    for entry in checkpoint.input.entries {
      if let other = index.updateValue(entry, forKey: TensorName.canonical(entry.name)) {
        problems.append(
          "\(checkpoint.path) has one tensor under two names: \(other.name) and \(entry.name)")
      }
    }
    return index
  }

  private mutating func isExcluded(_ name: String) -> Bool {
    let bare = TensorName.canonical(name)
    let matching = prefixes.filter { name.hasPrefix($0) || bare.hasPrefix($0) }
    used.formUnion(matching)
    return !matching.isEmpty
  }

  /// Where the tensor begins in each θ′, none where its bytes are equal integers; `nil` where there
  /// is a problem.
  private mutating func afters(
    of entry: SafetensorsEntry, in others: [[String: SafetensorsEntry]]
  ) throws(MergeError) -> [Int]? {
    var afters: [Int] = []
    for (checkpoint, entries) in zip(finetuned, others) {
      guard let after = entries[TensorName.canonical(entry.name)] else {
        problems.append("\(checkpoint.path) lacks \(entry.name), \(Self.text(entry))")
        continue
      }
      guard after.dtype == entry.dtype, after.shape == entry.shape else {
        problems.append(
          "\(entry.name) is \(Self.text(after)) in \(checkpoint.path), not \(Self.text(entry))")
        continue
      }
      if !entry.dtype.isFloatingPoint, try !areEqual(entry, after, checkpoint) {
        problems.append(
          "\(entry.name), \(Self.text(entry)), has other numbers in \(checkpoint.path); only "
            + "floating-point numbers can be merged")
        continue
      }
      afters.append(after.offsets.lowerBound)
    }
    guard afters.count == finetuned.count else { return nil }
    return entry.dtype.isFloatingPoint ? afters : []
  }

  private func areEqual(
    _ entry: SafetensorsEntry, _ after: SafetensorsEntry, _ checkpoint: MergeCheckpoint
  ) throws(MergeError) -> Bool {
    let piece = 1 << 16
    let (one, other) = (Buffer(bytes: piece), Buffer(bytes: piece))
    for start in stride(from: 0, to: entry.offsets.count, by: piece) {
      let count = min(piece, entry.offsets.count - start)
      try pretrained.read(into: one.first(count), at: entry.offsets.lowerBound + start)
      try checkpoint.read(into: other.first(count), at: after.offsets.lowerBound + start)
      guard one.first(count).elementsEqual(other.first(count)) else { return false }
    }
    return true
  }

  private static func text(_ entry: SafetensorsEntry) -> String { "\(entry.dtype) \(entry.shape)" }
}

/// Memory that is freed with its owner.
final class Buffer {
  let memory: UnsafeMutableRawBufferPointer

  init(bytes: Int) {
    memory = .allocate(byteCount: max(bytes, 1), alignment: 64)
  }

  deinit { memory.deallocate() }

  func first(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes])
  }
}
