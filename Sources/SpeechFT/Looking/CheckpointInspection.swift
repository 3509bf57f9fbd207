import Experiment
import Speech

/// `alphasweep inspect`: what a checkpoint is, from its headers; no tensor is read.
package enum CheckpointInspection {
  /// What can be told; what stands in the way of loading is told too, and not thrown.
  package static func inspection(of path: String) -> Inspection {
    let checkpoint: Checkpoint
    do {
      checkpoint = try Checkpoint.open(path)
    } catch {
      return Inspection(
        path: path, format: "unreadable", architecture: [], dtypes: [], metadata: [:],
        setAside: [], problems: [String(describing: error)])
    }
    var architecture: [Inspection.Fact] = []
    var sizes: Inspection.Sizes?
    var problems = checkpoint.problems
    problems += checkpoint.entries.filter {
      !["float32", "float16", "bfloat16"].contains($0.type)
    }.map { "\($0.summary) is \($0.type); read are float32, float16 and bfloat16" }
    do {
      let configuration = try checkpoint.configuration()
      architecture = facts(configuration)
      sizes = Inspection.Sizes(
        layers: configuration.layers, width: configuration.width,
        downsampledWidth: configuration.convolutionChannels.last ?? configuration.melBins ?? 0)
      let shapes = Dictionary(
        checkpoint.entries.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
      problems += EncoderWeights.problems(configuration, shapes: shapes)
    } catch {
      problems.append(String(describing: error))
    }
    return Inspection(
      path: checkpoint.path, sizes: sizes, format: format(checkpoint), architecture: architecture,
      dtypes: dtypes(checkpoint.entries), metadata: checkpoint.metadata,
      setAside: checkpoint.setAside.map(\.summary), problems: problems)
  }

  private static func format(_ checkpoint: Checkpoint) -> String {
    switch (checkpoint.layout, checkpoint.files.form) {
    case (.huggingFace, .safetensors): "Hugging Face folder, safetensors"
    case (.huggingFace, .shardedSafetensors): "Hugging Face folder, safetensors in parts"
    case (.huggingFace, .pickle): "Hugging Face folder, pytorch_model.bin"
    case (.huggingFace, .shardedPickle): "Hugging Face folder, pytorch_model.bin in parts"
    case (.huggingFace, .original): "a file of transformers' weights"
    case (.fairseq, _): "original file of fairseq"
    case (.wavlm, _): "original file of WavLM"
    case (.decoar2, _): "original file of DeCoAR 2.0"
    }
  }

  private static func facts(_ configuration: EncoderConfiguration) -> [Inspection.Fact] {
    var facts: [Inspection.Fact] = [
      .init("encoder", configuration.family.rawValue),
      .init("layers", "\(configuration.layers)"),
      .init("width", "\(configuration.width)"),
      .init("attention heads", "\(configuration.attentionHeads)"),
      .init("feed-forward width", "\(configuration.feedForwardWidth)"),
      .init("layer norm", configuration.isPreNorm ? "before each block" : "after each block"),
    ]
    if let bins = configuration.melBins {
      facts.append(.init("front end", "\(bins) mel bins, every second frame"))
    } else {
      facts.append(
        .init(
          "front end",
          "\(configuration.convolutionChannels.count) convolutions of "
            + "\(configuration.convolutionChannels.max() ?? 0) channels, "
            + "\(configuration.convolutionNorm.rawValue) norm"))
    }
    if let relative = configuration.relativePositions {
      facts.append(
        .init("relative positions", "\(relative.buckets) buckets to \(relative.maximumDistance)"))
    }
    facts.append(
      .init("frames", "every \(configuration.strideSamples) samples at 16 kHz"))
    facts.append(
      .init("waveforms", configuration.normalisesWaveform ? "normalised" : "taken as they are"))
    return facts
  }

  private static func dtypes(_ entries: [Checkpoint.Entry]) -> [Inspection.DType] {
    Dictionary(grouping: entries, by: \.type).sorted { $0.key < $1.key }.map { type, entries in
      Inspection.DType(
        name: type, tensors: entries.count,
        parameters: entries.reduce(0) { $0 + $1.shape.reduce(1, *) })
    }
  }
}
