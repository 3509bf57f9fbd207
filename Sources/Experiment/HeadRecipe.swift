/// How an evaluation head is trained.
package struct HeadRecipe: Sendable, Hashable, Codable {
  package var steps: Int
  /// Utterances in a batch.
  package var batch: Int
  /// Adam's learning rate, constant.
  package var learningRate: Double
  /// Others to try, of which dev chooses; absent where there are none.
  package private(set) var otherRates: [Double]?
  package var clip: Double
  package var threads: Int
  /// Steps between two looks at dev, of which the best is kept; absent where the last step is.
  package var devEvery: Int?
  /// Absent where the head is given features as they are.
  package var augment: AugmentParameters?
  /// True where every class is as likely in a batch as any other; absent where utterances are.
  package private(set) var isBalanced: Bool?
  /// Whether a batch is any utterances of the epoch, or of those of like length; absent where the target
  /// decides (`ordered(for:)`), and in parameters where they are of like length.
  package private(set) var isShuffled: Bool?
  /// True where batches are drawn for all seeds and tasks alike; absent where each seed draws its own.
  package private(set) var sharesBatches: Bool?
  /// True where features are taken as the encoder gives them; absent where each dimension of each layer is
  /// brought to mean 0 and variance 1 over the training utterances.
  package private(set) var isRaw: Bool?
  /// Seconds that longer training utterances are cut to, each at one place that its name draws, where
  /// s3prl draws a place in every epoch; absent where they are whole.
  package var cropSeconds: Double?
  /// AdamW's weight decay; absent for Adam.
  package var decay: Double?

  /// All rates, in order.
  package var learningRates: [Double] { ([learningRate] + (otherRates ?? [])).sorted() }

  /// Whether anything is chosen on dev.
  package var looksAtDev: Bool { otherRates != nil || devEvery != nil }

  package init(
    steps: Int, batch: Int, learningRate: Double, otherRates: [Double] = [], clip: Double,
    threads: Int, devEvery: Int? = nil, augment: AugmentParameters? = nil, isBalanced: Bool = false,
    isShuffled: Bool? = nil, isRaw: Bool = false, decay: Double? = nil,
    cropSeconds: Double? = nil
  ) {
    self.cropSeconds = cropSeconds
    self.decay = decay
    self.otherRates = otherRates.isEmpty ? nil : otherRates.sorted()
    self.steps = steps
    self.batch = batch
    self.learningRate = learningRate
    self.clip = clip
    self.threads = threads
    self.devEvery = devEvery
    self.augment = augment
    self.isBalanced = isBalanced ? true : nil
    self.isShuffled = isShuffled
    self.isRaw = isRaw ? true : nil
  }

  /// The recipe with one rate and features as the encoder gives them, as others train.
  package func plain(learningRate: Double) -> HeadRecipe {
    var recipe = self
    recipe.learningRate = learningRate
    recipe.otherRates = nil
    recipe.isRaw = true
    return recipe
  }

  /// The recipe with the order of batches decided: unless it is said, means over time have batches of any utterances of the
  /// epoch, as s3prl's have. They are all of one length, and by length neighbours in the corpus would make a batch.
  package func ordered(for target: Target) -> HeadRecipe {
    var recipe = self
    let shuffles = isShuffled ?? (target.isPooled && isBalanced != true)
    recipe.isShuffled = shuffles ? true : nil
    return recipe
  }

  /// The recipe with batches that are the same for all seeds.
  package var sharingBatches: HeadRecipe {
    var recipe = self
    recipe.sharesBatches = true
    return recipe
  }

  /// Of what is judged without a head.
  package static func none(threads: Int) -> HeadRecipe {
    HeadRecipe(steps: 0, batch: 1, learningRate: 0, clip: 1, threads: threads)
  }

  /// Whether the head is looked at after `step` steps.
  package func looksAtDev(after step: Int) -> Bool {
    devEvery.map { step % $0 == 0 || step == steps } ?? false
  }
}
