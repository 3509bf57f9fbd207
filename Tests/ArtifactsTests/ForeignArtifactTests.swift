import Artifacts
import Experiment
import Foundation
import Testing

/// Artifacts that somebody else made: nothing in them leads out of their folder.
@Suite struct ForeignArtifactTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private let stage: Stage
  private var artifact: String { store.folder(.features, stage.key) }

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path + "/store")
    stage = try foreignStage()
    try folder.write("secret", to: "outside.txt")
    try store.publish(stage, files: ["model/a.txt": "secret"])
  }

  private func link(_ name: String, to target: String) throws {
    try? FileManager.default.removeItem(atPath: artifact + "/" + name)
    try FileManager.default.createSymbolicLink(
      atPath: artifact + "/" + name, withDestinationPath: target)
  }

  @Test(arguments: [
    "../../../../outside.txt", "model/../../../../../outside.txt", "/etc/passwd", "./model/a.txt",
    "model//a.txt", "", "model/a.txt\0",
  ])
  func aRecordThatNamesFilesElsewhereIsNoRecord(path: String) throws {
    let sound = try folder.text(
      "store/" + artifact.dropFirst(store.root.count + 1) + "/artifact.json")
    let forged = try Canonical(json: Data(sound.utf8)).text.replacing(
      #""path":"model/a.txt""#, with: #""path":\#(Canonical.string(path).text)"#)
    try AtomicFile.write(text: forged, to: artifact + "/artifact.json")
    #expect(!store.contains(.features, stage.key))
    #expect(store.finished([stage]).isEmpty)
    #expect(
      store.check([(.features, stage.key)]).map(\.problems)
        == [["\(artifact)/artifact.json cannot be read"]])
    #expect(throws: ArtifactError.unreadable(kind: .features, key: stage.key, folder: artifact)) {
      try store.open(.features, stage.key)
    }
    #expect(try folder.text("outside.txt") == "secret")
  }

  /// The bytes would be right; where they come from is not.
  @Test(arguments: ["model/a.txt", "model"]) func aLinkInAnArtifactIsNotFollowed(name: String)
    throws
  {
    try folder.write("secret", to: "elsewhere/a.txt")
    try link(name, to: folder.path + (name == "model" ? "/elsewhere" : "/outside.txt"))
    #expect(!store.contains(.features, stage.key))
    #expect(store.finished([stage]).isEmpty)
    let problem = "\(artifact)/\(name) is a symbolic link, and no file of the stage's"
    #expect(store.check([(.features, stage.key)]).flatMap(\.problems).contains(problem))
    let error = #expect(throws: ArtifactError.self) { try store.open(.features, stage.key) }
    #expect(error?.description.contains(problem) == true)
  }

  @Test func whatALinkLeadsToOutlivesTheArtifact() throws {
    try folder.write("mine", to: "mine/a.txt")
    try link("more", to: folder.path + "/mine")
    #expect(
      store.check([(.features, stage.key)]).map(\.problems)
        == [["\(artifact)/more was not written by the stage"]])
    #expect(try store.takeAway(.features, stage.key))
    store.deleteTakenAway()
    #expect(!FileManager.default.fileExists(atPath: artifact))
    #expect(try folder.text("mine/a.txt") == "mine")
  }

  @Test func aRecordNestedWithoutEndIsNoRecord() throws {
    let bomb = String(repeating: "[", count: 1_000_000)
    try AtomicFile.write(text: bomb, to: artifact + "/artifact.json")
    #expect(!store.contains(.features, stage.key))
  }
}

/// Where the suite's own property hides the function.
private func foreignStage() throws -> Stage { try stage(1) }
