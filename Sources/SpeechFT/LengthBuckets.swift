/// Batches of utterances of similar length, in an order that follows from the stage's draws.
///
/// Each epoch shuffles all utterances, sorts pools of them by length, cuts the pools into batches and
/// shuffles those: little padding, and still a new partition every epoch (s3prl's bucketing keeps
/// one partition).
struct LengthBuckets {
  /// When a batch is full.
  enum Limit {
    /// Its padded size in the unit of `lengths`.
    case size(Int)
    /// Utterances.
    case count(Int)
  }

  private let lengths: [Int]
  private let limit: Limit
  private let draws: Draws
  private let purpose: String
  private var epoch = 0
  private var queue: ArraySlice<[Int]> = []
  /// Utterances per pool.
  private let poolSize: Int

  /// Enough to find neighbours of like length, few enough to stay random.
  static let usualPool = 256

  /// - Parameters:
  ///   - lengths: Of all utterances.
  ///   - limit: When a batch is full.
  ///   - pool: Utterances that are sorted together; as many as a batch holds leave them as they are drawn.
  ///   - draws: The stage's.
  ///   - purpose: What the draws are for.
  init(
    lengths: [Int], limit: Limit, pool: Int = usualPool, draws: Draws, purpose: String
  ) {
    poolSize = max(1, pool)
    self.lengths = lengths
    self.limit = limit
    self.draws = draws
    self.purpose = purpose
  }

  /// The utterances of the next batch, shortest first.
  mutating func next() -> [Int] {
    while queue.isEmpty, !lengths.isEmpty {
      queue = epochBatches()[...]
      epoch += 1
    }
    return queue.popFirst() ?? []
  }

  /// Passes over `count` batches, as after a restart.
  mutating func skip(_ count: Int) {
    for _ in 0..<count { _ = next() }
  }

  private func epochBatches() -> [[Int]] {
    var numbers = draws.numbers(purpose, epoch)
    let order = numbers.permutation(lengths.count)
    var batches: [[Int]] = []
    for start in stride(from: 0, to: order.count, by: poolSize) {
      let pool = order[start..<min(start + poolSize, order.count)].sorted {
        (lengths[$0], $0) < (lengths[$1], $1)
      }
      batches += cut(pool)
    }
    return numbers.permutation(batches.count).map { batches[$0] }
  }

  private func cut(_ pool: [Int]) -> [[Int]] {
    var batches: [[Int]] = []
    var batch: [Int] = []
    for utterance in pool {
      if !batch.isEmpty, isFull(batch, adding: utterance) {
        batches.append(batch)
        batch = []
      }
      batch.append(utterance)
    }
    if !batch.isEmpty { batches.append(batch) }
    return batches
  }

  private func isFull(_ batch: [Int], adding utterance: Int) -> Bool {
    switch limit {
    case .size(let size): (batch.count + 1) * lengths[utterance] > size
    case .count(let count): batch.count >= count
    }
  }
}
