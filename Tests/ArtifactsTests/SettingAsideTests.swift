import Experiment
import Foundation
import Testing

@testable import Artifacts

/// What is taken for damage, and who may move it out of the way.
@Suite struct SettingAsideTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private let made: Stage
  private var file: String { store.folder(.features, made.key) + "/a.txt" }
  private var broken: [String] { (try? folder.names("broken")) ?? [] }

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    made = try stage(1)
    try store.publish(made, files: ["a.txt": "12345678"])
  }

  @Test func wantOfDescriptorsIsNoDamage() async {
    await #expect(processExitsWith: .success) {
      let tests = try SettingAsideTests()
      let (store, made) = (tests.store, tests.made)
      var usual = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &usual)
      var none = rlimit(rlim_cur: 0, rlim_max: usual.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
      let error = #expect(throws: ArtifactError.self) { try store.open(.features, made.key) }
      #expect(throws: ArtifactError.self) { try store.isThere(.features, made.key) }
      let checked = store.check([(.features, made.key)])
      store.moveAside(.features, made.key)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &usual)
      let record = store.folder(.features, made.key) + "/artifact.json"
      #expect(
        error?.description
          == "features \(made.key.short): \(record): cannot be opened: Too many open files; the "
          + "artifact is left as it is: see to that, and give the same command again")
      #expect(checked.map(\.isCertain) == [false])
      #expect(tests.broken.isEmpty)
      #expect(try store.open(.features, made.key).bytes == 8)
    }
  }

  /// 'verify --repair' beside a run: when it comes to move what it found, it was made again.
  @Test func whatWasMadeAgainMeanwhileIsNotMovedAway() throws {
    try AtomicFile.write(text: "87654321", to: file)
    let found = store.check([(.features, made.key)])
    #expect(found.map(\.isCertain) == [true])
    try AtomicFile.write(text: "12345678", to: file)
    for damage in found { store.moveAside(damage.kind, damage.key) }
    #expect(broken.isEmpty)
    #expect(store.contains(.features, made.key))
    try AtomicFile.write(text: "87654321", to: file)
    store.moveAside(.features, made.key)
    #expect(broken.count == 1)
  }

  @Test func aReaderLeavesDamageToWhoMakesItAgain() throws {
    try AtomicFile.write(text: "1234", to: file)
    let written = try store.write(made.kind, made.key, identity: made.identity) { staging in
      try AtomicFile.write(text: "12345678", to: staging.folder + "/a.txt")
    }
    let error = #expect(throws: ArtifactError.self) { try store.open(.features, made.key) }
    #expect(error?.isDamage == true)
    #expect(broken.isEmpty)
    try store.publish(#require(written))
    #expect(broken.count == 1)
    #expect(try store.open(.features, made.key).bytes == 8)
  }

  /// A reader that has read the old copy, and comes to move it when the new one is in its place.
  @Test func aSlowReaderFindsTheNewCopyAndReadsIt() async throws {
    try AtomicFile.write(text: "87654321", to: file)
    let (store, key) = (store, made.key)
    let claim = try #require(try StageClaim.unlessHeld(store.claimPath(key)))
    let reader = Task.detached { try store.open(.features, key).bytes }
    // It waits for the claim, since the sizes are right; whether it has come so far does not matter.
    try AtomicFile.write(text: "12345678", to: file)
    claim.giveUp()
    #expect(try await reader.value == 8)
    #expect(broken.isEmpty)
  }

  @Test func aFileThatIsGoneOrIsNoneIsDamage() throws {
    for replace in [
      { (path: String) in unlink(path) == 0 },
      { unlink($0) == 0 && symlink("nowhere", $0) == 0 },
      { unlink($0) == 0 && mkdir($0, 0o777) == 0 },
    ] {
      #expect(replace(file))
      #expect(store.check([(.features, made.key)]).map(\.isCertain) == [true])
      let error = #expect(throws: ArtifactError.self) { try store.open(.features, made.key) }
      #expect(error?.isDamage == true)
      #expect(!FileManager.default.fileExists(atPath: store.folder(.features, made.key)))
      try store.publish(made, files: ["a.txt": "12345678"])
    }
    #expect(broken.count == 3)
  }
}
