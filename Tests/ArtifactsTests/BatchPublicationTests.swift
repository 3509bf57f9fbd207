import Artifacts
import Experiment
import Foundation
import Testing

/// Artifacts that are published together.
@Suite struct BatchPublicationTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path + "/together")
  }

  private func write(_ stage: Stage, in store: ArtifactStore) throws -> UnpublishedArtifact? {
    try store.write(stage.kind, stage.key, identity: stage.identity) { staging in
      try AtomicFile.write(text: stage.label, to: staging.folder + "/result.txt")
      try AtomicFile.write(text: "1", to: staging.folder + "/model/part/weights.bin")
      try AtomicFile.makeFolder(staging.folder + "/empty")
    }
  }

  private func tree(_ root: String) throws -> [String: Data?] {
    var tree: [String: Data?] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root)
    where !path.hasPrefix("staging") && !path.hasPrefix("claims") {
      tree[path] = .some(FileManager.default.contents(atPath: root + "/" + path))
    }
    return tree
  }

  @Test func theyAreWhatEachWouldBeByItself() throws {
    let stages = try (0..<20).map { try stage($0) }
    let written = try stages.compactMap { try write($0, in: store) }
    let bytes = try store.publish(all: written).map { try $0.get() }
    let single = ArtifactStore(root: folder.path + "/one by one")
    for (index, stage) in stages.enumerated() {
      let one = try #require(try write(stage, in: single))
      #expect(try single.publish(one) == bytes[index])
    }
    #expect(try tree(store.root) == tree(single.root))
    #expect(stages.allSatisfy { store.contains($0.kind, $0.key) && !store.isBeingMade($0.key) })
    for stage in stages { _ = try store.open(stage.kind, stage.key) }
    #expect(try folder.names("together/staging").isEmpty)
    #expect(try folder.names("together/claims").isEmpty)
  }

  /// Where Linux tells of errors of a whole file system (5.8).
  private static let isTold: Bool = {
    let version = ProcessInfo.processInfo.operatingSystemVersion
    return (version.majorVersion, version.minorVersion) >= (5, 8)
  }()

  /// An error of the disk is told to descriptors that are open when it comes, and to each once.
  @Test(.enabled(if: isTold, "before Linux 5.8 nothing is told"))
  func theFileSystemIsListenedToFromBeforeTheFirstWriteUntilAllIsPublished() throws {
    let root = store.root
    /// How many descriptors of this process are the store's folder.
    func listening() throws -> Int {
      let folder = "/proc/self/fd"
      return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")) == root
      }
    }
    var written: [UnpublishedArtifact] = []
    for number in 0..<5 {
      let stage = try stage(number)
      let one = try store.write(stage.kind, stage.key, identity: stage.identity) { staging in
        // One for each: who shares one may be told of errors in another's place.
        #expect(try listening() == number + 1)
        try AtomicFile.write(text: stage.label, to: staging.folder + "/result.txt")
      }
      written.append(try #require(one))
    }
    #expect(try listening() == 5)
    #expect(store.publish(all: written).allSatisfy { (try? $0.get()) != nil })
    written = []
    #expect(try listening() == 0)
  }

  @Test func oneThatHasNoPlaceFailsAlone() throws {
    let stages = try (0..<20).map { try stage($0) }
    let blocked = stages[7]
    // A file where the artifact's folder would go.
    let parent = AtomicFile.parent(of: store.folder(blocked.kind, blocked.key))
    try AtomicFile.write(text: "in the way", to: parent)
    let others = stages.filter {
      AtomicFile.parent(of: store.folder($0.kind, $0.key)) != parent
    }
    let outcomes = store.publish(all: try stages.compactMap { try write($0, in: store) })
    for (stage, outcome) in zip(stages, outcomes) {
      let isDone = (try? outcome.get()) != nil
      #expect(isDone == others.contains(stage))
      #expect(store.contains(stage.kind, stage.key) == isDone)
      #expect(!store.isBeingMade(stage.key))
    }
    #expect(throws: StorageError.self) { try outcomes[7].get() }
    #expect(try folder.names("together/staging").isEmpty)
  }

  @Test func whatWasDamagedMeanwhileIsSetAside() throws {
    let stages = try (0..<5).map { try stage($0) }
    let written = try stages.compactMap { try write($0, in: store) }
    // Whoever copies stores about may put half an artifact there while it is made.
    let place = store.folder(stages[2].kind, stages[2].key)
    try AtomicFile.write(text: "half", to: place + "/result.txt")
    #expect(store.publish(all: written).allSatisfy { (try? $0.get()) != nil })
    #expect(try String(contentsOfFile: place + "/result.txt", encoding: .utf8) == "stage 2")
    #expect(try folder.names("together/broken").count == 1)
  }
}
