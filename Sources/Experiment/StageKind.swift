/// What a stage does. The raw value is the word of specs, logs and artifact folders.
package enum StageKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Decodes recordings to 16 kHz, adds transcripts and phonemes, assigns splits.
  case corpus
  /// HuBERT's masked prediction of k-means units, from random weights.
  case pretrain
  /// Runs the frozen downsampling module over a corpus once, for every encoder that shares it.
  case downsample
  /// Numbers every frame of a corpus by θ₀'s own pre-training head: pseudo-labels.
  case codewords
  /// Trains an encoder and a head on one task, by one method.
  case fineTune = "fine-tune"
  /// Trains an encoder on one task by a program of somebody's own.
  case command
  /// θ̂ = (1−α)·θ₀ + α·θ′. Never stored: consumers interpolate into their own buffers.
  case interpolate
  /// Runs a frozen encoder over a corpus.
  case features
  /// Trains a fresh head on frozen features and scores it on held-out recordings.
  case evaluate
  /// Similarity of an encoder's features, and distance of its weights, to θ₀.
  case compare

  /// Raised whenever this kind's code gives other bits for the same parameters; part of the key.
  package var revision: Int {
    switch self {
    case .corpus, .downsample, .codewords, .interpolate, .command: 1
    // 2: sums over frames come from dsyrk, in other pieces.
    case .compare: 2
    // 2: positions are convolved by Fourier transform, CTC is summed without logarithms.
    case .pretrain, .fineTune, .features: 2
    // 3: features are brought to scale as they are read, intervals are drawn. 4: CTC trains on utterances
    // that just have the frames for their symbols.
    case .evaluate: 4
    }
  }

  /// Whether the kind computes on a card where there is one; the others work in main memory.
  package var usesGPU: Bool {
    switch self {
    case .corpus, .interpolate, .compare: false
    case .pretrain, .downsample, .codewords, .fineTune, .command, .features, .evaluate: true
    }
  }

  /// Whether the stage is carried out inside its consumers and leaves no artifact of its own.
  package var isVirtual: Bool { self == .interpolate }
}
