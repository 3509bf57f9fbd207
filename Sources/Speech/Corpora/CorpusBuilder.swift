import Dispatch
import Experiment
import Foundation
import Synchronization

/// Carries out the `corpus` stage: recordings become one file of 16 kHz audio and a manifest.
///
/// Each recording's digest is checked on the very bytes that are decoded. Audio is mixed to mono,
/// resampled, cut at both ends (`SilenceTrim`) and dropped where it is silent or its length lies
/// outside the definition's bounds. A training utterance whose transcript, but for case and
/// punctuation, is also a transcript of the development or test split is dropped as well. The bytes
/// written depend on neither the number of threads nor the order of `recordings`.
package struct CorpusBuilder: Sendable {
  package static let sampleRate = 16_000

  let definition: CorpusDefinition
  /// Sorted by path.
  let recordings: [Recording]
  private let root: String
  private let threads: Int

  /// - Parameters:
  ///   - definition: Of the corpus.
  ///   - recordings: All of them, with their labels and splits.
  ///   - root: The site's recordings folder, below which the definition's folders lie.
  ///   - threads: Decode so many files at once.
  package init(
    _ definition: CorpusDefinition, recordings: [Recording], root: String, threads: Int = 2
  ) {
    self.definition = definition
    self.recordings = recordings.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    self.root = root
    self.threads = max(1, threads)
  }

  /// Writes `manifest.jsonl`, `audio.s16` and `facts.json`.
  ///
  /// - Parameters:
  ///   - folder: An existing folder, written into.
  ///   - progress: Called on this thread with the share done and what is being done.
  /// - Throws: `CorpusError`, which names all recordings that cannot be used.
  package func build(
    into folder: String, progress: (Double, String) -> Void = { _, _ in }
  ) throws(CorpusError) {
    let spoken = try CorpusTexts(definition, recordings, root: root)
    var facts = CorpusFacts(definition, recordings: recordings.count)
    let chosen = recordings.indices.filter { index in
      guard let split = spoken.heldOutSplit(of: recordings[index], index) else { return true }
      facts.drop(recordings[index], .sameTranscript(split: split))
      return false
    }
    let names = try self.names()
    let audio = try FileWriter(folder + "/audio.s16")
    let manifest = try FileWriter(folder + "/manifest.jsonl")
    var problems: [CorpusError.Problem] = []
    var offset = 0
    let batch = 32 * threads
    for start in stride(from: 0, to: chosen.count, by: batch) {
      progress(Double(start) / Double(chosen.count), "\(start)/\(chosen.count) recordings")
      let indices = Array(chosen[start..<min(start + batch, chosen.count)])
      for (index, speech) in zip(indices, decoded(indices)) {
        let recording = recordings[index]
        switch speech {
        case .unusable(let reason):
          problems.append(CorpusError.Problem(path: recording.path, reason: reason))
        case .dropped(let reason):
          facts.drop(recording, reason)
        case .kept(let samples, let first):
          let utterance = Utterance(
            id: names[index], path: recording.path, start: first, samples: samples.count,
            offset: offset, text: spoken.texts[index], phones: spoken.phones[index],
            labels: recording.labels, split: recording.split)
          offset += samples.count
          facts.count(utterance)
          try audio.append(samples)
          try manifest.append(line: utterance)
        }
      }
    }
    try finish(problems, facts, audio, manifest, folder)
  }

  private func finish(
    _ problems: [CorpusError.Problem], _ facts: CorpusFacts, _ audio: FileWriter,
    _ manifest: FileWriter, _ folder: String
  ) throws(CorpusError) {
    guard problems.isEmpty else {
      throw .recordings(
        corpus: definition.name, total: recordings.count, problems: problems,
        packages: definition.packages)
    }
    guard facts.utterances > 0 else { throw .noUtterances(corpus: definition.name) }
    try audio.close()
    try manifest.close()
    let report = try FileWriter(folder + "/facts.json")
    try report.append(line: facts.canonical)
    try report.close()
  }

  /// The utterances' names, which must differ.
  private func names() throws(CorpusError) -> [String] {
    var paths: [String: String] = [:]
    var names: [String] = []
    for recording in recordings {
      let stem = recording.path.split(separator: "/", omittingEmptySubsequences: false)
      let file = stem.last ?? ""
      let base = file.lastIndex(of: ".").map { file[..<$0] } ?? file
      let id = ([definition.name] + stem.dropLast().map(String.init) + [String(base)])
        .joined(separator: "/")
      if let other = paths.updateValue(recording.path, forKey: id) {
        throw .sameName(corpus: definition.name, id: id, paths: [other, recording.path])
      }
      names.append(id)
    }
    return names
  }

  // MARK: Decoding

  private enum Speech: Sendable {
    case kept([Int16], start: Int)
    case dropped(CorpusFacts.Reason)
    case unusable(String)
  }

  /// Decodes recordings side by side; results stand in the order of `indices`.
  private func decoded(_ indices: [Int]) -> [Speech] {
    let results = Mutex([Speech?](repeating: nil, count: indices.count))
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for position in stride(from: thread, to: indices.count, by: threads) {
        let speech = speech(of: recordings[indices[position]])
        results.withLock { $0[position] = speech }
      }
    }
    return results.withLock { $0.map { $0 ?? .unusable("it was not decoded") } }
  }

  private func speech(of recording: Recording) -> Speech {
    let folder = definition.root.isEmpty ? root : root + "/" + definition.root
    let path = folder + "/" + recording.path
    do throws(AudioError) {
      let bytes = try FileBytes.read(path)
      guard Digest256.hex(of: bytes) == recording.digest else {
        return .unusable("its content changed since the recordings were listed; run again")
      }
      let (samples, rate) = try AudioFile.decode(bytes, path: path)
      return trimmed(try Resampler(from: rate, to: Self.sampleRate)(samples))
    } catch {
      return .unusable(Self.reason(error))
    }
  }

  private func trimmed(_ samples: [Float]) -> Speech {
    let range = SilenceTrim(sampleRate: Self.sampleRate).range(in: samples)
    guard !range.isEmpty else { return .dropped(.silent) }
    let seconds = Double(range.count) / Double(Self.sampleRate)
    if seconds < definition.minimumSeconds { return .dropped(.tooShort(seconds: seconds)) }
    if seconds > definition.maximumSeconds { return .dropped(.tooLong(seconds: seconds)) }
    return .kept(samples[range].map(PCM16.encode), start: range.lowerBound)
  }

  /// The error's words without the path, which the list names already.
  private static func reason(_ error: AudioError) -> String {
    switch error {
    case .unreadable(_, let reason): "cannot be read: \(reason)"
    case .undecodable(_, let reason): "cannot be decoded: \(reason)"
    case .noSamples: "it holds no samples"
    case .notFinite(_, let sample): "sample \(sample) is not a finite number"
    case .notResampled: "\(error)"
    }
  }
}
