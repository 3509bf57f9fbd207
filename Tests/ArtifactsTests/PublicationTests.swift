import Artifacts
import Experiment
import Foundation
import Testing

@Suite struct PublicationTests {
  @Test func anArtifactHoldsItsFilesAndARecordWithoutTimeOrHost() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    try store.publish(stage, files: ["b.txt": "two", "model/a.txt": "one"])

    let artifact = try store.open(.features, stage.key)
    #expect(
      artifact.folder == "\(folder.path)/features/\(stage.key.hex.prefix(2))/\(stage.key.hex)")
    #expect(artifact.bytes == 6)
    let record = try String(contentsOfFile: artifact.folder + "/artifact.json", encoding: .utf8)
    let expected =
      #"{"files":[{"bytes":3,"path":"b.txt","sha256":"#
      + #""3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"},"#
      + #"{"bytes":3,"path":"model/a.txt","sha256":"#
      + #""7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"}],"#
      + #""identity":{"inputs":{},"kind":"features","parameters":{"number":1},"revision":"#
      + "\(StageKind.features.revision)"
      + #","seed":null},"key":""# + stage.key.hex + "\"}\n"
    #expect(record == expected)
  }

  @Test func nothingIsLeftOfAStageThatFails() throws {
    struct Failure: Error {}
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    #expect(throws: Failure.self) {
      try store.publish(.features, stage.key, identity: stage.identity) { staging in
        try AtomicFile.write(text: "half", to: staging.folder + "/half.txt")
        throw Failure()
      }
    }
    #expect(!store.contains(.features, stage.key))
    #expect(try folder.names("staging").isEmpty)
    #expect(try folder.names("claims").isEmpty)
  }

  @Test func anArtifactThatIsThereIsNotMadeAgain() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    try store.publish(stage, files: ["a.txt": "one"])
    var isMade = false
    try store.publish(.features, stage.key, identity: stage.identity) { _ in isMade = true }
    #expect(!isMade)
  }

  @Test func oneOfManyWritersMakesAnArtifactAndTheOthersWait() async throws {
    let folder = try TemporaryFolder()
    let stage = try stage(1)
    let root = folder.path
    let made = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var made = 0
          try ArtifactStore(root: root).publish(.features, stage.key, identity: stage.identity) {
            staging in
            made = 1
            usleep(20_000)
            try AtomicFile.write(text: "one", to: staging.folder + "/a.txt")
          }
          return made
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(made == 1)
    #expect(try folder.names("claims").isEmpty)
    _ = try ArtifactStore(root: root).open(.features, stage.key)
  }

  @Test func whoMakesAnArtifactIsSeenByOthersWhileItLasts() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    #expect(!store.isBeingMade(stage.key))
    try store.publish(.features, stage.key, identity: stage.identity) { staging in
      #expect(ArtifactStore(root: folder.path).isBeingMade(stage.key))
      store.removeStaleStaging()
      #expect(FileManager.default.fileExists(atPath: staging.folder))
    }
    #expect(!store.isBeingMade(stage.key))
  }

  @Test func whatADeadProcessLeftAsideIsRemoved() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    try folder.write("half", to: "staging/\(try stage(1).key.hex).4194305/half.txt")
    store.removeStaleStaging()
    #expect(try folder.names("staging").isEmpty)
  }

  @Test func attemptsAreKeptAndReadBack() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    let attempt = Attempt(
      key: stage.key, kind: .features, label: "stage 1", number: 2, experiment: "e", worker: 1,
      host: "here", started: Date(timeIntervalSince1970: 1_700_000_000.25), seconds: 1.5,
      outcome: .crashed, reason: "killed", metrics: [.init(name: "loss", step: 3, value: 0.5)])
    var second = attempt
    second.number = 3
    try store.keep([attempt])
    try store.keep([second])
    #expect(store.attempts() == [attempt, second])
    let names = try folder.names("attempts")
    #expect(names.count == 1)
    #expect(names.first?.hasPrefix("\(getpid())-") == true)
    #expect(names.first?.hasSuffix(".jsonl") == true)
    // A program that was killed leaves half a line, one before this version a file an attempt.
    let half = try Canonical(encoding: attempt).text.prefix(100)
    try folder.write(
      try Canonical(encoding: second).text + "\n\(half)", to: "attempts/1-2.jsonl")
    try folder.write(
      try Canonical(encoding: attempt).text + "\n", to: "attempts/\(stage.key.hex).2.json")
    #expect(store.attempts().map(\.number) == [2, 2, 3, 3])
  }
}
