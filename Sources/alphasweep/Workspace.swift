import Artifacts
import Experiment
import Foundation

/// An experiment as it lies on disk: the spec, what it names, the site, and the plan that follows.
struct Workspace {
  let spec: Spec
  let site: SiteDefinition
  let store: ArtifactStore
  let plan: Plan
  /// What lies outside, is not there, and was planned with all the same.
  let missing: [MissingInput]
  /// What was seen of the artifacts while the plan was made, where that was asked for.
  let early: EarlyLook?

  /// Reads and plans.
  ///
  /// - Parameters:
  ///   - path: The spec's file.
  ///   - site: The site's file or name, or `nil` for `sites/local.yaml` beside the tasks.
  ///   - plansWithoutData: Whether recordings and checkpoints may be missing: the plan can then be
  ///     looked at, and its keys are nobody's.
  ///   - looksEarly: Whether it will be asked next which artifacts are there.
  /// - Throws: `SpecError`, `WorkspaceError`, `ListingError`, `HubCacheError` or `HeldOutError` for
  ///   what is wrong with the spec or what it names.
  init(
    spec path: String, site: String?, plansWithoutData: Bool = false, looksEarly: Bool = false
  ) async throws {
    let folder = try ExperimentFolder(of: path)
    spec = try folder.spec(path)
    let place = try SitePlace(named: site, beside: folder.shared)
    self.site = place.definition
    store = ArtifactStore(root: place.artifacts)
    early = looksEarly ? EarlyLook(store) : nil
    let definitions = try folder.definitions(besides: spec)
    let cache = DigestCache(path: store.root + "/recordings.digests")
    var missing: [MissingInput] = []
    var recordings: [String: CorpusRecordings] = [:]
    for name in try definitions.corpora(usedBy: spec) {
      guard let definition = definitions.corpora[name] else { continue }
      do {
        recordings[name] = try RecordingListing(definition, below: place.recordings, cache: cache)
          .recordings(of: definition)
      } catch let error as ListingError {
        guard plansWithoutData, let input = MissingInput(error, of: definition) else { throw error }
        missing.append(input)
        recordings[name] = .missing(name)
      }
    }
    var checkpoints: [String: CheckpointFacts] = [:]
    for path in try definitions.checkpoints(usedBy: spec) {
      do {
        checkpoints[path] = try await folder.checkpoint(path, cache: cache, store: store)
      } catch let error as HubCacheError where plansWithoutData {
        missing.append(MissingInput(error, of: path))
        checkpoints[path] = .missing(path)
      }
      if plansWithoutData, checkpoints[path] == nil {
        missing.append(
          MissingInput(
            checkpoint: path, in: folder.shared, obtain: definitions.obtain(path, for: spec)))
        checkpoints[path] = .missing(path)
      }
    }
    self.missing = missing
    let commandFiles = try folder.commandFiles(of: spec, cache: cache)
    // Without it the next command only takes longer.
    try? cache.save()
    plan = try Planner.plan(
      PlannerInput(
        spec: spec, definitions: definitions, recordings: recordings,
        recordingsFolder: place.recordings, checkpoints: checkpoints,
        commandFiles: commandFiles))
  }

  /// Where the experiment's report goes.
  func results(_ given: String?) -> String {
    Files.absolute(given ?? "results") + "/" + spec.experiment
  }
}

/// A site's file, with its folders found from where the program was started.
struct SitePlace {
  let definition: SiteDefinition
  let recordings: String
  let artifacts: String

  /// Reads the site: a file, or the name of one of `sites/` in `experiments`, of which `local` is taken
  /// where none is given.
  ///
  /// - Throws: `WorkspaceError` when it is not there, `SpecError` when it cannot be understood.
  init(named site: String?, beside experiments: String) throws {
    let given = site ?? "local"
    let isFile = given.contains("/") || given.hasSuffix(".yaml")
    let path = isFile ? given : "\(experiments)/sites/\(given).yaml"
    let text = try Files.text(path, what: .site)
    definition = try SiteDefinition(yaml: text, file: path)
    recordings = Files.absolute(definition.recordings)
    artifacts = Files.absolute(definition.artifacts)
  }
}

/// Something outside a spec that is not there, or not what it should be.
enum WorkspaceError: Error, Equatable, CustomStringConvertible {
  enum File: String {
    case spec
    case site
    case task
    case corpus
    case scores = "score"
    case published = "file of published numbers"
    case numbers = "file of numbers"
    /// A reference or hypothesis.
    case score = "file to score"
    case manifest
    case lexicon
    case templates = "file of templates"
  }
  case unreadable(File, path: String, problem: String)
  case checkpoint(path: String, problem: String)
  case unknownStage(what: String, specs: [String])
  case unknownEncoder(String)

  var description: String {
    switch self {
    case .unreadable(.spec, let path, let problem):
      "\(path): the spec cannot be read: \(problem)"
    case .unreadable(.site, let path, let problem):
      "\(path): the site cannot be read: \(problem); write one (experiments/sites/local.yaml shows "
        + "how), or name another with --site"
    case .unreadable(let file, let path, let problem):
      "\(path): the \(file.rawValue) cannot be read: \(problem)"
    case .checkpoint(let path, let problem):
      "\(path): this is no checkpoint to start from: \(problem); 'alphasweep inspect \(path)' tells more"
    case .unknownStage(let what, let specs):
      "no stage of \(specs.isEmpty ? "any spec" : specs.joined(separator: ", ")) has a key that begins "
        + "with '\(what)', or a label with it; 'alphasweep plan SPEC --json' lists them"
    case .unknownEncoder(let problem): problem
    }
  }
}
