import Experiment
import Foundation

/// A corpus artifact, opened for reading: the manifest in memory, the audio mapped.
package struct Corpus: Sendable {
  package let name: String
  /// In the order of the manifest, which is that of the recordings' paths.
  package let utterances: [Utterance]
  private let audio: Data
  private let audioPath: String
  /// SHA-256 of each utterance's name: a fair order that does not depend on the other utterances.
  private let ranks: [String: String]

  /// Opens the folder of a `corpus` artifact.
  ///
  /// - Parameter folder: With `manifest.jsonl`, `audio.s16` and `facts.json`.
  /// - Throws: `CorpusError` for a file that is missing, malformed or shorter than the manifest says.
  package init(folder: String) throws(CorpusError) {
    struct Facts: Decodable { var corpus: String }
    let facts: Facts = try Self.decode(
      Self.contents(folder + "/facts.json"), folder + "/facts.json", line: 1)
    name = facts.corpus
    utterances = try Self.manifest(folder + "/manifest.jsonl")
    audioPath = folder + "/audio.s16"
    audio = try Self.contents(audioPath)
    let wanted = utterances.map { 2 * ($0.offset + $0.samples) }.max() ?? 0
    guard audio.count >= wanted else {
      throw .shortAudio(path: audioPath, bytes: audio.count, wanted: wanted)
    }
    ranks = Dictionary(
      utterances.map { ($0.id, Digest256.hex(of: $0.id.utf8)) }, uniquingKeysWith: { $1 })
  }

  /// The utterances of a selection, split by split, each in the order of a hash of its name.
  ///
  /// Where the selection limits a split's minutes, utterances are taken in that order until the next
  /// one would exceed them; so more minutes only add utterances.
  package func select(_ selection: Selection) -> [Utterance] {
    selection.splits.flatMap { split in
      let ordered = utterances.filter { $0.split == split }
        .sorted { ranks[$0.id, default: ""] < ranks[$1.id, default: ""] }
      guard let minutes = selection.minutes[split.rawValue] else { return ordered }
      var rest = minutes * 60 * Double(CorpusBuilder.sampleRate)
      return Array(
        ordered.prefix { utterance in
          rest -= Double(utterance.samples)
          return rest >= 0
        })
    }
  }

  /// The samples of an utterance, in [-1, 1) at 16 kHz.
  ///
  /// - Parameter utterance: Of this corpus.
  /// - Returns: `utterance.samples` numbers.
  /// - Throws: `CorpusError.foreignUtterance` where it is of another one.
  package func samples(of utterance: Utterance) throws(CorpusError) -> [Float] {
    guard ranks[utterance.id] != nil, utterance.offset >= 0, utterance.samples >= 0,
      utterance.offset <= Self.mostSamples, utterance.samples <= Self.mostSamples,
      2 * (utterance.offset + utterance.samples) <= audio.count
    else { throw .foreignUtterance(id: utterance.id, corpus: name) }
    return audio.withUnsafeBytes { bytes in
      (utterance.offset..<(utterance.offset + utterance.samples)).map { index in
        let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        return PCM16.decode(Int16(bitPattern: UInt16(littleEndian: bits)))
      }
    }
  }

  /// Zero mean and unit variance: (x − mean) / √(variance + 1e-7).
  ///
  /// Source: `zero_mean_unit_var_norm` of Hugging Face's `Wav2Vec2FeatureExtractor`.
  package static func normalised(_ samples: [Float]) -> [Float] {
    let count = Double(max(1, samples.count))
    let mean = samples.reduce(0.0) { $0 + Double($1) } / count
    let variance =
      samples.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    let scale = 1 / (variance + 1e-7).squareRoot()
    return samples.map { Float((Double($0) - mean) * scale) }
  }

  // MARK: Files

  /// Two million years: beyond, positions in the file would overflow.
  private static let mostSamples = 1 << 60

  private static func manifest(_ path: String) throws(CorpusError) -> [Utterance] {
    var utterances: [Utterance] = []
    var names: Set<String> = []
    for (index, line) in try contents(path).split(separator: UInt8(ascii: "\n")).enumerated() {
      let utterance: Utterance = try decode(Data(line), path, line: index + 1)
      guard utterance.offset >= 0, utterance.samples > 0, utterance.offset <= mostSamples,
        utterance.samples <= mostSamples
      else {
        throw .manifest(file: path, line: index + 1, reason: "it names no samples")
      }
      guard names.insert(utterance.id).inserted else {
        throw .manifest(
          file: path, line: index + 1, reason: "it names \(utterance.id) a second time")
      }
      utterances.append(utterance)
    }
    return utterances
  }

  private static func decode<Value: Decodable>(
    _ data: Data, _ path: String, line: Int
  ) throws(CorpusError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: data)
    } catch {
      throw .manifest(file: path, line: line, reason: "it is not as this program writes it")
    }
  }

  private static func contents(_ path: String) throws(CorpusError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      let reason =
        FileManager.default.fileExists(atPath: path) ? "\(error)" : "there is no such file"
      throw .notRead(path: path, reason: reason)
    }
  }
}
