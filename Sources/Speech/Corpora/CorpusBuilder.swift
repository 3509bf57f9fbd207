import Dispatch
import Experiment
import Foundation
import Synchronization

/// Carries out the `corpus` stage: recordings become one file of 16 kHz audio and a manifest.
///
/// Each recording's digest is checked on the very bytes that are decoded. Audio is mixed to mono,
/// resampled, cut at both ends (`SilenceTrim`) and dropped where it is silent or its length lies
/// outside the definition's bounds. The pieces that a manifest cuts out of a recording, which is then
/// decoded once for all of them, are what it says: they are not trimmed. Where the definition says so,
/// silences are taken out of both instead (`SilenceRemoval`). A training utterance of a
/// folder whose transcript, but for case and punctuation, is also a transcript of the development or
/// test split is dropped as well; a manifest's splits stand as they are, since published corpora may
/// let everybody say the same. The bytes written depend on neither the number of threads nor the order
/// of `recordings`.
package struct CorpusBuilder: Sendable {
  package static let sampleRate = 16_000

  let definition: CorpusDefinition
  /// Sorted by path, the pieces of one file by their bounds.
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
    self.recordings = recordings.sorted(by: Recording.isBefore)
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
    var kept: [Utterance] = []
    var problems: [CorpusError.Problem] = []
    var (offset, start) = (0, 0)
    for files in batches(chosen) {
      progress(Double(start) / Double(chosen.count), "\(start)/\(chosen.count) recordings")
      start += files.reduce(0) { $0 + $1.count }
      for (index, speech) in zip(files.joined(), decoded(files)) {
        let recording = recordings[index]
        switch speech {
        case .unusable(let reason):
          problems.append(CorpusError.Problem(path: recording.title, reason: reason))
        case .dropped(let reason):
          facts.drop(recording, reason)
        case .kept(let samples, let first):
          var utterance = Utterance(
            id: names[index], path: recording.path, start: first, samples: samples.count,
            offset: offset, text: spoken.texts[index], phones: spoken.phones[index],
            alignment: Self.alignment(of: recording, from: first, samples: samples.count),
            labels: recording.labels, split: recording.split)
          relate(&utterance, to: recording)
          offset += samples.count
          facts.count(utterance)
          try audio.append(samples)
          kept.append(utterance)
        }
      }
    }
    // Which trials and matches stand is known only when all have been decoded.
    let ids = Set(kept.map(\.id))
    for var utterance in kept {
      facts.drop(utterance.dropRelations(notTo: ids))
      try manifest.append(line: utterance)
    }
    try finish(problems, facts, audio, manifest, folder)
  }

  /// The alignment in samples of what was kept of a recording.
  private static func alignment(
    of recording: Recording, from first: Int, samples: Int
  ) -> [Utterance.Aligned]? {
    recording.entry?.alignment.map { aligned in
      aligned.compactMap { phone in
        func sample(_ seconds: Double) -> Int {
          min(max(Int((seconds * Double(sampleRate)).rounded()) - first, 0), samples)
        }
        let (start, end) = (sample(phone.start), sample(phone.end))
        return start < end ? Utterance.Aligned(start: start, end: end, phone: phone.phone) : nil
      }
    }
  }

  /// What a manifest says of an utterance and others, by their names in the artifact, and its turns in
  /// seconds of what was kept of it.
  private func relate(_ utterance: inout Utterance, to recording: Recording) {
    guard let entry = recording.entry else { return }
    func id(_ name: String) -> String { definition.name + "/" + name }
    utterance.trials = entry.trials?.map { SpeakerTrial(other: id($0.other), isSame: $0.isSame) }
    utterance.matches = entry.matches?.map(id)
    let rate = Double(Self.sampleRate)
    let cutAt = Int(((entry.segment.start ?? 0) * rate).rounded())
    utterance.turns = entry.turns?.compactMap {
      $0.within(
        Double(utterance.start - cutAt) / rate, seconds: Double(utterance.samples) / rate)
    }
  }

  private func finish(
    _ problems: [CorpusError.Problem], _ facts: CorpusFacts, _ audio: FileWriter,
    _ manifest: FileWriter, _ folder: String
  ) throws(CorpusError) {
    guard problems.isEmpty else {
      throw .recordings(
        corpus: definition.name, total: recordings.count, problems: problems,
        packages: definition.packages, manifest: definition.manifest)
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
    var titles: [String: String] = [:]
    var names: [String] = []
    for recording in recordings {
      let id = definition.name + "/" + recording.name
      if let other = titles.updateValue(recording.title, forKey: id) {
        throw .sameName(corpus: definition.name, id: id, paths: [other, recording.title])
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

  /// Recordings by file, and files in batches: of some dozens of recordings, or, where files hold many,
  /// of one file a thread, since a whole one is in memory while it is cut.
  private func batches(_ indices: [Int]) -> [[[Int]]] {
    var files: [[Int]] = []
    for index in indices {
      if let last = files.last?.last, recordings[last].path == recordings[index].path {
        files[files.count - 1].append(index)
      } else {
        files.append([index])
      }
    }
    var batches: [[[Int]]] = []
    var room = 0
    for file in files {
      if room <= 0, (batches.last?.count ?? threads) >= threads {
        batches.append([])
        room = 32 * threads
      }
      batches[batches.count - 1].append(file)
      room -= file.count
    }
    return batches
  }

  /// Decodes files side by side; results stand in the order of the recordings.
  private func decoded(_ files: [[Int]]) -> [Speech] {
    let results = Mutex([[Speech]](repeating: [], count: files.count))
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for position in stride(from: thread, to: files.count, by: threads) {
        let speech = speech(of: files[position].map { recordings[$0] })
        results.withLock { $0[position] = speech }
      }
    }
    return results.withLock { $0.flatMap { $0 } }
  }

  /// What one file holds of speech.
  ///
  /// - Parameter pieces: Recordings of one path.
  /// - Returns: One for each of them.
  private func speech(of pieces: [Recording]) -> [Speech] {
    guard let first = pieces.first else { return [] }
    func all(_ reason: String) -> [Speech] { pieces.map { _ in .unusable(reason) } }
    let folder = [root, definition.folder?.root ?? ""].filter { !$0.isEmpty }
    let path = (folder + [first.path]).joined(separator: "/")
    do throws(AudioError) {
      let bytes = try FileBytes.read(path)
      guard Digest256.hex(of: bytes) == first.digest else {
        return all("its content changed since the recordings were listed; run again")
      }
      let (samples, rate) = try AudioFile.decode(bytes, path: path)
      let resampled = try Resampler(from: rate, to: Self.sampleRate)(samples)
      return pieces.map { $0.segment.isWhole ? trimmed(resampled) : cut(resampled, $0.segment) }
    } catch {
      return all(Self.reason(error))
    }
  }

  /// A piece, as long as its bounds say. Tables of bounds are rounded: an end up to 0.1 s after the
  /// recording's is the recording's.
  private func cut(_ samples: [Float], _ segment: Segment) -> Speech {
    let rate = Double(Self.sampleRate)
    let length = Double(samples.count) / rate
    let start = Int(((segment.start ?? 0) * rate).rounded())
    let end = segment.end.map { Int(($0 * rate).rounded()) } ?? samples.count
    guard start < samples.count, end <= samples.count + Self.sampleRate / 10 else {
      return .unusable(
        "the recording ends before: it is \(Canonical(number: length).text) s long")
    }
    let piece = Array(samples[start..<min(end, samples.count)])
    if SilenceTrim(sampleRate: Self.sampleRate).range(in: piece).isEmpty {
      return .dropped(.silent)
    }
    return definition.withoutSilence
      ? spoken(piece, start: start) : bounded(piece[...], start: start)
  }

  /// Without silences; `start` is of the piece that they are taken out of.
  private func spoken(_ samples: [Float], start: Int) -> Speech {
    let kept = SilenceRemoval()(samples)
    return kept.isEmpty ? .dropped(.silent) : bounded(kept[...], start: start)
  }

  private func trimmed(_ samples: [Float]) -> Speech {
    if definition.withoutSilence { return spoken(samples, start: 0) }
    let range = SilenceTrim(sampleRate: Self.sampleRate).range(in: samples)
    guard !range.isEmpty else { return .dropped(.silent) }
    return bounded(samples[range], start: range.lowerBound)
  }

  private func bounded(_ samples: ArraySlice<Float>, start: Int) -> Speech {
    let seconds = Double(samples.count) / Double(Self.sampleRate)
    if seconds < definition.minimumSeconds { return .dropped(.tooShort(seconds: seconds)) }
    if seconds > definition.maximumSeconds { return .dropped(.tooLong(seconds: seconds)) }
    return .kept(samples.map(PCM16.encode), start: start)
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
