import Artifacts
import Experiment
import Torch

/// Several evaluations whose heads are trained in one pass over the features that all of them read.
extension StageExecution {
  /// What is told of a stage: what is to be published, `nil` where the artifact is there already, or why it failed; and
  /// the seconds that it took.
  package typealias Ending = (
    StageContext, Result<UnpublishedArtifact?, any Error>, Double
  ) -> Void

  /// Runs the stages and leaves their files aside, to be published. Each has the bytes that it has alone.
  ///
  /// A stage that somebody else makes now is left for the end. What fails for all at once, for want of memory say, is
  /// tried again with each alone.
  ///
  /// - Parameters:
  ///   - contexts: Of one stage, or of evaluations with equal inputs and equal `FeaturePass`es.
  ///   - ended: Told of each once, as soon as it is over.
  /// - Throws: `StageError.stopped` where the end was wished for; nothing is told of those then that were not over.
  package static func written(all contexts: [StageContext], ended: Ending) throws {
    for context in readTheSame(contexts) ? try inOnePass(contexts, ended) : contexts {
      let start = ContinuousClock.now
      let result = Result { try written(context) }
      if case .failure(let error) = result, context.stop.isMade { throw error }
      ended(context, result, (ContinuousClock.now - start) / .seconds(1))
    }
  }

  /// Whether they are several, of one pass: what they are given is checked here, since it decides what they read.
  private static func readTheSame(_ contexts: [StageContext]) -> Bool {
    func pass(_ context: StageContext) -> FeaturePass? {
      context.request.kind == .evaluate
        ? (try? context.parameters(EvaluateParameters.self)).flatMap(FeaturePass.init) : nil
    }
    guard contexts.count > 1, let first = pass(contexts[0]) else { return false }
    return contexts.allSatisfy {
      $0.request.inputs == contexts[0].request.inputs && pass($0) == first
    }
  }

  /// - Returns: Those that are to be carried out alone.
  private static func inOnePass(
    _ contexts: [StageContext], _ ended: Ending
  ) throws -> [StageContext] {
    var begun: [(context: StageContext, artifact: UnpublishedArtifact)] = []
    var alone: [StageContext] = []
    for context in contexts {
      let request = context.request
      do {
        try request.check()
        let artifact = try context.store.beginUnlessHeld(
          request.kind, request.key, identity: request.identity)
        if let artifact { begun.append((context, artifact)) } else { alone.append(context) }
      } catch {
        ended(context, .failure(error), 0)
      }
    }
    return try inOnePass(begun, ended) + alone
  }

  /// - Returns: Those that are to be tried alone.
  private static func inOnePass(
    _ begun: [(context: StageContext, artifact: UnpublishedArtifact)], _ ended: Ending
  ) throws -> [StageContext] {
    guard let first = begun.first?.context else { return [] }
    var left = begun
    func end(_ key: StageKey, _ result: Result<any PassMember, any Error>, _ seconds: Double) {
      guard let place = left.firstIndex(where: { $0.context.request.key == key }) else { return }
      let (context, artifact) = left.remove(at: place)
      do {
        let member = try DiskFault.named { try result.get() }
        try context.store.fill(artifact) { staging in
          try DiskFault.named { try member.write(to: staging.folder) }
        }
        ended(context, .success(artifact), seconds)
      } catch {
        context.store.discard(artifact)
        ended(context, .failure(error), seconds)
      }
    }
    do {
      let evaluations = try begun.map { try Evaluation($0.context) }
      try DeviceScope.during(first.computing.device.description) {
        try Evaluation.write(evaluations) { number, result, seconds in
          end(begun[number].context.request.key, result, seconds)
        }
      }
    } catch {
      for (context, artifact) in left { context.store.discard(artifact) }
      if first.stop.isMade { throw error }
      return left.map(\.context)
    }
    return []
  }
}
