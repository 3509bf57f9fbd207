import Artifacts
import Experiment
import Foundation
import Testing

@Suite struct DamageTests {
  @Test func aTruncatedFileIsNamedAndTheArtifactIsSetAside() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    try store.publish(stage, files: ["a.txt": "12345678"])
    let file = store.folder(.features, stage.key) + "/a.txt"
    try FileHandle(forWritingTo: URL(fileURLWithPath: file)).truncate(atOffset: 3)

    #expect(!store.contains(.features, stage.key))
    let error = #expect(throws: ArtifactError.self) { try store.open(.features, stage.key) }
    #expect(
      error?.description
        == "features \(stage.key.short): \(file) has 3 bytes instead of 8; the artifact was set "
        + "aside, and 'alphasweep run' makes it again")
    #expect(try folder.names("broken").count == 1)

    try store.publish(stage, files: ["a.txt": "12345678"])
    #expect(store.contains(.features, stage.key))
  }

  @Test func aChangedFileOfEqualSizeIsFoundByItsHash() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    try store.publish(stage, files: ["a.txt": "12345678"])
    let file = store.folder(.features, stage.key) + "/a.txt"
    try AtomicFile.write(text: "87654321", to: file)

    #expect(store.contains(.features, stage.key))
    let error = #expect(throws: ArtifactError.self) { try store.open(.features, stage.key) }
    #expect(
      error?.description
        == "features \(stage.key.short): \(file) does not have the bytes that were written; the "
        + "artifact was set aside, and 'alphasweep run' makes it again")
  }

  @Test func aMissingFileAMissingRecordAndAMissingArtifactAreToldApart() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let (first, second, third) = (try stage(1), try stage(2), try stage(3))
    try store.publish(first, files: ["a.txt": "1"])
    try store.publish(second, files: ["a.txt": "1"])
    let file = store.folder(.features, first.key) + "/a.txt"
    try FileManager.default.removeItem(atPath: file)
    let record = store.folder(.features, second.key) + "/artifact.json"
    try AtomicFile.write(text: "{\"files\":", to: record)

    func text(_ stage: Stage) -> String? {
      #expect(throws: ArtifactError.self) { try store.open(.features, stage.key) }?.description
    }
    #expect(
      text(first)
        == "features \(first.key.short): \(file) is missing; the artifact was set aside, and "
        + "'alphasweep run' makes it again")
    #expect(
      text(second)
        == "features \(second.key.short): \(record) cannot be read; it was set aside, and "
        + "'alphasweep run' makes the artifact again")
    #expect(
      text(third)
        == "features \(third.key.short): there is no such artifact; 'alphasweep run' makes it")
  }

  @Test func aDamagedArtifactIsReplacedByTheNextPublication() throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let stage = try stage(1)
    try store.publish(stage, files: ["a.txt": "12345678"])
    let file = store.folder(.features, stage.key) + "/a.txt"
    try AtomicFile.write(text: "1", to: file)
    try store.publish(stage, files: ["a.txt": "12345678"])
    #expect(try store.open(.features, stage.key).bytes == 8)
    #expect(try folder.names("broken").count == 1)
  }
}
