import Artifacts
import Experiment
import Foundation

/// A folder of experiments: specs, and beside them `tasks/`, `corpora/` and `sites/`.
///
/// Specs may lie in folders of their own, one level down: `experiments/paper/alpha.yaml` takes the tasks,
/// corpora and sites of `experiments/`, and its checkpoints are relative to that folder too. A folder
/// with any of the three is a world of its own.
struct ExperimentFolder {
  /// Where the spec lies.
  let path: String
  /// Where its tasks, corpora and sites lie, and from where checkpoints are looked for.
  let shared: String

  /// The folder of a spec.
  ///
  /// - Throws: `WorkspaceError` when the spec cannot be read.
  init(of spec: String) throws(WorkspaceError) {
    _ = try Files.text(spec, what: .spec)
    let parts = spec.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let path = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
    self.path = path
    let above = Self.parent(of: path)
    shared = Self.hasDefinitions(path) || !Self.hasDefinitions(above) ? path : above
  }

  private static func hasDefinitions(_ folder: String) -> Bool {
    ["tasks", "corpora", "sites"].contains {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(folder)/\($0)", isDirectory: &isFolder)
        && isFolder.boolValue
    }
  }

  /// The folder above, in words that begin where `folder`'s do.
  private static func parent(of folder: String) -> String {
    let parts = folder.split(separator: "/", omittingEmptySubsequences: false)
    switch parts.last {
    case ".", "..", "": return folder == "/" ? "/" : folder + "/.."
    default:
      let above = parts.dropLast()
      return above.isEmpty ? "." : above == [""] ? "/" : above.joined(separator: "/")
    }
  }

  /// Reads one spec.
  ///
  /// - Throws: `SpecError` with everything that is wrong in it; `WorkspaceError`.
  func spec(_ file: String) throws -> Spec {
    try Spec(yaml: Files.text(file, what: .spec), file: file)
  }

  /// Reads the tasks, corpora, scores and published numbers, and those other specs whose models `spec` may name.
  ///
  /// - Throws: `SpecError` with everything that is wrong in a task or corpus.
  func definitions(besides spec: Spec) throws -> Definitions {
    var definitions = Definitions()
    for file in Files.yamls(in: shared + "/tasks") {
      let task = try TaskDefinition(yaml: Files.text(file, what: .task), file: file)
      definitions.tasks[task.name] = task
    }
    for file in Files.yamls(in: shared + "/corpora") {
      let corpus = try CorpusDefinition(yaml: Files.text(file, what: .corpus), file: file)
      definitions.corpora[corpus.name] = corpus
    }
    for file in Files.named("yaml", in: shared + "/scores") {
      let score = try ScoreDefinition(yaml: Files.text(file, what: .scores), file: file)
      definitions.scores[score.name] = score
    }
    for file in Files.named("csv", in: shared + "/published") {
      let name = String((file.split(separator: "/").last ?? "").dropLast(4))
      definitions.published[name] = try PublishedResults(
        csv: Files.text(file, what: .published), name: name, file: file)
    }
    // What lies beside the spec stands before what lies above.
    for file in (path == shared ? [] : Files.yamls(in: shared)) + Files.yamls(in: path) {
      // Another experiment's mistakes are not this one's, unless this one names it.
      guard let other = try? self.spec(file), other.experiment != spec.experiment else { continue }
      definitions.experiments[other.experiment] = other
    }
    return definitions
  }

  /// What a plan needs to know of a checkpoint, or `nil` when there is no such folder or file.
  ///
  /// - Throws: `WorkspaceError.checkpoint` when it holds no encoder, `HubCacheError` with the command
  ///   that fetches a model of the hub.
  func checkpoint(
    _ given: String, cache: DigestCache, store: ArtifactStore
  ) async throws -> CheckpointFacts? {
    var path = Files.absolute(given, in: Files.absolute(shared))
    var isFolder: ObjCBool = false
    if !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      guard HubCache.isName(given) else { return nil }
      path = try HubCache().snapshot(of: given)
      isFolder = true
    }
    // What is no checkpoint at all need not be hashed.
    let inFolder = isFolder.boolValue ? try sizes(inFolder: path) : nil
    let digest: String
    do {
      digest = try CheckpointDigest.of(path, cache: cache)
    } catch {
      throw Self.problem(path, String(describing: error))
    }
    let sizes: Inspection.Sizes
    if let inFolder {
      sizes = inFolder
    } else {
      sizes = try await OriginalCheckpoint(path: path, digest: digest, store: store).sizes()
    }
    return CheckpointFacts(
      digest: digest, path: path, layers: sizes.layers, width: sizes.width,
      convolutionChannels: sizes.downsampledWidth,
      codebook: try codebook(path, isFolder: isFolder.boolValue, digest, cache))
  }

  /// Where the checkpoint's pre-training head is, if it has one: an original file may hold it itself.
  private func codebook(
    _ path: String, isFolder: Bool, _ digest: String, _ cache: DigestCache
  ) throws -> FileFacts? {
    guard isFolder else { return FileFacts(digest: digest, path: path) }
    let file = path + "/codebook.safetensors"
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    return FileFacts(digest: try CheckpointDigest.of(file, cache: cache), path: file)
  }

  /// What the trainers of `spec` depend on; what is no file is left out, for the planner to name.
  ///
  /// - Throws: `StorageError` for a file that cannot be read.
  func commandFiles(of spec: Spec, cache: DigestCache) throws -> CommandFiles {
    var found = CommandFiles(folder: Files.absolute(path))
    for file in spec.commandFiles.sorted() {
      let full = Files.absolute(file, in: found.folder)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder),
        !isFolder.boolValue
      else { continue }
      found.digests[file] = try cache.digest(of: full)
    }
    return found
  }

  private func sizes(inFolder folder: String) throws(WorkspaceError) -> Inspection.Sizes {
    guard let data = FileManager.default.contents(atPath: folder + "/config.json"),
      let sizes = try? JSONDecoder().decode(Sizes.self, from: data)
    else {
      throw Self.problem(folder, "config.json cannot be read, or lacks the model's sizes")
    }
    guard let channels = sizes.convolutionChannels?.last ?? sizes.melBins else {
      throw Self.problem(folder, "'conv_dim' in config.json is empty")
    }
    return Inspection.Sizes(
      layers: sizes.layers, width: sizes.width, downsampledWidth: channels)
  }

  private static func problem(_ path: String, _ text: String) -> WorkspaceError {
    .checkpoint(path: Files.shown(path), problem: text)
  }

  private struct Sizes: Decodable {
    var layers: Int
    var width: Int
    var convolutionChannels: [Int]?
    /// In the place of convolutions: DeCoAR 2.0.
    var melBins: Int?

    private enum CodingKeys: String, CodingKey {
      case layers = "num_hidden_layers"
      case width = "hidden_size"
      case convolutionChannels = "conv_dim"
      case melBins = "num_mel_bins"
    }
  }
}
