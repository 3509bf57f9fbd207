import Experiment

/// Who reads what in a plan, with stages as numbers in the plan's order: a hundred thousand of them are
/// walked over without looking keys up. Virtual stages are looked through.
struct StageGraph: Sendable {
  /// Lists of numbers, one after the other.
  private struct Lists: Sendable {
    private(set) var starts: [Int32] = [0]
    private var items: [Int32] = []

    mutating func append(_ list: some Sequence<Int32>) {
      items += list
      starts.append(Int32(items.count))
    }

    subscript(index: Int) -> ArraySlice<Int32> {
      items[Int(starts[index])..<Int(starts[index + 1])]
    }
  }

  private var inputs = Lists()
  private var readers = Lists()

  /// Walks over `plan` once, inputs before consumers.
  init(_ plan: Plan) {
    var list: [Int32] = []
    var counts = [Int32](repeating: 0, count: plan.stages.count)
    for stage in plan.stages.values {
      list.removeAll(keepingCapacity: true)
      for input in stage.inputs.values {
        guard let key = input.stageKey, let index = plan.stages.index(forKey: key) else { continue }
        if plan.stages.values[index].kind.isVirtual {
          for source in inputs[index] where !list.contains(source) { list.append(source) }
        } else if !list.contains(Int32(index)) {
          list.append(Int32(index))
        }
      }
      inputs.append(list)
      for source in list { counts[Int(source)] += 1 }
    }
    readers = Self.readers(of: inputs, plan.stages.count, counts)
  }

  /// The stages whose artifacts a stage reads, each once, in the order of its roles.
  func inputs(of stage: Int) -> ArraySlice<Int32> { inputs[stage] }

  /// The stages that read a stage's artifact, virtual ones included, in the plan's order.
  func readers(of stage: Int) -> ArraySlice<Int32> { readers[stage] }

  private static func readers(of inputs: Lists, _ count: Int, _ counts: [Int32]) -> Lists {
    var next: [Int32] = []
    next.reserveCapacity(count)
    var total: Int32 = 0
    for count in counts {
      next.append(total)
      total += count
    }
    var items = [Int32](repeating: 0, count: Int(total))
    for stage in 0..<count {
      for source in inputs[stage] {
        items[Int(next[Int(source)])] = Int32(stage)
        next[Int(source)] += 1
      }
    }
    var readers = Lists()
    var start = 0
    for count in counts {
      readers.append(items[start..<start + Int(count)])
      start += Int(count)
    }
    return readers
  }
}
