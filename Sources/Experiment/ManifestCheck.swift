extension CorpusDefinition {
  /// Whether its utterances can have phonemes: a manifest's lines may bring them.
  var mayTellPhones: Bool { phonemeVoice != nil || manifest != nil }

  /// Whether its utterances can have transcripts.
  var mayTellTexts: Bool { folder?.transcripts != nil || manifest != nil }

  /// Whether a line of its manifest says what a task predicts.
  fileprivate func tells(_ target: Target, _ recording: Recording) -> Bool {
    switch target {
    case .phones:
      recording.entry?.phones != nil || (phonemeVoice != nil && recording.entry?.text != nil)
    case .characters: recording.entry?.text != nil
    case .label, .labels, .trials: target.labels.allSatisfy { recording.labels[$0] != nil }
    case .slots: recording.entry?.text.map { !SlotText($0).tags.isEmpty } ?? false
    case .alignedPhones: recording.entry?.alignment?.isEmpty == false
    case .turns: recording.entry?.turns != nil
    case .queries: recording.entry?.matches != nil
    case .codewords: true
    }
  }
}

extension PlannerInput {
  /// Checks that the manifests in use hold what the tasks train on and test with: only the lines
  /// themselves can show it.
  ///
  /// - Throws: `SpecError` at the target in the task's file.
  func checkManifests() throws(SpecError) {
    var problems: [SpecProblem] = []
    for name in definitions.taskNames(of: spec) {
      guard let task = definitions.tasks[name], let corpus = definitions.corpora[task.corpus],
        let manifest = corpus.manifest, let found = recordings[corpus.name], !found.isMissing
      else { continue }
      let isEvaluated = spec.evaluate?.tasks.contains(name) ?? false
      for split in isEvaluated ? task.selection.splits : [.train] {
        let isTold = found.recordings.contains {
          $0.split == split && corpus.tells(task.target, $0)
        }
        if isTold { continue }
        problems.append(
          SpecProblem(
            SpecMessage.noTargets(name, task.target.word, split, manifest: manifest),
            at: task.places[.target]))
      }
    }
    if !problems.isEmpty { throw SpecError(problems) }
  }
}
