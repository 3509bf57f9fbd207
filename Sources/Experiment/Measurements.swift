/// `metrics.json` of an `evaluate` artifact: one head's score on the held-out recordings.
package struct EvaluationRecord: Sendable, Hashable, Codable {
  package var task: String
  /// `PER`, `WER`, `accuracy`, …: the one that decides.
  package var metric: String
  /// In percent.
  package var value: Double
  package var higherIsBetter: Bool
  /// Test utterances.
  package var count: Int
  /// What errors are counted over: reference tokens, or utterances.
  package var units: Int
  /// Accuracy, in percent, of always answering the commonest training class; `nil` for sequences.
  package var chance: Double?
  /// Training utterances of the head.
  package var trainCount: Int
  /// Classes, or symbols without the blank.
  package var classes: Int
  /// The same head on the dev split; `nil` where no row is chosen by it.
  package var dev: Dev?
  /// The head's learning rate where dev chose it; `nil` where there was one.
  package var learningRate: Double?
  /// What each rate gave on dev, in order; a rate whose loss became no number gave nothing.
  package var rates: [Rate]?
  /// 95 % of draws of the test's units anew lie within; `nil` where too few can be drawn.
  package var interval: Interval?
  /// What was drawn for the interval: `utterances`, or the label whose values were.
  package var drawn: String?
  /// Other metrics of the same answers.
  package var others: [Other]?
  /// The share of each hidden state in what the head was given, from the first layer's input on.
  package var layers: [Double]?
  /// The hidden state that dev chose, where only one is looked at.
  package var layer: Int?
  /// The step whose head was tested, where dev chose it.
  package var step: Int?

  package struct Interval: Sendable, Hashable, Codable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
      self.low = low
      self.high = high
    }
  }

  package struct Other: Sendable, Hashable, Codable {
    package var metric: TaskMetric
    package var value: Double
    package var interval: Interval?

    package init(metric: TaskMetric, value: Double, interval: Interval?) {
      self.metric = metric
      self.value = value
      self.interval = interval
    }
  }

  package struct Rate: Sendable, Hashable, Codable {
    package var learningRate: Double
    /// In percent, of the record's metric.
    package var dev: Double?

    package init(learningRate: Double, dev: Double?) {
      self.learningRate = learningRate
      self.dev = dev
    }
  }

  package struct Dev: Sendable, Hashable, Codable {
    /// In percent, of the record's metric.
    package var value: Double
    /// Utterances.
    package var count: Int

    package init(value: Double, count: Int) {
      self.value = value
      self.count = count
    }
  }

  package init(
    task: String, metric: String, value: Double, higherIsBetter: Bool, count: Int, units: Int,
    chance: Double?, trainCount: Int, classes: Int, dev: Dev? = nil
  ) {
    self.task = task
    self.metric = metric
    self.value = value
    self.higherIsBetter = higherIsBetter
    self.count = count
    self.units = units
    self.chance = chance
    self.trainCount = trainCount
    self.classes = classes
    self.dev = dev
  }
}

/// `training.json` of a `fine-tune` artifact: what was done.
package struct TrainingRecord: Sendable, Hashable, Codable {
  /// Optimiser steps, the head-only phase included.
  package var steps: Int
  /// The step whose weights were left: the last, or dev's best.
  package var step: Int
  /// At its height.
  package var learningRate: Double
  /// Accuracy, or 1 − the token error rate, of the dev split after `step`; a mean over several tasks.
  /// `nil` where nobody looked.
  package var devMerit: Double?
  /// The step that early stopping leaves, by patience; `nil` where none is kept.
  package var stops: [String: Int]?

  package init(
    steps: Int, step: Int, learningRate: Double, devMerit: Double?, stops: [String: Int]? = nil
  ) {
    self.stops = stops
    self.steps = steps
    self.step = step
    self.learningRate = learningRate
    self.devMerit = devMerit
  }
}

/// `similarity.json` of a `compare` artifact: how far an encoder is from θ₀.
package struct SimilarityRecord: Sendable, Hashable, Codable {
  package struct Layer: Sendable, Hashable, Codable {
    /// Hidden state, from 0 (the first layer's input) to L (the last output).
    package var layer: Int
    package var linearCKA: Double
    package var debiasedCKA: Double
    package var r2: Double

    package init(layer: Int, linearCKA: Double, debiasedCKA: Double, r2: Double) {
      self.layer = layer
      self.linearCKA = linearCKA
      self.debiasedCKA = debiasedCKA
      self.r2 = r2
    }
  }

  /// ‖θ−θ₀‖₂ over all tensors, and by group of tensors.
  package struct WeightDistance: Sendable, Hashable, Codable {
    package struct Group: Sendable, Hashable, Codable {
      package var name: String
      package var distance: Double

      package init(name: String, distance: Double) {
        self.name = name
        self.distance = distance
      }
    }
    package var total: Double
    package var byLayer: [Group]

    package init(total: Double, byLayer: [Group]) {
      self.total = total
      self.byLayer = byLayer
    }
  }

  package var layers: [Layer]
  package var weightDistance: WeightDistance
  /// Frames that were compared.
  package var frames: Int
  package var corpora: [String]

  package init(
    layers: [Layer], weightDistance: WeightDistance, frames: Int, corpora: [String]
  ) {
    self.layers = layers
    self.weightDistance = weightDistance
    self.frames = frames
    self.corpora = corpora
  }

  /// The mean over layers of one measure.
  package func mean(_ measure: KeyPath<Layer, Double>) -> Double {
    layers.reduce(0) { $0 + $1[keyPath: measure] } / Double(max(1, layers.count))
  }
}
