import Artifacts
import Libmerge
import Dispatch
import Synchronization
import Weights

/// Computes the data of all outputs in one pass over the inputs, piece by piece, in several threads.
///
/// Memory is a few pieces a thread, whatever the checkpoints' size. Elements are independent, so
/// neither threads nor pieces change a bit.
struct MergeEngine: Sendable {
  let plan: MergePlan
  let pretrained: MergeCheckpoint
  let finetuned: [MergeCheckpoint]
  let method: MergeMethod
  /// One output an α.
  let outputs: [(alpha: Double, file: MergeFile)]
  let threads: Int
  let isCancelled: @Sendable () -> Bool

  /// Elements of a piece: few enough that what a thread holds stays in the processor's cache.
  static let pieceElements = 1 << 15

  /// Elements `start ..< start + count` of one tensor.
  private struct Piece {
    var item: MergePlan.Item
    var start: Int
    var count: Int

    var bytes: Int { count * item.dtype.bytesPerElement }
    func place(after offset: Int) -> Int { offset + start * item.dtype.bytesPerElement }
  }

  /// - Throws: `MergeError` of the first piece that failed; the outputs are then of no use.
  func run() throws(MergeError) {
    let jobs = jobs()
    let next = Atomic(0)
    let failure = Mutex<MergeError?>(nil)
    DispatchQueue.concurrentPerform(iterations: max(threads, 1)) { _ in
      let desk = MergeDesk(models: finetuned.count, elements: Self.pieceElements)
      while failure.withLock({ $0 == nil }) {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < jobs.count else { return }
        do throws(MergeError) {
          guard !isCancelled() else { throw .interrupted }
          try carryOut(jobs[index], desk)
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// What threads share out: pieces in the order of the data, or for TIES, whose threshold is of the
  /// whole tensor, tensors from the largest on.
  private func jobs() -> [[Piece]] {
    let items = plan.items.map { item in
      stride(from: 0, to: item.count, by: Self.pieceElements).map {
        Piece(item: item, start: $0, count: min(Self.pieceElements, item.count - $0))
      }
    }
    if case .ties = method { return items.sorted { $0.count > $1.count } }
    return items.joined().map { [$0] }
  }

  private func carryOut(_ pieces: [Piece], _ desk: MergeDesk) throws(MergeError) {
    guard let item = pieces.first?.item else { return }
    guard let type = item.dtype.mergeType, !item.afters.isEmpty else {
      for piece in pieces {
        try read(piece, pretrained, item.before, into: desk.before)
        for (_, file) in outputs { try write(desk.before, piece, to: file) }
      }
      return
    }
    var trims: [Trim] = []
    if case .ties(let density) = method {
      let kept = max(1, Int(density * Double(item.count)))
      for model in finetuned.indices {
        trims.append(try trim(pieces, type, model, keeping: kept, desk))
      }
    }
    for piece in pieces {
      try read(piece, pretrained, item.before, into: desk.before)
      for (model, checkpoint) in finetuned.enumerated() {
        try read(piece, checkpoint, item.afters[model], into: desk.afters[model])
      }
      try merge(piece, type, &trims, desk)
    }
  }

  private func merge(
    _ piece: Piece, _ type: lm_type, _ trims: inout [Trim], _ desk: MergeDesk
  ) throws(MergeError) {
    switch method {
    case .linear: break
    case .taskArithmetic: desk.average(piece.count, type)
    case .ties: desk.average(piece.count, type, &trims)
    }
    for (alpha, file) in outputs {
      switch (method, alpha) {
      case (_, 0): try write(desk.before, piece, to: file)
      case (.linear, 1): try write(desk.afters[0], piece, to: file)
      case (.linear, _):
        desk.interpolate(piece.count, type, alpha)
        try write(desk.out, piece, to: file)
      default:
        desk.addScaled(piece.count, type, alpha)
        try write(desk.out, piece, to: file)
      }
    }
  }

  /// Finds the magnitude of which at least `kept` are as large, digit by digit from the highest, in as
  /// many passes over the tensor.
  private func trim(
    _ pieces: [Piece], _ type: lm_type, _ model: Int, keeping kept: Int, _ desk: MergeDesk
  ) throws(MergeError) -> Trim {
    var trim = Trim(threshold: 0, equals: UInt64(kept))
    for digit in (0..<type.digits).reversed() {
      desk.clearCounts()
      for piece in pieces {
        guard !isCancelled() else { throw .interrupted }
        try read(piece, pretrained, piece.item.before, into: desk.before)
        try read(piece, finetuned[model], piece.item.afters[model], into: desk.afters[model])
        desk.countMagnitudes(piece.count, type, model, digit: digit, above: trim.threshold)
      }
      desk.descend(&trim)
    }
    return trim
  }

  private func read(
    _ piece: Piece, _ checkpoint: MergeCheckpoint, _ offset: Int, into buffer: Buffer
  ) throws(MergeError) {
    try checkpoint.read(into: buffer.first(piece.bytes), at: piece.place(after: offset))
  }

  private func write(
    _ buffer: Buffer, _ piece: Piece, to file: MergeFile
  ) throws(MergeError) {
    do throws(StorageError) {
      let bytes = UnsafeRawBufferPointer(buffer.first(piece.bytes))
      try file.write(bytes, at: piece.place(after: piece.item.offset))
    } catch {
      throw .storage(error)
    }
  }
}
